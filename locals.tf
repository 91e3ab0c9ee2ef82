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
  formats     = jsondecode(file("${path.module}/lambda_src/secretwatch/runtime/formats.json"))
  kms_key_arn = var.create_kms_key ? aws_kms_key.main[0].arn : var.kms_key_arn

  log_group_name    = var.create_trail ? module.logging[0].log_group_name : var.log_group_name
  trail_bucket_name = var.create_trail ? module.logging[0].bucket_name : var.trail_bucket_name

  # What is set and means nothing without rotation.
  rotation_settings = [for name, is_set in {
    rotation_targets               = length(var.rotation_targets) > 0
    rotation_passwords             = length(var.rotation_passwords) > 0
    rotation_mode                  = var.rotation_mode != "dry_run"
    rotation_cooldown_minutes      = var.rotation_cooldown_minutes != 15
    rotations_per_hour             = var.rotations_per_hour != 10
    rotate_unknown                 = var.rotate_unknown
    rotation_exempt_principal_arns = length(var.rotation_exempt_principal_arns) > 0
    enable_security_hub_findings   = var.enable_security_hub_findings
  } : name if is_set]

  canary_paths = var.enable_canary ? concat(var.enable_complete_path ? ["logs"] : [], var.enable_fast_path ? ["events"] : []) : []

  # Our own roles that read secrets; alarms and summaries leave their reads out.
  own_role_names = var.enable_rotation ? ["${trimprefix(var.iam_path, "/")}${var.name_prefix}-rotator"] : []
}
