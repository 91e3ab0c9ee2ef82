# The digest: one message a day, on a quiet day too. A run that EventBridge could not start goes to its
# dead-letter queue, and raises an alarm.

locals {
  digest_name     = "${var.name_prefix}-digest"
  digest_rule_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.digest_name}"
  digest_clock    = [for part in split(":", var.digest_at) : tonumber(part)]
  # By name: the schedule need not wait for the queue to be read.
  digest_dead_letter_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.digest_name}-dead-letters"

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
      values   = ["ACTOR#*", "NOTICE#*", "BUDGET#model#*", "DELAY#*", "EXPECTATION", "EXPECTED#*"]
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

  name        = local.digest_name
  description = "Says once a day what the day before was like"
  handler     = "secretwatch.functions.digest.handler.handler"
  policy_json = data.aws_iam_policy_document.digest.json
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

  dead_letter_senders = { "events.amazonaws.com" = [local.digest_rule_arn] }

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  more_kms_key_arns        = var.alerts_topic_kms_key_arn[*]
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

resource "aws_cloudwatch_event_rule" "digest" {
  count = var.enable_digest ? 1 : 0

  name                = local.digest_name
  description         = "Runs ${local.digest_name} at ${var.digest_at} UTC"
  schedule_expression = "cron(${local.digest_clock[1]} ${local.digest_clock[0]} * * ? *)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "digest" {
  count = var.enable_digest ? 1 : 0

  rule = aws_cloudwatch_event_rule.digest[0].name
  arn  = module.digest[0].function_arn

  dead_letter_config {
    arn = local.digest_dead_letter_queue_arn
  }

  depends_on = [aws_lambda_permission.digest, module.digest]
}

resource "aws_lambda_permission" "digest" {
  count = var.enable_digest ? 1 : 0

  statement_id  = "AllowSchedule"
  function_name = module.digest[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.digest_rule_arn
}

resource "aws_cloudwatch_metric_alarm" "digest_undelivered" {
  count = var.enable_digest ? 1 : 0

  alarm_name          = "${local.digest_name}-undelivered"
  alarm_description   = "EventBridge could not start ${local.digest_name}; look into the queue ${module.digest[0].dead_letter_queue_name}."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = local.digest_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
