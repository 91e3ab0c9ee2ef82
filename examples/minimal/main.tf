# The least that is useful: every read recorded, explained and told to one Slack channel.

provider "aws" {
  region = "us-east-1"
}

module "secretwatch" {
  source        = "../.."
  trusted_cidrs = ["203.0.113.0/24"] # where your reads come from
  # Who hears that the system itself fails; channels go through it.
  operations_emails = ["operations@example.com"]

  channels = { security = { type = "slack", webhook_parameter = "/secretwatch/slack" } }
}
