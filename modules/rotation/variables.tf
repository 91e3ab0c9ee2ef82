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

variable "alerts_topic_arn" {
  description = "Topic that notices are published to."
  type        = string
  nullable    = false
}

variable "operations_topic_arn" {
  description = "Topic of alarms about the rotator itself."
  type        = string
  nullable    = false
}

variable "rotation_targets" {
  description = "Secrets to rotate, by name or full ARN. strategy generate makes a new value here (of a JSON object only json_keys change, with password_length characters); managed runs the secret's own rotation function. kms_key_arn is needed where the secret has a key of its own; rotation_function_arn names the function that managed runs."
  type = map(object({
    strategy              = optional(string, "generate")
    json_keys             = optional(list(string), ["password"])
    password_length       = optional(number, 32)
    kms_key_arn           = optional(string)
    rotation_function_arn = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(var.rotation_targets) > 0
    error_message = "rotation_targets must name at least one secret, such as { \"prod/db\" = {} }."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : contains(["generate", "managed"], target.strategy)])
    error_message = "strategy of a rotation target must be generate or managed."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : target.strategy == "managed" ? target.rotation_function_arn != null : true])
    error_message = "A rotation target with strategy managed needs rotation_function_arn: who starts a rotation must be allowed to invoke the function that does it."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : target.password_length >= 8 && target.password_length <= 4096])
    error_message = "password_length of a rotation target must be from 8 to 4096."
  }

  validation {
    condition     = alltrue([for secret in keys(var.rotation_targets) : can(regex("^(arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:)?[A-Za-z0-9/_+=.@-]{1,512}$", secret))])
    error_message = "Keys of rotation_targets must be names or full ARNs of secrets: letters, digits and /_+=.@- only, no wildcard."
  }
}

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6: a read from anywhere else rotates."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.trusted_cidrs) > 0
    error_message = "trusted_cidrs must name at least one network: without any, no read can be told to be untrusted."
  }
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "exempt_principal_arns" {
  description = "IAM roles and users whose reads never rotate anything. The rotator itself always is."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key for logs and queues."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that the rotator's own log is kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the rotator's role, or null for none."
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}
