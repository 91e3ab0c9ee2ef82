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
  description = "Secrets to rotate, by name or full ARN. strategy generate makes a new value (of a JSON object only json_keys change, all else is kept byte for byte; password_length characters of character_classes, without exclude_characters); managed runs the secret's own rotation_function_arn, whose role rotation_role_arn never starts a rotation; notify_only tells. kms_key_arn is needed where generate meets a secret with a key of its own."
  type = map(object({
    strategy              = optional(string, "generate")
    json_keys             = optional(list(string), ["password"])
    password_length       = optional(number, 32)
    character_classes     = optional(list(string), ["lowercase", "uppercase", "digits", "symbols"])
    exclude_characters    = optional(string, "")
    kms_key_arn           = optional(string)
    rotation_function_arn = optional(string)
    rotation_role_arn     = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(var.rotation_targets) > 0
    error_message = "rotation_targets must name at least one secret, such as { \"prod/db\" = {} }."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : contains(["generate", "managed", "notify_only"], target.strategy)])
    error_message = "strategy of a rotation target must be generate, managed or notify_only."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : target.strategy == "managed" ? target.rotation_function_arn != null : true])
    error_message = "A rotation target with strategy managed needs rotation_function_arn: who starts a rotation must be allowed to invoke the function that does it."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : target.strategy == "managed" ? target.rotation_role_arn != null : true])
    error_message = "A rotation target with strategy managed needs rotation_role_arn, the role of its rotation function: its own reads come from AWS's addresses and would start the next rotation."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : target.rotation_role_arn == null ? true : can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:role/.+$", target.rotation_role_arn))])
    error_message = "rotation_role_arn must be the ARN of an IAM role, such as arn:…:iam::123456789012:role/rotate-db."
  }

  validation {
    condition     = alltrue([for target in values(var.rotation_targets) : length(target.character_classes) > 0 && length(setsubtract(target.character_classes, ["lowercase", "uppercase", "digits", "symbols"])) == 0])
    error_message = "character_classes of a rotation target must be some of lowercase, uppercase, digits and symbols."
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

variable "rotation_mode" {
  description = "dry_run: people are told what would be rotated, nothing is changed. rotate: it is done."
  type        = string
  default     = "dry_run"
  nullable    = false

  validation {
    condition     = contains(["dry_run", "rotate"], var.rotation_mode)
    error_message = "rotation_mode must be dry_run or rotate."
  }
}

variable "cooldown_minutes" {
  description = "Minutes after a rotation (or after telling that there was none) in which the same secret is left alone."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.cooldown_minutes >= 1 && var.cooldown_minutes <= 1440 && floor(var.cooldown_minutes) == var.cooldown_minutes
    error_message = "cooldown_minutes of rotations must be a whole number from 1 to 1440."
  }
}

variable "rotations_per_hour" {
  description = "Most rotations in an hour, of all secrets together; beyond that none is rotated and people are told loudly."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.rotations_per_hour >= 1 && var.rotations_per_hour <= 1000 && floor(var.rotations_per_hour) == var.rotations_per_hour
    error_message = "per_hour of rotations must be a whole number from 1 to 1000."
  }
}

variable "rotate_unknown" {
  description = "Whether a read rotates, too, of which it cannot be said where it came from."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_security_hub_findings" {
  description = "Whether each story that touched a target is a finding in Security Hub, which must be enabled."
  type        = bool
  default     = false
  nullable    = false
}

variable "audit_retention_days" {
  description = "Days that the evidence of a rotation is kept in the audit table."
  type        = number
  default     = 365
  nullable    = false
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
