# The least that is useful: every read recorded, explained and sent to one Slack channel.

provider "aws" {
  region = "us-east-1"
}

module "secretwatch" {
  source            = "../.."
  trusted_cidrs     = ["203.0.113.0/24"]         # where your reads come from
  operations_emails = ["operations@example.com"] # who is notified when the watch itself fails
  channels = {
    security = { type = "slack", minimum_severity = "info", webhook_parameter = "/secretwatch/slack" }
  }
}
