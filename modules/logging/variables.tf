variable "name_prefix" {
  description = "Start of every name made here."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key that encrypts log files and log group. Its policy must let CloudTrail and CloudWatch Logs use it."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that the log group keeps records; the log files in S3 have their own lifecycle."
  type        = number
  default     = 90
  nullable    = false
}

variable "log_archive_after_days" {
  description = "Days after which log files move to S3 Glacier Instant Retrieval, or null to leave them where they are."
  type        = number
  default     = null
}

variable "log_expiration_days" {
  description = "Days after which log files are deleted, or null to keep them for ever."
  type        = number
  default     = null
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the log files too."
  type        = bool
  default     = false
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the delivery role, or null for none."
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

variable "enable_trail_topic" {
  description = "Whether CloudTrail tells a topic of its own of every log file it writes."
  type        = bool
  default     = false
  nullable    = false
}

variable "trail_topic_emails" {
  description = "Addresses that are told of every log file (dozens to hundreds a day); each has to confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.trail_topic_emails) == 0 || var.enable_trail_topic
    error_message = "trail_topic_emails needs enable_trail_topic = true."
  }
}

variable "operations_topic_arn" {
  description = "SNS topic of the alarm on messages of the trail's topic that were not delivered, or null for no alarm action."
  type        = string
  default     = null
}
