data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  account_id  = data.aws_caller_identity.current.account_id
  kms_key_arn = var.bring_your_own_key ? var.kms_key_arn : aws_kms_key.main[0].arn

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
  own_role_names = var.enable_rotation ? ["${var.name_prefix}-rotator"] : []
}
