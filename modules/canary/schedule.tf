# What runs the canary. A run that EventBridge could not start goes to its dead-letter queue, and raises an alarm.

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
    arn = local.dead_letter_queue_arn
  }

  depends_on = [aws_lambda_permission.schedule, module.canary]
}

resource "aws_lambda_permission" "schedule" {
  statement_id  = "AllowSchedule"
  function_name = module.canary.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = local.rule_arn
}
