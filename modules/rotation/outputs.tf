output "function_name" {
  description = "Name of the rotator."
  value       = module.rotator.function_name
}

output "role_name" {
  description = "Name of the rotator's role."
  value       = module.rotator.role_name
}

output "freeze_parameter_name" {
  description = "SSM parameter that stops all rotations unless its value is off."
  value       = aws_ssm_parameter.freeze.name
}

output "dead_letter_queue_name" {
  description = "Dead-letter queue of the rotator."
  value       = module.rotator.dead_letter_queue_name
}
