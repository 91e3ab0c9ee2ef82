# Once a day: what AWS and GitHub publish of their networks, by name into the bucket, where the summarizer reads it.

locals {
  ranges_name     = "${var.name_prefix}-ranges"
  ranges_rule_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${local.ranges_name}"
  ranges_prefix   = "ranges"
  # By name: the schedule need not wait for the queue to be read.
  ranges_dead_letter_queue_arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.ranges_name}-dead-letters"
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

  name           = local.ranges_name
  description    = "Fetches each day what AWS and GitHub publish of their networks"
  handler        = "secretwatch.functions.ranges.handler.handler"
  policy_json    = data.aws_iam_policy_document.ranges.json
  memory_size_mb = 256
  environment    = { SUMMARIES_BUCKET = module.bucket.name }

  dead_letter_senders      = { "events.amazonaws.com" = [local.ranges_rule_arn] }
  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

resource "aws_cloudwatch_event_rule" "ranges" {
  count = var.refresh_published_ranges ? 1 : 0

  name                = local.ranges_name
  description         = "Runs ${local.ranges_name} once a day"
  schedule_expression = "rate(1 day)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "ranges" {
  count = var.refresh_published_ranges ? 1 : 0

  rule = aws_cloudwatch_event_rule.ranges[0].name
  arn  = module.ranges[0].function_arn

  dead_letter_config {
    arn = local.ranges_dead_letter_queue_arn
  }

  depends_on = [aws_lambda_permission.ranges, module.ranges]
}

resource "aws_lambda_permission" "ranges" {
  count = var.refresh_published_ranges ? 1 : 0

  statement_id  = "AllowSchedule"
  function_name = module.ranges[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.ranges_rule_arn
}

resource "aws_cloudwatch_metric_alarm" "ranges" {
  count = var.refresh_published_ranges ? 1 : 0

  alarm_name          = "${local.ranges_name}-undelivered"
  alarm_description   = "EventBridge could not start ${local.ranges_name}; look into the queue ${module.ranges[0].dead_letter_queue_name}."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = local.ranges_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
