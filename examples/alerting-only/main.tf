# Only metric filters, alarms and email, on a log group that you have: no function runs.

provider "aws" {
  region = "us-east-1"
}

module "key_policy" {
  source = "../../modules/kms_key_policy"
}

resource "aws_kms_key" "mine" {
  description         = "Topics of the alarms"
  enable_key_rotation = true
  policy              = module.key_policy.json
}

module "alerting" {
  source = "../../modules/alerting"

  log_group_name = "my-cloudtrail"
  kms_key_arn    = aws_kms_key.mine.arn

  alert_emails    = ["security@example.com"]
  disabled_alarms = ["BatchRead"]

  # What is below high is on the dashboard, and reaches no inbox.
  alarm_overrides = {
    DeniedReads     = { severity = "high" }
    SecretTampering = { severity = "high" }
  }
}
