locals {
  formats = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for log files and log group; its policy must allow CloudTrail and CloudWatch Logs to use it."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false
}

variable "log_archive_after_days" {
  description = "Days after which CloudTrail's log files move to S3 Glacier Instant Retrieval, or null to leave them where they are."
  type        = number
  default     = 90

  validation {
    condition     = var.log_archive_after_days == null ? true : var.log_archive_after_days >= 1 && var.log_archive_after_days <= 36500 && floor(var.log_archive_after_days) == var.log_archive_after_days
    error_message = "log_archive_after_days: ${jsonencode(var.log_archive_after_days)} is not allowed. Write a whole number of days from 1 to 36500, or null."
  }
}

variable "log_expiration_days" {
  description = "Days after which CloudTrail's log files are deleted, or null to keep them for ever."
  type        = number
  default     = null

  validation {
    condition     = var.log_expiration_days == null ? true : var.log_expiration_days >= 1 && var.log_expiration_days <= 36500 && floor(var.log_expiration_days) == var.log_expiration_days
    error_message = "log_expiration_days: ${jsonencode(var.log_expiration_days)} is not allowed. Write a whole number of days from 1 to 36500, or null."
  }

  validation {
    condition     = var.log_expiration_days == null || var.log_archive_after_days == null ? true : var.log_expiration_days > var.log_archive_after_days
    error_message = "log_expiration_days: ${jsonencode(var.log_expiration_days)} is not greater than log_archive_after_days (${jsonencode(var.log_archive_after_days)}): a file cannot move after it is deleted. Write a greater number, or log_archive_after_days = null."
  }
}

variable "trail_topic_emails" {
  description = "Addresses that CloudTrail's own SNS topic notifies of every log file (dozens to hundreds a day); each has to confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.trail_topic_emails : can(regex("^${local.formats.email}$", x))])
    error_message = "trail_topic_emails: ${join(", ", [for x in var.trail_topic_emails : jsonencode(x) if !(can(regex("^${local.formats.email}$", x)))])} is no email address. Write addresses such as security@example.com."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy also deletes the stored data: log files, summaries, query results and the audit table."
  type        = bool
  default     = false
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

variable "operations_topic_arn" {
  description = "SNS topic of the alarm on messages of the trail's topic that were not delivered, or null for no alarm action."
  type        = string
  default     = null
}
