variable "name_prefix" {
  description = "Start of every name made here."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to."
  type        = string
  nullable    = false
}

variable "enable_complete_path" {
  description = "Whether records come from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_fast_path" {
  description = "Whether records come from EventBridge as well: this region only, seconds after the call."
  type        = bool
  default     = true
  nullable    = false
}

variable "audit_table_name" {
  description = "Name of the audit table."
  type        = string
  nullable    = false
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access."
  type        = number
  default     = 365
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "Topic that notices are published to."
  type        = string
  nullable    = false
}

variable "operations_topic_arn" {
  description = "Topic of alarms about the summarizer itself."
  type        = string
  nullable    = false
}

variable "bedrock_model_id" {
  description = "Bedrock foundation model that writes the summaries, or null for facts without prose."
  type        = string
  default     = null
}

variable "bedrock_inference_profile_id" {
  description = "Inference profile to call the model through (newer models need one), or null to call the model itself."
  type        = string
  default     = null
}

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "own_role_names" {
  description = "Names of our own roles that read secrets: their reads are recorded and not told."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "rules" {
  description = "Tuning of the signals as an object; docs/detections.md lists its parts. The root module checks it."
  type        = any
  default     = {}
  nullable    = false
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the summaries too."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key for summaries, logs and queues."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that the summarizer's own log is kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the summarizer's role, or null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}
