# You have a trail that delivers to a log group, and a key: no second trail is made or paid for.

provider "aws" {
  region = "us-east-1"
}

variable "kms_key_arn" {
  description = "Your key; its policy must have the statements of modules/kms_key_policy."
  type        = string
  default     = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

module "secretwatch" {
  source = "../.."

  create_trail      = false
  log_group_name    = "aws-controltower/CloudTrailLogs"
  trail_bucket_name = "my-company-cloudtrail"

  create_kms_key = false
  kms_key_arn    = var.kms_key_arn

  trusted_cidrs = ["203.0.113.0/24"]
  alert_emails  = ["security@example.com"]
}
