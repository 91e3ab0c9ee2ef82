output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.function.function_name
}

output "function_arn" {
  description = "ARN of the function, known at plan."
  value       = local.function_arn

  # Whoever is given the ARN may invoke the function: it must be there.
  depends_on = [aws_lambda_function.function]
}

output "role_name" {
  description = "Name of the function's role."
  value       = aws_iam_role.function.name
}

output "dead_letter_queue_name" {
  description = "Queue of the events that could not be handled."
  value       = aws_sqs_queue.dead_letters.name
}

output "schedule_rule_name" {
  description = "EventBridge rule that runs the function, or null without a schedule."
  value       = one(aws_cloudwatch_event_rule.schedule[*].name)
}
