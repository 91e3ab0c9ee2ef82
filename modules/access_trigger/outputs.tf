output "subscription_filter_name" {
  description = "Name of the subscription filter, or null where that path is off."
  value       = one(aws_cloudwatch_log_subscription_filter.records[*].name)
}

output "event_rule_name" {
  description = "Name of the EventBridge rule, or null where that path is off."
  value       = one(aws_cloudwatch_event_rule.records[*].name)
}
