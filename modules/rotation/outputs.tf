output "function_name" {
  description = "Name of the rotator."
  value       = module.rotator.function_name
}

output "role_name" {
  description = "Name of the rotator's role."
  value       = module.rotator.role_name
}

output "freeze_parameter_name" {
  description = "SSM parameter that stops all rotations when its value is on."
  value       = aws_ssm_parameter.freeze.name
}

output "failure_queue_name" {
  description = "Queue of the events that the rotator could not handle."
  value       = module.rotator.failure_queue_name
}
