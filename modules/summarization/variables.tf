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

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one of yours that other accounts forward their events to."
  type        = string
  default     = "default"
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

variable "bedrock_region" {
  description = "Region of the model, or null for this one."
  type        = string
  default     = null

  validation {
    condition     = var.bedrock_region == null ? true : can(regex("^[a-z]{2}(-[a-z]+){1,3}-[0-9]$", var.bedrock_region))
    error_message = "The model's region must be an AWS region, such as us-east-1."
  }
}

variable "guardrail_id" {
  description = "Bedrock guardrail (id or ARN) that the model is asked under, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.guardrail_id == null ? true : can(regex("^([a-z0-9]+|arn:[a-z0-9-]+:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$", var.guardrail_id))
    error_message = "guardrail_id must be the id or the ARN of a Bedrock guardrail."
  }
}

variable "guardrail_version" {
  description = "Version of the guardrail: a number or DRAFT."
  type        = string
  default     = "DRAFT"
  nullable    = false

  validation {
    condition     = can(regex("^([1-9][0-9]{0,7}|DRAFT)$", var.guardrail_version))
    error_message = "guardrail_version must be a number or DRAFT."
  }
}

variable "summary_language" {
  description = "Language of the summaries, in English words. The checks for alarming and reassuring words know English only."
  type        = string
  default     = "English"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z][A-Za-z -]{1,30}$", var.summary_language))
    error_message = "The language of the summaries must be a language's English name, such as German or Brazilian Portuguese."
  }
}

variable "model_calls_per_hour" {
  description = "Most model calls in an hour; beyond that notices go out with the facts alone."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.model_calls_per_hour >= 1 && var.model_calls_per_hour <= 1000000 && floor(var.model_calls_per_hour) == var.model_calls_per_hour
    error_message = "calls_per_hour must be a whole number from 1 to 1000000; bedrock_model_id = null switches the model off."
  }
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
