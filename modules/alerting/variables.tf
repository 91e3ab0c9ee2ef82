variable "name_prefix" {
  description = "Start of every name made here."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to; the metric filters count its records."
  type        = string
  nullable    = false
}

variable "audit_table_name" {
  description = "Name of the audit table, where the notifier claims what it sends."
  type        = string
  nullable    = false
}

variable "create_alerts_topic" {
  description = "Whether to make the topic that notices and alarms are published to; if not, alerts_topic_arn is used."
  type        = bool
  default     = true
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "A topic of yours for notices and alarms, with create_alerts_topic = false. Its policy, and its key's, must let cloudwatch.amazonaws.com publish."
  type        = string
  default     = null

  validation {
    condition     = var.create_alerts_topic || var.alerts_topic_arn != null
    error_message = "create_alerts_topic = false needs alerts_topic_arn."
  }
}

variable "own_role_names" {
  description = "Names of our own roles that read secrets (the rotator's): their reads raise no role alarm."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarm_overrides" {
  description = "Detection → what differs from the built-in one: { SecretAccessedByRole = { threshold = 20, period = 300 } }. threshold is a count within period seconds; band_width, for SecretAccessed, is in standard deviations (higher means fewer alarms); severity is info, low, medium, high or critical."
  type = map(object({
    threshold  = optional(number)
    period     = optional(number)
    band_width = optional(number)
    severity   = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(setsubtract(keys(var.alarm_overrides), local.detection_names)) == 0
    error_message = "alarm_overrides names a detection that does not exist. There are ${join(", ", local.detection_names)}."
  }

  validation {
    condition     = alltrue([for o in var.alarm_overrides : o.threshold == null ? true : o.threshold >= 1])
    error_message = "threshold in alarm_overrides must be 1 or more; disabled_alarms switches an alarm off."
  }

  validation {
    condition     = alltrue([for o in var.alarm_overrides : o.period == null ? true : o.period >= 60 && o.period <= 86400 && o.period % 60 == 0])
    error_message = "period in alarm_overrides must be a multiple of 60 seconds, a day at most."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : o.band_width == null ? true : name == "SecretAccessed" && o.band_width > 0 && o.band_width <= 100])
    error_message = "band_width in alarm_overrides is for SecretAccessed, greater than 0 and at most 100."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : o.threshold == null || name != "SecretAccessed"])
    error_message = "SecretAccessed has a band and no threshold: set its band_width in alarm_overrides."
  }

  validation {
    condition     = alltrue([for o in var.alarm_overrides : o.severity == null ? true : contains(["info", "low", "medium", "high", "critical"], o.severity)])
    error_message = "severity in alarm_overrides must be info, low, medium, high or critical."
  }
}

variable "disabled_alarms" {
  description = "Detections that are neither counted nor told."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.disabled_alarms, local.detection_names)) == 0
    error_message = "disabled_alarms names a detection that does not exist. There are ${join(", ", local.detection_names)}."
  }
}

variable "working_hours" {
  description = "{ from = 8, to = 18 }: hours in UTC outside which reads by people raise ReadOffHours, or null for no such detection."
  type        = object({ from = number, to = number })
  default     = null

  validation {
    condition     = var.working_hours == null ? true : var.working_hours.from >= 0 && var.working_hours.from < var.working_hours.to && var.working_hours.to <= 24
    error_message = "working_hours must be hours of a day in UTC, from before to, such as { from = 8, to = 18 }."
  }
}

variable "enable_composite_alarm" {
  description = "Whether one composite alarm speaks for all detections but the critical ones: several that go off together are told once."
  type        = bool
  default     = false
  nullable    = false
}

variable "heartbeat_hours" {
  description = "Hours without any CloudTrail record after which the operations topic is told."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.heartbeat_hours >= 1 && var.heartbeat_hours <= 24 && floor(var.heartbeat_hours) == var.heartbeat_hours
    error_message = "heartbeat_hours must be a whole number from 1 to 24."
  }
}

variable "enable_dashboard" {
  description = "Whether to make a CloudWatch dashboard (3 USD a month beyond an account's first three) and saved Logs Insights queries."
  type        = bool
  default     = true
  nullable    = false
}

variable "watched_function_names" {
  description = "Names of our other functions, to be shown on the dashboard."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alert_emails" {
  description = "Addresses that get alarms and notices of severity high and critical; each has to confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "alert_phone_numbers" {
  description = "Phone numbers (E.164, +4915112345678) that get alarms and notices of severity high and critical by SMS."
  type        = set(string)
  default     = []
  nullable    = false
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

  validation {
    condition     = alltrue([for name in keys(var.channels) : can(regex("^[A-Za-z0-9_-]{1,40}$", name))])
    error_message = "Names of channels must be 1 to 40 letters, digits, - and _."
  }

  validation {
    condition     = alltrue([for channel in var.channels : contains(["slack", "teams", "webhook"], channel.type)])
    error_message = "type of a channel must be slack, teams or webhook."
  }

  validation {
    condition     = alltrue([for channel in var.channels : contains(["info", "low", "medium", "high", "critical"], channel.minimum_severity)])
    error_message = "minimum_severity of a channel must be info, low, medium, high or critical."
  }

  validation {
    condition     = alltrue(flatten([for channel in var.channels : [for name in compact([channel.webhook_parameter, channel.signing_key_parameter]) : can(regex("^/?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$", name))]]))
    error_message = "webhook_parameter and signing_key_parameter must be names of SSM parameters, such as /secretwatch/slack. Store the URL or the key in it; do not write it here."
  }

  validation {
    condition     = alltrue([for channel in var.channels : channel.signing_key_parameter == null || channel.type == "webhook"])
    error_message = "signing_key_parameter is for channels of type webhook: Slack and Teams check no signature."
  }

  validation {
    condition     = alltrue([for channel in var.channels : channel.webhook_parameter != null || var.webhook_urls_version != null])
    error_message = "A channel without webhook_parameter needs its URL in webhook_urls, and webhook_urls_version (1 at first)."
  }
}

variable "webhook_urls" {
  description = "Channel → URL of its webhook, of those without webhook_parameter: stored in SSM, never in state or plan. Needs webhook_urls_version."
  type        = map(string)
  default     = {}
  nullable    = false
  ephemeral   = true

  validation {
    condition     = alltrue([for url in values(var.webhook_urls) : can(regex("^https://", url))])
    error_message = "webhook_urls must start with https://."
  }

  validation {
    condition     = alltrue([for name, channel in var.channels : channel.webhook_parameter != null || contains(keys(var.webhook_urls), name)])
    error_message = "webhook_urls must have the URL of every channel without webhook_parameter."
  }
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

variable "kms_key_arn" {
  description = "KMS key for topics, parameters, logs and queues. Its policy must let CloudWatch publish to encrypted topics."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that the notifier's own log is kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the notifier's role, or null for none."
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
