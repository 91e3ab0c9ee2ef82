output "table_name" {
  description = "Name of the audit table."
  value       = aws_dynamodb_table.audit.name
}

output "table_arn" {
  description = "ARN of the audit table, known at plan."
  value       = "arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_service.current.region}:${data.aws_caller_identity.current.account_id}:table/${aws_dynamodb_table.audit.name}"
}
