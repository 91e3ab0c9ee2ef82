locals {
  formats = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "trail_bucket_name" {
  description = "Bucket of CloudTrail's log files."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.trail_bucket_name)) && !can(regex("\\.\\.|^[0-9]+(\\.[0-9]+){3}$", var.trail_bucket_name))
    error_message = "trail_bucket_name: ${jsonencode(var.trail_bucket_name)} is no name of a bucket. Write its name, neither ARN nor URL: ${try(regex("^(?:arn:[a-z0-9-]+:s3:::|s3://)([^/]+)", var.trail_bucket_name)[0], "lower-case letters, digits, single dots and hyphens, no IP address")}."
  }
}

variable "summaries_bucket_name" {
  description = "Bucket of the summaries."
  type        = string
  nullable    = false
}

variable "organization_id" {
  description = "Id of the organization (o-…) whose trail writes the log files, or null for a trail of one account."
  type        = string
  default     = null

  validation {
    condition     = var.organization_id == null ? true : can(regex("^o-[a-z0-9]{10,32}$", var.organization_id))
    error_message = "organization_id: ${jsonencode(var.organization_id)} is no id of an AWS organization. Write one such as o-a1b2c3d4e5."
  }
}

variable "account_ids" {
  description = "Accounts whose log files may be asked about; empty means this account."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "account_ids: ${join(", ", [for id in var.account_ids : jsonencode(id) if !can(regex("^[0-9]{12}$", id))])} is no AWS account id. Write twelve digits in quotes, such as \"123456789012\"."
  }
}

variable "regions" {
  description = "Regions whose log files may be asked about; empty means the usual ones of this partition."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^${local.formats.region}$", region))])
    error_message = "regions: ${join(", ", [for region in var.regions : jsonencode(region) if !can(regex("^${local.formats.region}$", region))])} is no AWS region. Write one such as eu-central-1."
  }
}

variable "first_day" {
  description = "Earliest day (YYYY/MM/DD) there may be log files of: Athena looks for none before."
  type        = string
  default     = "2024/01/01"
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{4}/[0-9]{2}/[0-9]{2}$", var.first_day)) && can(timeadd("${replace(var.first_day, "/", "-")}T00:00:00Z", "0s"))
    error_message = "first_day: ${jsonencode(var.first_day)} is no day. Write YYYY/MM/DD, such as 2024/01/01."
  }
}

variable "bytes_scanned_limit" {
  description = "Bytes that one query may scan before Athena stops it; 10 MB is the least that Athena takes."
  type        = number
  default     = 107374182400
  nullable    = false

  validation {
    condition     = var.bytes_scanned_limit >= 10485760 && floor(var.bytes_scanned_limit) == var.bytes_scanned_limit
    error_message = "bytes_scanned_limit: ${var.bytes_scanned_limit} is not allowed. Write a whole number of bytes, 10485760 (10 MB) or more."
  }
}

variable "result_expiration_days" {
  description = "Days after which results of queries are deleted."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.result_expiration_days >= 1 && floor(var.result_expiration_days) == var.result_expiration_days
    error_message = "result_expiration_days: ${var.result_expiration_days} is not allowed. Write a whole number of days, 1 or more."
  }
}

variable "people_roles" {
  description = "Patterns of role ARNs that only people assume, each under a session name of their own, such as [\"arn:*:iam::*:role/okta-*\"]: each of them is judged by their own habits. Roles of Identity Center, and sessions named by an email address or with a source identity, are known without it."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.people_roles : can(regex("^${local.formats.principals}$", x))])
    error_message = "people_roles: ${join(", ", [for x in var.people_roles : jsonencode(x) if !can(regex("^${local.formats.principals}$", x))])} matches every principal, or none. Write patterns of ARNs of roles, with a letter or digit in the name, such as [\"arn:*:iam::*:role/okta-*\"]."
  }
}

variable "automation" {
  description = "Patterns of principals (role or user ARNs) that are known automation, such as [\"arn:*:iam::*:role/external-secrets\"]: what is usual for it (first reads, many reads, another tool) is no news; a new network, region or account is."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.automation : can(regex("^${local.formats.principals}$", x))])
    error_message = "automation: ${join(", ", [for x in var.automation : jsonencode(x) if !can(regex("^${local.formats.principals}$", x))])} matches every principal, or none. Write patterns of ARNs of roles (of a session its role) or users, with a letter or digit in the name, such as [\"arn:*:iam::*:role/external-secrets\"]."
  }
}

variable "enable_quicksight" {
  description = "Whether to make a role that QuickSight may ask Athena with: the first of two applies, the second is enable_quicksight_dashboard. The account must have QuickSight."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_quicksight || length(var.quicksight_principal_arns) > 0
    error_message = "enable_quicksight needs quicksight_principal_arns: without any, nobody could open the dashboard."
  }
}

variable "enable_quicksight_dashboard" {
  description = "Whether to create QuickSight's data source, dataset and dashboard: in a second apply, after the role that quicksight_principal_arns brought was chosen in QuickSight (modules/analytics/README.md)."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_quicksight_dashboard || var.enable_quicksight
    error_message = "enable_quicksight_dashboard: true needs the role that QuickSight asks Athena with. Set quicksight_principal_arns, which makes it (in this module by itself: enable_quicksight = true)."
  }
}

variable "quicksight_principal_arns" {
  description = "QuickSight users or groups (arn:…:quicksight:REGION:ACCOUNT:group/default/NAME) who may open a dashboard on the history; none, no dashboard. The account must have QuickSight: modules/analytics/README.md says what to set there."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.quicksight_principal_arns : can(regex("^arn:${data.aws_partition.current.partition}:quicksight:[a-z0-9-]+:[0-9]{12}:(user|group)/.+$", arn))])
    error_message = "quicksight_principal_arns: ${join(", ", [for arn in var.quicksight_principal_arns : jsonencode(arn) if !can(regex("^arn:${data.aws_partition.current.partition}:quicksight:[a-z0-9-]+:[0-9]{12}:(user|group)/.+$", arn))])} is no ARN of a QuickSight user or group. Write arn:${data.aws_partition.current.partition}:quicksight:REGION:ACCOUNT:group/default/NAME."
  }
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

variable "force_destroy" {
  description = "Whether terraform destroy also deletes the stored data: log files, summaries, query results and the audit table."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for query results."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "trail_bucket_kms_key_arn" {
  description = "ARN of the KMS key of the log files in trail_bucket_name, where that is not the key of this deployment: QuickSight's role may use it, and to take it away is KeyTampering."
  type        = string
  default     = null

  validation {
    condition     = var.trail_bucket_kms_key_arn == null ? true : can(regex("^arn:${data.aws_partition.current.partition}:kms:[a-z0-9-]+:[0-9]{12}:${local.formats.kms_key}$", var.trail_bucket_kms_key_arn))
    error_message = "trail_bucket_kms_key_arn: ${jsonencode(var.trail_bucket_kms_key_arn)} is no ARN of a KMS key. Write arn:${data.aws_partition.current.partition}:kms:REGION:ACCOUNT:key/ID, no alias."
  }
}
