# What runs the canary. A run that EventBridge could not start is kept, and raises an alarm.

resource "aws_cloudwatch_event_rule" "schedule" {
  name                = local.name
  description         = "Runs ${local.name} every ${var.canary_schedule_minutes} minutes"
  schedule_expression = "rate(${var.canary_schedule_minutes} minutes)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "schedule" {
  rule = aws_cloudwatch_event_rule.schedule.name
  arn  = module.canary.function_arn

  # A run that is late by a whole period is the next one's work.
  retry_policy {
    maximum_event_age_in_seconds = var.canary_schedule_minutes * 60
    maximum_retry_attempts       = 10
  }

  dead_letter_config {
    arn = local.undelivered_arn
  }

  depends_on = [aws_lambda_permission.schedule, aws_sqs_queue.undelivered]
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "AllowSchedule"
  function_name = module.canary.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.rule_arn
}

locals {
  undelivered_name = "${local.name}-undelivered"
  undelivered_arn  = "arn:${local.partition}:sqs:${local.suffix}:${local.undelivered_name}"
}

# For a day: what is in it says that and why a run was lost, and is of no use afterwards.
resource "aws_sqs_queue" "undelivered" {
  name                      = local.undelivered_name
  message_retention_seconds = 86400
  kms_master_key_id         = var.kms_key_arn
  policy                    = data.aws_iam_policy_document.undelivered.json
  tags                      = var.tags
}

data "aws_iam_policy_document" "undelivered" {
  statement {
    sid       = "EventBridgeSends"
    actions   = ["sqs:SendMessage"]
    resources = [local.undelivered_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arn]
    }
  }
}
