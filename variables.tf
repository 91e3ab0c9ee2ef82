# --- everywhere ------------------------------------------------------------------------

variable "name_prefix" {
  description = "Start of every name made here; two instances in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix must be 2 to 20 lower-case letters, digits and hyphens, start with a letter and not end with a hyphen: bucket and role names are built from it, and AWS limits their length."
  }
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "existing" {
  description = "What you have already and want used: { kms_key_arn = \"…\" (its policy must contain the statements of kms.tf), log_group_name = \"…\" (that a trail of yours delivers to; no trail is made then), trail_bucket_name = \"…\" (that trail's log files, for analytics), alerts_topic_arn = \"…\" (CloudWatch must be allowed to publish to it), event_bus_name = \"…\" (that other accounts or regions forward to) }. Which keys are given must be known at plan, their values need not."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.existing)) && length(setsubtract(try(keys(var.existing), []), ["kms_key_arn", "log_group_name", "trail_bucket_name", "alerts_topic_arn", "event_bus_name"])) == 0
    error_message = "existing is an object with any of kms_key_arn, log_group_name, trail_bucket_name, alerts_topic_arn and event_bus_name."
  }

  validation {
    condition     = !can(var.existing.kms_key_arn) ? true : can(regex("^arn:[a-z0-9-]+:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.existing.kms_key_arn))
    error_message = "kms_key_arn of existing must be the ARN of a key (arn:…:kms:REGION:ACCOUNT:key/ID), not an alias or an id."
  }

  validation {
    condition     = !can(var.existing.trail_bucket_name) || can(var.existing.log_group_name)
    error_message = "trail_bucket_name of existing goes with log_group_name: both belong to a trail of yours."
  }
}

variable "iam_path" {
  description = "IAM path of every role made here, such as /security/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@-]+/)*$", var.iam_path))
    error_message = "iam_path must begin and end with a slash, such as /security/."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of every role made here, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:[a-z0-9-]+:iam::([0-9]{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn must be the ARN of an IAM policy (arn:…:iam::ACCOUNT:policy/NAME)."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes log files, summaries and the audit table too. Leave it off where the records matter."
  type        = bool
  default     = false
  nullable    = false
}

# --- records ---------------------------------------------------------------------------

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "log_retention_in_days must be a number that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "log_archive_after_days" {
  description = "Days after which CloudTrail's log files move to S3 Glacier Instant Retrieval, or null to leave them where they are."
  type        = number
  default     = 90

  validation {
    condition     = var.log_archive_after_days == null ? true : var.log_archive_after_days >= 1
    error_message = "log_archive_after_days must be 1 or more, or null."
  }
}

variable "log_expiration_days" {
  description = "Days after which CloudTrail's log files are deleted, or null to keep them for ever."
  type        = number
  default     = null

  validation {
    condition     = var.log_expiration_days == null ? true : var.log_expiration_days >= 1
    error_message = "log_expiration_days must be 1 or more, or null."
  }

  validation {
    condition     = var.log_expiration_days == null || var.log_archive_after_days == null ? true : var.log_expiration_days > var.log_archive_after_days
    error_message = "log_expiration_days must be greater than log_archive_after_days: a file cannot move after it is deleted."
  }
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.audit_retention_days >= 1 && var.audit_retention_days <= 3650
    error_message = "audit_retention_days must be from 1 to 3650."
  }
}

# --- the two paths -----------------------------------------------------------------------

variable "enable_complete_path" {
  description = "Whether summarizer and rotator get records from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = var.enable_complete_path || var.enable_fast_path
    error_message = "enable_complete_path and enable_fast_path cannot both be false: no record would reach anybody."
  }
}

variable "enable_fast_path" {
  description = "Whether summarizer and rotator get records from EventBridge as well: this region only, seconds after the call. The same record on both paths has one effect."
  type        = bool
  default     = true
  nullable    = false
}

variable "rules" {
  description = "Tuning of the signals: { first_reader = { severity = \"info\" }, many_secrets = { threshold = 20, window_minutes = 10 }, batch = { enabled = false }, history_days = 30, quiet_minutes = 60, decoys = [\"honey/*\"], automation = [\"arn:aws:iam::*:role/external-secrets\"] }. docs/detections.md lists every part."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.rules))
    error_message = "rules must be an object, such as { first_reader = { enabled = false } }."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : length(setsubtract(keys(var.rules), concat(local.rule_settings, local.signals))) == 0
    error_message = "rules has a part that is neither a signal nor a setting. There are the settings ${join(", ", local.rule_settings)} and the signals ${join(", ", local.signals)}."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : alltrue([for name, rule in var.rules : contains(local.rule_settings, name) ? true : can(keys(rule)) ? length(setsubtract(keys(rule), concat(["enabled", "severity"], contains(local.windowed_signals, name) ? ["window_minutes"] : [], contains(local.counting_signals, name) ? ["threshold"] : []))) == 0 : false])
    error_message = "A signal in rules is an object with enabled and severity; ${join(", ", local.windowed_signals)} have window_minutes, ${join(", ", local.counting_signals)} have threshold too."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : alltrue([for name, rule in var.rules : contains(local.rule_settings, name) ? true : try(contains(["info", "low", "medium", "high", "critical"], rule.severity), true)])
    error_message = "severity of a signal in rules must be info, low, medium, high or critical."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : alltrue([for name, rule in var.rules : contains(local.rule_settings, name) ? true : (try(tobool(rule.enabled) != null, !can(rule.enabled)) && try(floor(rule.threshold) == rule.threshold && rule.threshold >= 1 && rule.threshold <= 1000, !can(rule.threshold)) && try(floor(rule.window_minutes) == rule.window_minutes && rule.window_minutes >= 1 && rule.window_minutes <= 1440, !can(rule.window_minutes)))])
    error_message = "In a signal of rules, enabled must be true or false, threshold a whole number from 1 to 1000, window_minutes a whole number from 1 to 1440."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : try(var.rules.history_days >= 1 && var.rules.history_days <= 365, !can(var.rules.history_days)) && try(var.rules.quiet_minutes >= 0 && var.rules.quiet_minutes <= 1440, !can(var.rules.quiet_minutes))
    error_message = "history_days of rules must be from 1 to 365, quiet_minutes from 0 to 1440."
  }

  validation {
    condition     = !can(keys(var.rules)) ? true : alltrue([for name in ["decoys", "automation"] : can(var.rules[name]) ? can([for pattern in var.rules[name] : regex("^.*[^*].*$", pattern)]) && !can(tostring(var.rules[name])) : true])
    error_message = "decoys and automation of rules must be lists of patterns that match less than everything, such as [\"honey/*\"]."
  }
}

# --- what is trusted -------------------------------------------------------------------

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6, such as [\"203.0.113.0/24\", \"2001:db8::/32\"]."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    # cidrhost reads both families; comparing catches host bits, which would trust less than was meant.
    condition     = alltrue([for cidr in var.trusted_cidrs : can(cidrhost(cidr, 0)) && !startswith(cidr, "::ffff:")])
    error_message = "trusted_cidrs must be networks in CIDR notation, such as 203.0.113.0/24 or 2001:db8::/32; write an IPv4-mapped network as IPv4."
  }

  validation {
    condition     = alltrue([for cidr in var.trusted_cidrs : can(cidrhost(cidr, 0)) ? !strcontains(cidr, ".") || cidrhost(cidr, 0) == split("/", cidr)[0] : true])
    error_message = "trusted_cidrs must start at their network address: write 203.0.113.0/24, not 203.0.113.7/24."
  }
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints for Secrets Manager that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.trusted_vpc_endpoint_ids : can(regex("^vpce-[0-9a-f]{8,17}$", id))])
    error_message = "trusted_vpc_endpoint_ids must be ids of VPC endpoints, such as vpce-0123456789abcdef0."
  }
}

# --- telling people --------------------------------------------------------------------

variable "alert_emails" {
  description = "Addresses that get alarms and notices of severity high and critical; each has to confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "alert_emails must be email addresses."
  }
}

variable "alert_phone_numbers" {
  description = "Phone numbers that get alarms and notices of severity high and critical by SMS."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for number in var.alert_phone_numbers : can(regex("^\\+[1-9][0-9]{6,14}$", number))])
    error_message = "alert_phone_numbers must be in E.164 form, such as +4915112345678."
  }
}

variable "channels" {
  description = "Webhooks that are told, by a name of yours. type is slack, teams or webhook (any HTTPS endpoint: docs/webhook.md). The URL is in the SSM SecureString webhook_parameter, or given in webhook_urls. minimum_severity is info, low, medium, high or critical; secrets are patterns of secret names: such a channel gets what is about them, one without gets everything. signing_key_parameter names an SSM SecureString with the key that signs requests of type webhook."
  type = map(object({
    type                  = string
    webhook_parameter     = optional(string)
    minimum_severity      = optional(string, "info")
    secrets               = optional(list(string), [])
    signing_key_parameter = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "webhook_urls" {
  description = "Channel → URL of its webhook, of those without webhook_parameter: stored in SSM, never in state or plan. Needs webhook_urls_version."
  type        = map(string)
  default     = {}
  nullable    = false
  ephemeral   = true
  sensitive   = true
}

variable "webhook_urls_version" {
  description = "Whole number to raise when webhook_urls changes, or null if no URL is given here."
  type        = number
  default     = null
}

variable "tell_recoveries" {
  description = "Whether the end of an alarm, and missing data, is told too, in three lines."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_overrides" {
  description = "Detection → what differs from the built-in one: { SecretAccessedByRole = { threshold = 20, period = 300 }, SecretAccessed = { band_width = 4 } }; severity too. docs/detections.md lists the detections."
  type = map(object({
    threshold  = optional(number)
    period     = optional(number)
    band_width = optional(number)
    severity   = optional(string)
  }))
  default  = {}
  nullable = false
}

variable "disabled_alarms" {
  description = "Detections that are neither counted nor told, such as [\"BatchRead\"]."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "monitoring" {
  description = "{ working_hours = { from = 8, to = 18 } (UTC; reads by people outside them raise an alarm), composite = true (alarms that go off together are told once), heartbeat_hours = 6 (without any record), dashboard = true, trail_topic_emails = [] (told of every log file by CloudTrail's own topic) }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.monitoring)) && length(setsubtract(try(keys(var.monitoring), []), ["working_hours", "composite", "heartbeat_hours", "dashboard", "trail_topic_emails"])) == 0
    error_message = "monitoring is an object with any of working_hours, composite, heartbeat_hours, dashboard and trail_topic_emails."
  }
}

# --- summaries -------------------------------------------------------------------------

variable "bedrock_model_id" {
  description = "Bedrock foundation model that writes the one-sentence summaries, or null for facts without prose."
  type        = string
  default     = "anthropic.claude-haiku-4-5-20251001-v1:0"

  validation {
    condition     = var.bedrock_model_id == null ? true : can(regex("^[a-z0-9-]+\\.[A-Za-z0-9.:-]+$", var.bedrock_model_id)) && !can(regex("^(us|eu|apac|jp|au|global|us-gov)\\.", var.bedrock_model_id))
    error_message = "bedrock_model_id must be the id of a foundation model, such as anthropic.claude-haiku-4-5-20251001-v1:0; an id that starts with a region group (us., eu., global.) belongs into bedrock_inference_profile_id."
  }
}

variable "bedrock_inference_profile_id" {
  description = "Inference profile to call the model through, which newer models need, or null to call the model itself."
  type        = string
  default     = "global.anthropic.claude-haiku-4-5-20251001-v1:0"

  validation {
    condition     = var.bedrock_inference_profile_id == null || var.bedrock_model_id == null ? true : endswith(var.bedrock_inference_profile_id, var.bedrock_model_id)
    error_message = "bedrock_inference_profile_id must be a profile of bedrock_model_id, such as global.anthropic.claude-haiku-4-5-20251001-v1:0; write null for a model that needs none."
  }
}

variable "summaries" {
  description = "How the model is asked: { language = \"English\", calls_per_hour = 200 (beyond that facts only), region = \"us-east-1\" (of the model, if not this one), guardrail_id = \"…\", guardrail_version = \"1\" }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.summaries)) && length(setsubtract(try(keys(var.summaries), []), ["language", "calls_per_hour", "region", "guardrail_id", "guardrail_version"])) == 0
    error_message = "summaries is an object with any of language, calls_per_hour, region, guardrail_id and guardrail_version."
  }
}

# --- rotation --------------------------------------------------------------------------

variable "enable_rotation" {
  description = "Whether a read of a rotation target from an untrusted network rotates that secret."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_rotation || length(var.rotation_targets) > 0
    error_message = "enable_rotation needs rotation_targets: name at least one secret, such as { \"prod/db\" = {} }."
  }

  validation {
    condition     = !var.enable_rotation || length(var.trusted_cidrs) > 0
    error_message = "enable_rotation needs trusted_cidrs: without a trusted network no read can be told to be untrusted."
  }
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
  default  = {}
  nullable = false
}

variable "rotation_mode" {
  description = "dry_run: people are told what would be rotated, nothing is changed. rotate: it is done. docs/runbook.md tells how to get from one to the other."
  type        = string
  default     = "dry_run"
  nullable    = false

  validation {
    condition     = contains(["dry_run", "rotate"], var.rotation_mode)
    error_message = "rotation_mode must be dry_run or rotate."
  }
}

variable "rotation_limits" {
  description = "{ cooldown_minutes = 15 (the same secret is left alone so long), per_hour = 10 (most rotations of all secrets), unknown = false (rotate too where the source of a read cannot be told) }."
  type        = any
  default     = {}
  nullable    = false

  validation {
    condition     = can(keys(var.rotation_limits)) && length(setsubtract(try(keys(var.rotation_limits), []), ["cooldown_minutes", "per_hour", "unknown"])) == 0
    error_message = "rotation_limits is an object with any of cooldown_minutes, per_hour and unknown."
  }
}

variable "enable_security_hub_findings" {
  description = "Whether each story that touched a rotation target is a finding in Security Hub, which must be enabled."
  type        = bool
  default     = false
  nullable    = false
}

variable "rotation_exempt_principal_arns" {
  description = "IAM roles and users (arn:…:iam::ACCOUNT:role/NAME) whose reads never rotate anything."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.rotation_exempt_principal_arns : can(regex("^arn:[a-z0-9-]+:iam::[0-9]{12}:(role|user)/.+$", arn))])
    error_message = "rotation_exempt_principal_arns must be ARNs of IAM roles or users, such as arn:…:iam::123456789012:role/deploy; for an assumed role write the role's ARN, not the session's."
  }
}

# --- history ---------------------------------------------------------------------------

variable "enable_analytics" {
  description = "Whether to make the Glue tables, the Athena workgroup and the saved queries; they cost only when asked."
  type        = bool
  default     = true
  nullable    = false
}

variable "quicksight_principal_arns" {
  description = "QuickSight users or groups (arn:…:quicksight:REGION:ACCOUNT:group/default/NAME) who may open a dashboard on the history; none, no dashboard. The account must have QuickSight; modules/analytics/README.md tells what to set there."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.quicksight_principal_arns) == 0 || var.enable_analytics
    error_message = "quicksight_principal_arns needs enable_analytics = true: the dashboard asks Athena."
  }
}
