# An organization's trail in a central account: one system sees the reads of every account and
# region. The log group brings all of them within minutes; the members forward what happens to
# a bus here, which brings it within seconds (member/ is what each of them applies).

provider "aws" {
  region = "us-east-1"
}

variable "organization_id" {
  description = "Id of the organization."
  type        = string
  default     = "o-a1b2c3d4e5"
}

resource "aws_cloudwatch_event_bus" "secrets" {
  name = "secrets"
}

resource "aws_cloudwatch_event_permission" "members" {
  event_bus_name = aws_cloudwatch_event_bus.secrets.name
  statement_id   = "MembersForward"
  principal      = "*"

  condition {
    type  = "StringEquals"
    key   = "aws:PrincipalOrgID"
    value = var.organization_id
  }
}

data "aws_caller_identity" "current" {}

# CloudTrail's events come to the default bus of their own account: this account's have to be forwarded
# like any member's, the canary's reads among them.
module "own_account" {
  source           = "./member"
  central_bus_arn  = "arn:aws:events:us-east-1:${data.aws_caller_identity.current.account_id}:event-bus/${aws_cloudwatch_event_bus.secrets.name}"
  operations_email = "operations@example.com"
}

module "secretwatch" {
  source = "../.."

  create_trail     = false
  log_group_name   = "organization-trail"
  event_bus_name   = aws_cloudwatch_event_bus.secrets.name
  enable_analytics = false # created below, for all accounts

  trusted_cidrs     = ["203.0.113.0/24"]
  operations_emails = ["operations@example.com"] # who is notified when the watch itself fails
  channels = {
    security = { type = "slack", minimum_severity = "info", webhook_parameter = "/secretwatch/slack" }
  }
}

resource "aws_kms_key" "results" {
  description         = "Query results of Athena"
  enable_key_rotation = true
}

module "analytics" {
  source = "../../modules/analytics"

  trail_bucket_name     = "organization-trail-logs"
  organization_id       = var.organization_id
  account_ids           = ["123456789012", "210987654321"]
  summaries_bucket_name = module.secretwatch.summaries_bucket_name
  kms_key_arn           = aws_kms_key.results.arn
}
