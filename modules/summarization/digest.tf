# The digest: one message a day, on a quiet day too.

locals {
  digest_name  = "${var.name_prefix}-digest"
  digest_clock = [for part in split(":", var.digest_at) : tonumber(part)]

  own_principal_arns = [for name in var.own_role_names : "arn:${local.partition}:iam::${local.account_id}:role/${name}"]
}

data "aws_iam_policy_document" "digest" {
  # The accesses of a day, and the notices that were kept on it.
  statement {
    sid       = "ReadDay"
    actions   = ["dynamodb:Query"]
    resources = ["${local.table_arn}/index/by_day"]
  }

  statement {
    sid       = "ReadFigures"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:Query"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["ACTOR#*", "NOTICE#*", "BUDGET#model#*", "DELAY#*", "EXPECTATION", "EXPECTED#*", "START", "HISTORY"]
    }
  }

  statement {
    sid       = "KeepDigest"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [local.table_arn]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["NOTICE#*", "CLAIM#*"]
    }
  }

  statement {
    sid       = "PublishDigest"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }
}

module "digest" {
  source = "../lambda_function"
  count  = var.enable_digest ? 1 : 0

  name                = local.digest_name
  description         = "Says once a day what the day before was like"
  handler             = "secretwatch.functions.digest.handler.handler"
  policy_json         = data.aws_iam_policy_document.digest.json
  schedule_expression = "cron(${local.digest_clock[1]} ${local.digest_clock[0]} * * ? *)"
  # It counts for as long as it has time, keeping a minute for the rest: a million accesses take minutes.
  timeout_seconds = 600
  memory_size_mb  = 1024
  environment = {
    AUDIT_TABLE      = var.audit_table_name
    ALERTS_TOPIC_ARN = var.alerts_topic_arn
  }
  settings = jsonencode({
    rules                = local.rules
    own_principal_arns   = concat(local.own_principal_arns, var.canary_principal_arn[*])
    canary_paths         = var.canary_paths
    bedrock_model_id     = var.bedrock_model_id
    model_calls_per_hour = var.model_calls_per_hour
  })

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  more_kms_key_arns        = var.alerts_topic_kms_key_arn[*]
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}
