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

variable "own_role_names" {
  description = "Names of our own roles that read secrets (the rotator's): their reads raise no role alarm."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "anomaly_band_width" {
  description = "Width of the anomaly band in standard deviations: higher means fewer alarms."
  type        = number
  default     = 3
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

variable "slack_webhook_parameter" {
  description = "Name of an existing SSM SecureString with the URL of a Slack incoming webhook, or null."
  type        = string
  default     = null
}

variable "slack_webhook_url" {
  description = "URL of a Slack incoming webhook, to be stored in SSM; it never enters the state. Needs slack_webhook_url_version."
  type        = string
  default     = null
  ephemeral   = true
}

variable "slack_webhook_url_version" {
  description = "Whole number to raise when slack_webhook_url changes, or null if the URL is not given here."
  type        = number
  default     = null
}

variable "teams_webhook_parameter" {
  description = "Name of an existing SSM SecureString with the URL of a Teams Workflows webhook, or null."
  type        = string
  default     = null
}

variable "teams_webhook_url" {
  description = "URL of a Teams Workflows webhook, to be stored in SSM; it never enters the state. Needs teams_webhook_url_version."
  type        = string
  default     = null
  ephemeral   = true
}

variable "teams_webhook_url_version" {
  description = "Whole number to raise when teams_webhook_url changes, or null if the URL is not given here."
  type        = number
  default     = null
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

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}
