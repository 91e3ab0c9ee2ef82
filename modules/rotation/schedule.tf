# Once a minute the rotator does what is due. What it could not do stays due, so that no run can be lost for good.
# Apart from the function's module, whose schedule would have the name of the rule for records.

resource "aws_cloudwatch_event_rule" "due" {
  name                = local.schedule_name
  description         = "Runs ${local.function_name} every minute for what is due"
  schedule_expression = "rate(1 minute)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "due" {
  rule = aws_cloudwatch_event_rule.due.name
  arn  = module.rotator.function_arn

  # A run that is late by a minute is the next one's work.
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 1
  }

  dead_letter_config {
    # By name: the schedule need not wait for the queue to be read.
    arn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.function_name}-dead-letters"
  }

  depends_on = [aws_lambda_permission.due, module.rotator]
}

resource "aws_lambda_permission" "due" {
  statement_id  = "AllowSchedule"
  function_name = module.rotator.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.schedule_arn
}

resource "aws_cloudwatch_metric_alarm" "due" {
  alarm_name          = "${local.schedule_name}-undelivered"
  alarm_description   = "EventBridge could not start ${local.function_name} for what is due; look into the queue ${module.rotator.dead_letter_queue_name}."
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
