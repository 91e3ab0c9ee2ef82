output "trail_name" {
  description = "Name of the CloudTrail trail."
  value       = one(module.logging[*].trail_name)
}

output "trail_bucket_name" {
  description = "Bucket of CloudTrail's log files."
  value       = local.trail_bucket_name
}

output "trail_log_group_name" {
  description = "Log group that the trail delivers to."
  value       = local.log_group_name
}

output "alerts_topic_arn" {
  description = "SNS topic of notifications, and of alarms of severity high and critical: subscribe whatever else should be notified."
  value       = module.alerting.alerts_topic_arn
}

output "minor_alerts_topic_arn" {
  description = "SNS topic of alarms below severity high, which channels get, and phones and inboxes do not."
  value       = module.alerting.minor_alerts_topic_arn
}

output "operations_topic_arn" {
  description = "SNS topic of alarms about the deployment itself."
  value       = module.alerting.operations_topic_arn
}

output "alarm_names" {
  description = "Detection → name of its alarm."
  value       = module.alerting.alarm_names
}

output "metric_namespace" {
  description = "CloudWatch namespace of the counted detections."
  value       = module.alerting.metric_namespace
}

output "audit_table_name" {
  description = "DynamoDB table with every access."
  value       = module.audit.table_name
}

output "summaries_bucket_name" {
  description = "Bucket of the summaries."
  value       = module.summarization.bucket_name
}

output "function_names" {
  description = "Names of the functions; null where one is off."
  value = {
    notifier   = module.alerting.notifier_function_name
    summarizer = module.summarization.function_name
    rotator    = one(module.rotation[*].function_name)
    digest     = module.summarization.digest_function_name
    canary     = one(module.canary[*].function_name)
    ranges     = module.summarization.ranges_function_name
  }
}

output "dead_letter_queue_names" {
  description = "Dead-letter queues of the functions and the channels: events and notifications that could not be handled."
  value = concat(
    module.alerting.dead_letter_queue_names,
    [module.summarization.dead_letter_queue_name],
    module.summarization.digest_dead_letter_queue_name[*],
    module.summarization.ranges_dead_letter_queue_name[*],
    module.rotation[*].dead_letter_queue_name,
    module.canary[*].dead_letter_queue_name,
  )
}

output "channel_queue_names" {
  description = "Queues of the channels: notifications that a channel has still to take."
  value       = module.alerting.channel_queue_names
}

output "rules" {
  description = "Tuning of the signals as JSON, as the backtest's --rules takes it."
  value       = module.summarization.rules
}

output "access_queue_name" {
  description = "Queue of the fast path, or null where that path is off."
  value       = module.summarization.access_queue_name
}

output "athena" {
  description = "Where to ask about the past: database and workgroup; null where enable_analytics is off."
  value = one([for history in module.analytics : {
    database  = history.database_name
    workgroup = history.workgroup_name
  }])
}

output "freeze_parameter_name" {
  description = "SSM parameter that stops all rotations unless its value is off; null where rotation is off."
  value       = one(module.rotation[*].freeze_parameter_name)
}

output "canary_secret_name" {
  description = "Secret of the canary, or null where it is off."
  value       = one(module.canary[*].secret_name)
}
