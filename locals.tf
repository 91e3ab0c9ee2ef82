data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition   = data.aws_partition.current.partition
  region      = data.aws_region.current.id
  account_id  = data.aws_caller_identity.current.account_id
  kms_key_arn = var.bring_your_own_key ? var.kms_key_arn : aws_kms_key.main[0].arn

  # Our own roles that read secrets; alarms and summaries leave their reads out.
  own_role_names = var.enable_rotation ? ["${var.name_prefix}-rotator"] : []
}
