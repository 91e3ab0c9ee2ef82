# Once a day: what AWS and GitHub publish of their networks, by name into the bucket, where the summarizer reads it.

locals {
  ranges_name   = "${var.name_prefix}-ranges"
  ranges_prefix = "ranges"
}

data "aws_iam_policy_document" "ranges" {
  # GetObject is for HeadObject: how old the ranges are.
  statement {
    sid       = "KeepRanges"
    actions   = ["s3:PutObject", "s3:GetObject"]
    resources = ["${module.bucket.arn}/${local.ranges_prefix}/*"]
  }
}

module "ranges" {
  source = "../lambda_function"
  count  = var.refresh_published_ranges ? 1 : 0

  name                = local.ranges_name
  description         = "Fetches each day what AWS and GitHub publish of their networks"
  handler             = "secretwatch.functions.ranges.handler.handler"
  policy_json         = data.aws_iam_policy_document.ranges.json
  schedule_expression = "rate(1 day)"
  memory_size_mb      = 256
  environment         = { SUMMARIES_BUCKET = module.bucket.name }

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}
