output "vpc_endpoint_id" {
  description = "Id of the interface endpoint, for trusted_vpc_endpoint_ids; null without one."
  value       = one(aws_vpc_endpoint.secrets_manager[*].id)
}

output "config_rule_names" {
  description = "Names of the AWS Config rules."
  value       = [for rule in aws_config_config_rule.secrets : rule.name]
}
