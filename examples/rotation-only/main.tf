# Only the rotator: notifications go to a topic of yours, and exposed secrets are changed.

provider "aws" {
  region = "us-east-1"
}

module "key_policy" {
  source = "../../modules/kms_key_policy"
}

resource "aws_kms_key" "mine" {
  description         = "Audit table, logs and queues of the rotator"
  enable_key_rotation = true
  policy              = module.key_policy.json
}

resource "aws_sns_topic" "security" {
  name              = "security"
  kms_master_key_id = aws_kms_key.mine.arn
}

module "audit" {
  source      = "../../modules/audit"
  kms_key_arn = aws_kms_key.mine.arn
}

module "rotation" {
  source = "../../modules/rotation"

  log_group_name       = "my-cloudtrail"
  audit_table_name     = module.audit.table_name
  alerts_topic_arn     = aws_sns_topic.security.arn
  operations_topic_arn = aws_sns_topic.security.arn
  kms_key_arn          = aws_kms_key.mine.arn

  trusted_cidrs    = ["203.0.113.0/24"]
  rotation_targets = { "prod/db" = { strategy = "generate", json_keys = ["password"] } }
  rotation_mode    = "dry_run" # "rotate" when you have seen what it would do
}
