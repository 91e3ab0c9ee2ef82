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

variable "enable_complete_path" {
  description = "Whether records come from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.enable_complete_path || var.enable_fast_path
    error_message = "enable_complete_path and enable_fast_path are both false: no record would reach ${var.function_name}. Set one of them to true."
  }
}

variable "enable_fast_path" {
  description = "Whether records come from EventBridge as well: this region only, seconds after the call. The same record on both paths has one effect."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one that other accounts or regions forward their events to. This account's own events come to its default bus: forward them too, as examples/organization does."
  type        = string
  default     = "default"
  nullable    = false

  validation {
    condition     = can(regex("^([A-Za-z0-9._-]{1,256}|aws\\.partner(/[A-Za-z0-9._-]+){2,})$", var.event_bus_name))
    error_message = "event_bus_name: ${jsonencode(var.event_bus_name)} is no name of an event bus. Write its name, not its ARN: ${try(regex("event-bus/(.+)$", var.event_bus_name)[0], "default, or letters, digits and . _ -")}."
  }

  validation {
    condition     = var.enable_fast_path || var.event_bus_name == "default"
    error_message = "event_bus_name: ${jsonencode(var.event_bus_name)} has no effect with enable_fast_path = false: nothing comes from EventBridge. Leave it out, or set enable_fast_path = true."
  }
}

variable "event_names" {
  description = "CloudTrail event names that EventBridge passes on."
  type        = list(string)
  nullable    = false
}

variable "queue_name" {
  description = "Name of the SQS queue that EventBridge sends to, or null to invoke the function itself."
  type        = string
  default     = null
}

variable "dead_letter_queue_name" {
  description = "Queue of the events that EventBridge could not deliver; its policy must let the rule send."
  type        = string
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_/.#-]{1,512}$", var.log_group_name))
    error_message = "log_group_name: ${jsonencode(var.log_group_name)} is no name of a log group. Write its name, not its ARN: ${try(regex("log-group:([^:]+)", var.log_group_name)[0], "letters, digits and _ / . # - only")}."
  }
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

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "operations_topic_arn" {
  description = "ARN of the SNS topic for alarms about the deployment itself."
  type        = string
  nullable    = false
}
