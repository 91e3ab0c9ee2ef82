# What runs a function by the clock. A run that EventBridge could not start goes to the function's
# dead-letter queue, and raises an alarm.

resource "aws_cloudwatch_event_rule" "schedule" {
  count = local.scheduled ? 1 : 0

  name                = local.schedule_name
  description         = "Runs ${var.name}: ${var.schedule_expression}"
  schedule_expression = var.schedule_expression
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "schedule" {
  count = local.scheduled ? 1 : 0

  rule = aws_cloudwatch_event_rule.schedule[0].name
  arn  = local.function_arn

  retry_policy {
    maximum_event_age_in_seconds = var.schedule_maximum_age_seconds
    maximum_retry_attempts       = 10
  }

  # By name: the schedule need not wait for the queue to be read.
  dead_letter_config {
    arn = local.queue_arn
  }

  # Without its permissions and its queue the first runs would be lost.
  depends_on = [aws_lambda_permission.schedule, aws_sqs_queue.dead_letters]
}

resource "aws_lambda_permission" "schedule" {
  count = local.scheduled ? 1 : 0

  statement_id  = "AllowSchedule"
  function_name = aws_lambda_function.function.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.rule_arn
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  count = local.scheduled ? 1 : 0

  alarm_name          = "${local.schedule_name}-undelivered"
  alarm_description   = "EventBridge could not start ${var.name}; look into the queue ${aws_sqs_queue.dead_letters.name}."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = { RuleName = local.schedule_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
