data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  partition   = data.aws_partition.current.partition
  region      = data.aws_service.current.region
  account_id  = data.aws_caller_identity.current.account_id
  kms_key_arn = local.own_key ? aws_kms_key.main[0].arn : var.existing.kms_key_arn

  # What is made here and what is yours: by the keys of var.existing, which are known at plan.
  own_key           = !contains(keys(var.existing), "kms_key_arn")
  own_trail         = !contains(keys(var.existing), "log_group_name")
  own_topic         = !contains(keys(var.existing), "alerts_topic_arn")
  has_bucket        = local.own_trail || contains(keys(var.existing), "trail_bucket_name")
  log_group_name    = local.own_trail ? module.logging[0].log_group_name : var.existing.log_group_name
  trail_bucket_name = local.own_trail ? module.logging[0].bucket_name : try(var.existing.trail_bucket_name, null)

  # What var.rules may hold; a test compares it with rules.py.
  rule_settings    = ["history_days", "quiet_minutes", "decoys", "automation"]
  counting_signals = ["many_secrets", "denied_burst"]
  windowed_signals = concat(local.counting_signals, ["enumerate_then_read"])
  signals = [
    "decoy_touched", "secret_shared", "root", "cross_account", "untrusted_network", "many_secrets", "batch_catch_all",
    "denied_burst", "deletion_forced", "kms_key_changed", "policy_removed", "enumerate_then_read", "new_region",
    "cloudshell", "rotation_cancelled", "rotation_failed", "replica_created", "deletion", "restored", "first_reader",
    "first_network", "first_writer", "unknown_network", "console_read", "batch", "version_stage_moved",
  ]

  # Our own roles that read secrets; alarms and summaries leave their reads out.
  own_role_names = var.enable_rotation ? ["${trimprefix(var.iam_path, "/")}${var.name_prefix}-rotator"] : []
}
