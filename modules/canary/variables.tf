variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "canary_schedule_minutes" {
  description = "Minutes between two reads of the canary. A path that misses three in a row is reported."
  type        = number
  default     = 60
  nullable    = false

  # CloudTrail takes up to fifteen minutes to a log group; an alarm looks back one day at most.
  validation {
    condition     = var.canary_schedule_minutes >= 15 && var.canary_schedule_minutes <= 480 && floor(var.canary_schedule_minutes) == var.canary_schedule_minutes
    error_message = "canary_schedule_minutes: ${var.canary_schedule_minutes} is not allowed. Write a whole number of minutes from 15 to 480."
  }
}

variable "enable_complete_path" {
  description = "Whether records come from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.enable_complete_path || var.enable_fast_path
    error_message = "enable_complete_path and enable_fast_path are both false: the canary would watch nothing. Set one of them to true."
  }
}

variable "enable_fast_path" {
  description = "Whether records come from EventBridge as well: this region only, seconds after the call. The same record on both paths has one effect."
  type        = bool
  default     = true
  nullable    = false
}

variable "audit_table_name" {
  description = "Name of the audit table, where the summarizer notes what each path brought."
  type        = string
  nullable    = false
}

variable "summarizer_function_name" {
  description = "Name of the summarizer, where both paths end."
  type        = string
  nullable    = false
}

variable "metric_namespace" {
  description = "CloudWatch namespace of the summarizer's metric CanaryDelay."
  type        = string
  nullable    = false
}

variable "operations_topic_arn" {
  description = "Topic that silent paths and failures of the canary are reported to. Must not be one that the channels' queues hear."
  type        = string
  nullable    = false
}

variable "trail_name" {
  description = "Name of the trail, looked at when a path is silent; null if it is not known or not in this account and region."
  type        = string
  default     = null
}

variable "log_group_name" {
  description = "Log group that the trail delivers to, looked at when the complete path is silent, or null."
  type        = string
  default     = null
}

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one that other accounts or regions forward their events to. This account's own events come to its default bus: forward them too, as examples/organization does."
  type        = string
  default     = "default"
  nullable    = false
}

variable "event_rule_name" {
  description = "EventBridge rule of the fast path, looked at when that path is silent, or null."
  type        = string
  default     = null
}

variable "access_queue_name" {
  description = "Queue of the fast path, looked at when that path is silent, or null."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "KMS key of the secret, the log group and the queues. Its policy must let events.amazonaws.com use it."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles, or null for none."
  type        = string
  default     = null
}

variable "iam_path" {
  description = "IAM path of all roles and policies, such as /security/."
  type        = string
  default     = "/"
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}
