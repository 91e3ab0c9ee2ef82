# Guards that need none of our code. They count periods of the schedule, three in a row, so
# that one lost or late read raises nothing; missing data is what they are for.

locals {
  period = var.canary_schedule_minutes * 60
  paths = merge(
    var.enable_complete_path ? { logs = "complete path (CloudWatch Logs)" } : {},
    var.enable_fast_path ? { events = "fast path (EventBridge)" } : {},
  )
}

resource "aws_cloudwatch_metric_alarm" "not_run" {
  alarm_name          = "${local.name}-not-run"
  alarm_description   = "${local.name} did not run for ${3 * var.canary_schedule_minutes} minutes: nothing shows that reads of secrets are seen. Check its EventBridge rule, ${local.name}."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = local.name }
  statistic           = "Sum"
  period              = local.period
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.operations_topic_arn]
  ok_actions          = [var.operations_topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "path" {
  for_each = local.paths

  alarm_name          = "${local.name}-path-${each.key}"
  alarm_description   = "No read of the canary came by the ${each.value} for ${3 * var.canary_schedule_minutes} minutes: reads of secrets may go unnoticed. The message of ${local.name} on this topic says which hop was last seen alive."
  namespace           = var.metric_namespace
  metric_name         = "CanaryDelay"
  dimensions          = { Path = each.key }
  statistic           = "SampleCount"
  period              = local.period
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [var.operations_topic_arn]
  ok_actions          = [var.operations_topic_arn]
  tags                = var.tags
}
