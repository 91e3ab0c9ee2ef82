variable "function_name" {
  description = "Name of the function to invoke."
  type        = string
  nullable    = false
}

variable "function_arn" {
  description = "ARN of the function to invoke."
  type        = string
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to."
  type        = string
  nullable    = false
}

variable "filter_pattern" {
  description = "CloudWatch Logs filter pattern: which records invoke the function."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.filter_pattern) <= 1024
    error_message = "filter_pattern must have at most 1,024 characters, the limit of CloudWatch Logs."
  }
}
