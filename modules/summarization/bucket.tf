# The bucket of the summaries.

module "bucket" {
  source = "../private_bucket"

  name          = "${var.name_prefix}-summaries-${local.account_id}-${local.region}"
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy
  tags          = var.tags
}
