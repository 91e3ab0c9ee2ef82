output "alerts_topic_arn" {
  description = "SNS topic of notifications, and of alarms of severity high and critical; known at plan."
  value       = local.alerts_topic_arn
}

output "minor_alerts_topic_arn" {
  description = "SNS topic of alarms below severity high, which channels get, and phones and inboxes do not; known at plan."
  value       = local.minor_alerts_topic_arn
}

output "operations_topic_arn" {
  description = "SNS topic of alarms about the deployment itself, known at plan."
  value       = local.operations_topic_arn
}

output "alarm_names" {
  description = "Detection → name of its alarm."
  value       = merge({ for name, alarm in aws_cloudwatch_metric_alarm.static : name => alarm.alarm_name }, { for name, alarm in aws_cloudwatch_metric_alarm.anomaly : name => alarm.alarm_name })
}

output "metric_namespace" {
  description = "CloudWatch namespace of the counted detections."
  value       = local.namespace
}

output "notifier_function_name" {
  description = "Name of the notifier, or null without a channel."
  value       = one(module.notifier[*].function_name)
}

output "channel_queue_names" {
  description = "Queues of the channels, from which the notifier reads."
  value       = values(local.channel_queues)
}

output "dead_letter_queue_names" {
  description = "Dead-letter queues of the function and the channels created here."
  value       = concat(module.notifier[*].dead_letter_queue_name, values(local.channel_dead_letters))
}
