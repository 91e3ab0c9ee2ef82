# Only metric filters, alarms and email, on a log group that you have: no function runs.

provider "aws" {
  region = "us-east-1"
}

module "alerting" {
  source = "../../modules/alerting"

  log_group_name   = "my-cloudtrail"
  audit_table_name = "unused" # read by the notifier alone, and there is none without a channel
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"

  alert_emails    = ["security@example.com"]
  disabled_alarms = ["BatchRead"]
}
