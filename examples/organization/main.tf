# An organization's trail in a central account: one system sees the reads of every account, by
# the complete path. EventBridge sees its own account and region only, so the fast path is off.

provider "aws" {
  region = "us-east-1"
}

module "secretwatch" {
  source = "../.."

  existing = {
    log_group_name = "organization-trail"
  }
  enable_fast_path = false
  enable_analytics = false # made below, for all accounts

  trusted_cidrs = ["203.0.113.0/24"]
  channels      = { security = { type = "slack", webhook_parameter = "/secretwatch/slack" } }
}

resource "aws_kms_key" "results" {
  description         = "Results of Athena's questions"
  enable_key_rotation = true
}

module "analytics" {
  source = "../../modules/analytics"

  trail_bucket_name     = "organization-trail-logs"
  organization_id       = "o-a1b2c3d4e5"
  account_ids           = ["123456789012", "210987654321"]
  summaries_bucket_name = module.secretwatch.summaries_bucket_name
  kms_key_arn           = aws_kms_key.results.arn
}
