variable "name" {
  description = "Name of the function, its role, its log group and its dead-letter queue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,51}$", var.name))
    error_message = "name must be 1 to 51 letters, digits, hyphens or underscores: the dead-letter queue adds 13 more, and AWS allows 64."
  }
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
  nullable    = false
}

variable "handler" {
  description = "Python entry point inside the secretwatch package, such as secretwatch.functions.notifier.handler.handler."
  type        = string
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the function. Never a secret: they are readable in the console and stand in the state."
  type        = map(string)
  nullable    = false
}

variable "settings" {
  description = "The function's settings as JSON; they are packaged with the code, because Lambda's environment holds 4 KB in all."
  type        = string
  default     = "{}"
  nullable    = false

  validation {
    condition     = can(jsondecode(var.settings))
    error_message = "settings must be JSON text, such as jsonencode({ history_days = 30 })."
  }
}

variable "policy_json" {
  description = "IAM policy document with what the function itself needs; logs, dead-letter queue and key are added here."
  type        = string
  nullable    = false
}

variable "dead_letter_senders" {
  description = "Service that sends to the dead-letter queue what it could not deliver → ARNs of what it sends for: { \"events.amazonaws.com\" = [rule ARN], \"sns.amazonaws.com\" = [topic ARN] }."
  type        = map(list(string))
  default     = {}
  nullable    = false
}

variable "schedule_expression" {
  description = "When EventBridge runs the function, such as rate(1 day), or null for a function that something else runs."
  type        = string
  default     = null
}

variable "schedule_name" {
  description = "Name of the schedule's rule, or null for the function's."
  type        = string
  default     = null
}

variable "schedule_maximum_age_seconds" {
  description = "Seconds for which EventBridge tries to start a run: a run that is late by a whole period is the next one's work."
  type        = number
  default     = 86400
  nullable    = false
}

variable "timeout_seconds" {
  description = "Seconds that one invocation may take."
  type        = number
  default     = 60
  nullable    = false
}

variable "memory_size_mb" {
  description = "Memory of the function in MB; CPU grows with it."
  type        = number
  default     = 256
  nullable    = false
}

variable "operations_topic_arn" {
  description = "SNS topic of the function's alarms. Must not be one that the channels' queues hear: it has to work when the notifier does not."
  type        = string
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key for the log group, the dead-letter queue and the environment."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that the function's own log is kept."
  type        = number
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the function's role, or null for none."
  type        = string
  default     = null
}

variable "iam_path" {
  description = "IAM path of the roles made here, such as /security/."
  type        = string
  default     = "/"
  nullable    = false
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "more_kms_key_arns" {
  description = "ARNs of further KMS keys that the function may use, such as that of a topic it publishes to."
  type        = list(string)
  default     = []
  nullable    = false
}
