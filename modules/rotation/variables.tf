locals {
  formats = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))

  # What passwords.py chooses from.
  characters = {
    lowercase = "abcdefghijklmnopqrstuvwxyz"
    uppercase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    digits    = "0123456789"
    symbols   = "-_."
  }
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
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
}

variable "audit_table_name" {
  description = "Name of the audit table."
  type        = string
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "ARN of the SNS topic that notifications are published to."
  type        = string
  nullable    = false
}

variable "operations_topic_arn" {
  description = "ARN of the SNS topic for alarms about the deployment itself."
  type        = string
  nullable    = false
}

variable "rotation_targets" {
  description = "Secrets to rotate, by name or full ARN. strategy generate makes a new value, managed runs the secret's own rotation function, notify_only notifies. generate needs json_keys: the keys of a JSON value that change, all else being kept byte for byte ([] for a value that is one password); format = \"text\" with json_keys = [] where all of any other text (a URL, a .env file, a key) is to become one password, which is refused otherwise; and kms_key_arn where the secret has a key of its own. managed needs rotation_function_arn, and rotation_role_arn (the function's role), whose reads never start a rotation. Terraform drops a misspelt attribute beside a right one without a word: these six are all."
  type = map(object({
    strategy              = string
    json_keys             = optional(list(string))
    format                = optional(string)
    kms_key_arn           = optional(string)
    rotation_function_arn = optional(string)
    rotation_role_arn     = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.rotation_targets) > 0
    error_message = "rotation_targets is empty, and rotation needs it. Write at least one, such as { \"prod/db\" = { strategy = \"generate\", json_keys = [\"password\"] } }."
  }

  validation {
    condition     = length(var.rotation_targets) <= 200
    error_message = "rotation_targets: ${length(var.rotation_targets)} secrets are given, and the rotator takes 200. Use several deployments, each with a name_prefix of its own."
  }

  validation {
    condition     = alltrue([for x in keys(var.rotation_targets) : can(regex("^${local.formats.secret_name}$", x)) || can(regex("^arn:${local.partition}:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:${local.formats.secret_name}-[A-Za-z0-9]{6}$", x))])
    error_message = "rotation_targets: ${join(", ", [for x in keys(var.rotation_targets) : jsonencode(x) if !(can(regex("^${local.formats.secret_name}$", x)) || can(regex("^arn:${local.partition}:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:${local.formats.secret_name}-[A-Za-z0-9]{6}$", x)))])} is neither the name nor the full ARN of a secret. Write the name (letters, digits and /_+=.@!- only, no wildcard), or the ARN with the hyphen and six characters at its end."
  }

  validation {
    condition     = alltrue([for x in keys(var.rotation_targets) : startswith(x, "arn:") ? try(join(":", slice(split(":", x), 1, 5)) == "${local.partition}:secretsmanager:${local.region}:${local.account_id}", true) : true])
    error_message = "rotation_targets: ${join(", ", [for x in keys(var.rotation_targets) : jsonencode(x) if !(startswith(x, "arn:") ? try(join(":", slice(split(":", x), 1, 5)) == "${local.partition}:secretsmanager:${local.region}:${local.account_id}", true) : true)])} is a secret of another account, region or partition, which the rotator cannot change. Write secrets of ${local.account_id} in ${local.region}, and use another deployment for the others."
  }

  validation {
    # As record/secret_id.py tells a suffix from a word.
    condition     = alltrue([for x in keys(var.rotation_targets) : startswith(x, "arn:") || !can(regex("[A-Z0-9]", regex("-[A-Za-z0-9]{6}$", x)))])
    error_message = "rotation_targets: ${join(", ", [for x in keys(var.rotation_targets) : jsonencode(x) if !(startswith(x, "arn:") || !can(regex("[A-Z0-9]", regex("-[A-Za-z0-9]{6}$", x))))])} ends as an ARN does, in a hyphen and six characters. Write the name without them, or, where the name itself ends so, the full ARN."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : strcontains(secret, "!") ? try(t.strategy == "notify_only", false) : true])
    error_message = "rotation_targets: ${join(", ", [for secret, t in var.rotation_targets : jsonencode(secret) if !(strcontains(secret, "!") ? try(t.strategy == "notify_only", false) : true)])} is managed by an AWS service, which alone may rotate it. Write strategy = \"notify_only\"."
  }

  validation {
    condition     = length(distinct([for x in keys(var.rotation_targets) : startswith(x, "arn:") ? try(regex(":secret:(.+)-[A-Za-z0-9]{6}$", x)[0], x) : x])) == length(var.rotation_targets)
    error_message = "rotation_targets: ${join(", ", [for x in keys(var.rotation_targets) : jsonencode(x) if startswith(x, "arn:") && contains(concat(keys(var.rotation_targets), [for y in keys(var.rotation_targets) : try(regex(":secret:(.+)-[A-Za-z0-9]{6}$", y)[0], y) if y != x]), try(regex(":secret:(.+)-[A-Za-z0-9]{6}$", x)[0], x))])} is the same secret as another target. Write each secret once, by name or by ARN."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(contains(["generate", "managed", "notify_only"], t.strategy), false)])
    error_message = "rotation_targets: strategy of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${try(jsonencode(t.strategy), "null")})" if !(try(contains(["generate", "managed", "notify_only"], t.strategy), false))])} is unknown. Write generate, managed or notify_only."
  }

  validation {
    condition     = alltrue([for t in var.rotation_targets : try(t.format, null) == null ? true : contains(["json", "text"], t.format) && t.strategy == "generate"])
    error_message = "rotation_targets: format of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${jsonencode(t.format)})" if !(try(t.format, null) == null ? true : contains(["json", "text"], t.format) && t.strategy == "generate")])} is not allowed. Write json or text, with strategy generate only, or leave it out."
  }

  validation {
    condition     = alltrue([for t in var.rotation_targets : try(t.format, null) == null ? true : t.format == "text" ? length(coalesce(t.json_keys, [])) == 0 : length(coalesce(t.json_keys, [])) > 0 || t.format != "json"])
    error_message = "rotation_targets: format and json_keys of ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.format, null) == null ? true : t.format == "text" ? length(coalesce(t.json_keys, [])) == 0 : length(coalesce(t.json_keys, [])) > 0 || t.format != "json")])} contradict each other. Write json_keys = [] with format = \"text\", which replaces the whole value, and the keys that change with format = \"json\"."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.strategy, null) == "generate" ? try(t.json_keys != null, false) : true])
    error_message = "rotation_targets: ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.strategy, null) == "generate" ? try(t.json_keys != null, false) : true)])} needs json_keys with strategy generate: the keys of its JSON value that change, such as [\"password\"], or [] if the value is one password."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.json_keys, null) == null ? true : try(alltrue([for key in t.json_keys : length(key) > 0]), false)])
    error_message = "rotation_targets: json_keys of ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.json_keys, null) == null ? true : try(alltrue([for key in t.json_keys : length(key) > 0]), false))])} has an empty key. Write keys of the JSON value, such as [\"password\"]."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(length(distinct(t.json_keys)) == length(t.json_keys) && alltrue([for key in t.json_keys : trimspace(key) == key]), true)])
    error_message = "rotation_targets: json_keys of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${jsonencode(t.json_keys)})" if !(try(length(distinct(t.json_keys)) == length(t.json_keys) && alltrue([for key in t.json_keys : trimspace(key) == key]), true))])} has a key twice, or spaces around one. Write each key once, as it stands in the JSON value."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.strategy, null) == "managed" ? try(t.rotation_function_arn, null) != null && try(t.rotation_role_arn, null) != null : true])
    error_message = "rotation_targets: ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.strategy, null) == "managed" ? try(t.rotation_function_arn, null) != null && try(t.rotation_role_arn, null) != null : true)])} needs rotation_function_arn and rotation_role_arn with strategy managed. Write the ARN of its rotation function, which the rotator must be allowed to invoke, and of that function's role, whose own reads would start the next rotation."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.strategy, null) == "generate" ? true : try(t.json_keys == null && t.kms_key_arn == null, true)])
    error_message = "rotation_targets: json_keys and kms_key_arn of ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.strategy, null) == "generate" ? true : try(t.json_keys == null && t.kms_key_arn == null, true))])} have no effect: only strategy generate uses them. Leave them out, or write strategy = \"generate\"."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.strategy, null) == "managed" ? true : try(t.rotation_function_arn == null && t.rotation_role_arn == null, true)])
    error_message = "rotation_targets: rotation_function_arn and rotation_role_arn of ${join(", ", [for secret, t in var.rotation_targets : secret if !(try(t.strategy, null) == "managed" ? true : try(t.rotation_function_arn == null && t.rotation_role_arn == null, true))])} have no effect: only strategy managed uses them. Leave them out, or write strategy = \"managed\"."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.rotation_function_arn, null) == null ? true : can(regex("^arn:${local.partition}:lambda:${local.region}:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}$", t.rotation_function_arn))])
    error_message = "rotation_targets: rotation_function_arn of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${jsonencode(t.rotation_function_arn)})" if !(try(t.rotation_function_arn, null) == null ? true : can(regex("^arn:${local.partition}:lambda:${local.region}:[0-9]{12}:function:[A-Za-z0-9_-]{1,64}$", t.rotation_function_arn)))])} is no ARN of a function in this region. Write arn:${local.partition}:lambda:${local.region}:ACCOUNT:function:NAME, without a version."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.rotation_role_arn, null) == null ? true : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_role}$", t.rotation_role_arn))])
    error_message = "rotation_targets: rotation_role_arn of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${jsonencode(t.rotation_role_arn)})" if !(try(t.rotation_role_arn, null) == null ? true : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_role}$", t.rotation_role_arn)))])} is no ARN of a role. Write arn:${local.partition}:iam::ACCOUNT:role/NAME."
  }

  validation {
    condition     = alltrue([for secret, t in var.rotation_targets : try(t.kms_key_arn, null) == null ? true : can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", t.kms_key_arn))])
    error_message = "rotation_targets: kms_key_arn of ${join(", ", [for secret, t in var.rotation_targets : "${secret} (${jsonencode(t.kms_key_arn)})" if !(try(t.kms_key_arn, null) == null ? true : can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", t.kms_key_arn)))])} is no ARN of a key in this region. IAM policies take neither aliases nor ids: write arn:${local.partition}:kms:${local.region}:ACCOUNT:key/ID."
  }

  validation {
    # What parts of main.tf adds up, on the safe side.
    condition     = sum(concat([0], [for secret, t in var.rotation_targets : length(secret) + 80 + try(local.most_added[t.strategy], 0)])) <= 11 * local.part_size
    error_message = "rotation_targets: ${length(var.rotation_targets)} secrets need more IAM policy than one role can hold: 11 policies of ${local.part_size} characters each, of which a target takes the length of its name and 80, and ${local.most_added["generate"]} (generate) or ${local.most_added["managed"]} (managed) more. Use several deployments, each with a name_prefix of its own, or strategy notify_only."
  }
}

variable "rotation_passwords" {
  description = "Rotation target of strategy generate → how its new password is made, where 32 characters of all classes do not fit. character_classes are some of lowercase, uppercase, digits and symbols."
  type = map(object({
    password_length    = number
    character_classes  = list(string)
    exclude_characters = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for x in keys(var.rotation_passwords) : try(var.rotation_targets[x].strategy == "generate", false)])
    error_message = "rotation_passwords: ${join(", ", [for x in keys(var.rotation_passwords) : jsonencode(x) if !(try(var.rotation_targets[x].strategy == "generate", false))])} is no rotation target of strategy generate. ${anytrue([for t in var.rotation_targets : try(t.strategy == "generate", false)]) ? "Write one of ${join(", ", [for secret, t in var.rotation_targets : secret if try(t.strategy == "generate", false)])}" : "Leave it out: there is none"}."
  }

  validation {
    condition     = alltrue([for secret, p in var.rotation_passwords : try(p.password_length >= 8 && p.password_length <= 4096 && floor(p.password_length) == p.password_length, false)])
    error_message = "rotation_passwords: password_length of ${join(", ", [for secret, p in var.rotation_passwords : "${secret} (${try(jsonencode(p.password_length), "null")})" if !(try(p.password_length >= 8 && p.password_length <= 4096 && floor(p.password_length) == p.password_length, false))])} is not allowed. Write a whole number from 8 to 4096."
  }

  validation {
    condition     = alltrue([for secret, p in var.rotation_passwords : try(length(p.character_classes) > 0 && length(setsubtract(p.character_classes, keys(local.characters))) == 0, false)])
    error_message = "rotation_passwords: character_classes of ${join(", ", [for secret, p in var.rotation_passwords : "${secret} (${try(jsonencode(p.character_classes), "null")})" if !(try(length(p.character_classes) > 0 && length(setsubtract(p.character_classes, keys(local.characters))) == 0, false))])} are unknown. Write some of ${join(", ", keys(local.characters))}."
  }

  validation {
    condition     = alltrue([for secret, p in var.rotation_passwords : try(p.exclude_characters != null, false)])
    error_message = "rotation_passwords: exclude_characters of ${join(", ", [for secret, p in var.rotation_passwords : secret if !(try(p.exclude_characters != null, false))])} is null. Write \"\" to exclude none."
  }

  validation {
    condition     = alltrue([for secret, p in var.rotation_passwords : try(alltrue([for class in p.character_classes : length(setsubtract(split("", local.characters[class]), split("", p.exclude_characters))) > 0]), true)])
    error_message = "rotation_passwords: exclude_characters of ${join(", ", [for secret, p in var.rotation_passwords : "${secret} (${jsonencode(p.exclude_characters)})" if !(try(alltrue([for class in p.character_classes : length(setsubtract(split("", local.characters[class]), split("", p.exclude_characters))) > 0]), true))])} leaves nothing of one of its character_classes. Exclude fewer characters, or take that class out."
  }

  validation {
    # As passwords.py: at least 40 bits. A power of more than 40 changes nothing, and would not be a number any more.
    condition     = alltrue([for secret, p in var.rotation_passwords : try(pow(length(setsubtract(flatten([for class in p.character_classes : split("", local.characters[class])]), split("", p.exclude_characters))), min(p.password_length, 40)) >= pow(2, 40), true)])
    error_message = "rotation_passwords: ${join(", ", [for secret, p in var.rotation_passwords : "${secret} (${jsonencode(p)})" if !(try(pow(length(setsubtract(flatten([for class in p.character_classes : split("", local.characters[class])]), split("", p.exclude_characters))), min(p.password_length, 40)) >= pow(2, 40), true))])} makes passwords that can be guessed, or the same one again. Write a greater password_length, more character_classes or fewer exclude_characters: at least 40 bits, such as 13 digits or 8 characters of all classes."
  }
}

variable "rotation_mode" {
  description = "dry_run: people are notified of what would be rotated, nothing is changed. rotate: it is done. docs/runbook.md says how to get from one to the other."
  type        = string
  default     = "dry_run"
  nullable    = false

  validation {
    condition     = contains(["dry_run", "rotate"], var.rotation_mode)
    error_message = "rotation_mode: ${jsonencode(var.rotation_mode)} is unknown. Write dry_run or rotate."
  }

  validation {
    condition     = var.rotation_mode == "dry_run" || anytrue([for t in var.rotation_targets : try(t.strategy != "notify_only", true)])
    error_message = "rotation_mode: \"rotate\" has no effect, since strategy of each of rotation_targets is notify_only. Write generate or managed for those that should rotate, or leave rotation_mode out."
  }
}

variable "rotation_cooldown_minutes" {
  description = "Minutes after a rotation in which the same secret is not rotated again: who reads it meanwhile has the new value no longer when they end. After the notification that there was no rotation, minutes without another one for the same reason."
  type        = number
  default     = 15
  nullable    = false

  validation {
    condition     = var.rotation_cooldown_minutes >= 1 && var.rotation_cooldown_minutes <= 1440 && floor(var.rotation_cooldown_minutes) == var.rotation_cooldown_minutes
    error_message = "rotation_cooldown_minutes: ${var.rotation_cooldown_minutes} is not allowed. Write a whole number of minutes from 1 to 1440."
  }
}

variable "rotations_per_hour" {
  description = "Maximum rotations within any hour, of all secrets together; beyond that none is rotated, and people are notified at severity critical. A fifth of them, at least one of two, is kept for secrets that were not rotated within the hour."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.rotations_per_hour >= 1 && var.rotations_per_hour <= 1000 && floor(var.rotations_per_hour) == var.rotations_per_hour
    error_message = "rotations_per_hour: ${var.rotations_per_hour} is not allowed. Write a whole number from 1 to 1000."
  }
}

variable "rotate_unknown" {
  description = "Whether a read whose source cannot be determined rotates too."
  type        = bool
  default     = false
  nullable    = false
}

variable "rotation_exempt_principal_arns" {
  description = "IAM roles and users (arn:…:iam::ACCOUNT:role/NAME) whose reads never rotate anything. The rotator itself always is."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.rotation_exempt_principal_arns : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", x))])
    error_message = "rotation_exempt_principal_arns: ${join(", ", [for x in var.rotation_exempt_principal_arns : jsonencode(x) if !(can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", x)))])} is no ARN of an IAM role or user. Write arn:${local.partition}:iam::ACCOUNT:role/NAME, without wildcards; of a session (arn:${local.partition}:sts::ACCOUNT:assumed-role/NAME/SESSION) write its role."
  }
}

variable "enable_security_hub_findings" {
  description = "Whether each story that touched a rotation target is a finding in Security Hub, which must be enabled."
  type        = bool
  default     = false
  nullable    = false
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access and the evidence of a rotation."
  type        = number
  default     = 365
  nullable    = false
}

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6, such as [\"203.0.113.0/24\", \"2001:db8::/32\"]."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.trusted_cidrs) > 0
    error_message = "trusted_cidrs is empty, and rotation needs it: without a trusted network no read can be found untrusted. Write the networks that your reads come from, or set enable_rotation = false."
  }
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints for Secrets Manager that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for logs and queues."
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

variable "alerts_topic_kms_key_arn" {
  description = "ARN of the KMS key that the topic of alerts_topic_arn is encrypted with, where that is not the key of this deployment: the functions that publish may use it, and to take it away is KeyTampering."
  type        = string
  default     = null

  validation {
    condition     = var.alerts_topic_kms_key_arn == null ? true : can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", var.alerts_topic_kms_key_arn))
    error_message = "alerts_topic_kms_key_arn: ${jsonencode(var.alerts_topic_kms_key_arn)} is no ARN of a KMS key in this region. Write arn:${local.partition}:kms:${local.region}:ACCOUNT:key/ID, no alias."
  }
}
