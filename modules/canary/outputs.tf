output "function_name" {
  description = "Name of the canary's function."
  value       = module.canary.function_name
}

output "role_name" {
  description = "Name of the canary's role with its path, without a leading slash: alarms leave its reads out."
  value       = "${trimprefix(var.iam_path, "/")}${local.name}"
}

output "role_arn" {
  description = "ARN of the canary's role, known at plan: the summarizer's canary_principal_arn."
  value       = local.role_arn
}

output "secret_name" {
  description = "Name of the canary's secret."
  value       = aws_secretsmanager_secret.canary.name
}

output "secret_arn" {
  description = "ARN of the canary's secret without the six characters at its end, known at plan: the summarizer's canary_secret_arn."
  value       = local.secret_arn
}

output "schedule_rule_name" {
  description = "EventBridge rule that runs the canary."
  value       = module.canary.schedule_rule_name
}

output "dead_letter_queue_name" {
  description = "Queue of the runs that failed."
  value       = module.canary.dead_letter_queue_name
}

output "alarm_names" {
  description = "Path → its alarm, and not_run."
  value       = merge({ for path, alarm in aws_cloudwatch_metric_alarm.path : path => alarm.alarm_name }, { not_run = aws_cloudwatch_metric_alarm.not_run.alarm_name })
}
