locals {
  formats = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "protected_secrets" {
  description = "Secret's ARN → who may read it. Everybody else in the account is denied GetSecretValue, whatever IAM says: reader_arns and administrator_arns are IAM roles and users (the rotation function's role and the rotator's among them); statements_json is a JSON list of the policy statements to keep, \"[]\" for none: the secret's policy is replaced as a whole."
  type = map(object({
    reader_arns     = list(string)
    statements_json = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in keys(var.protected_secrets) : can(regex("^arn:${local.partition}:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", arn))])
    error_message = "protected_secrets: ${join(", ", [for arn in keys(var.protected_secrets) : jsonencode(arn) if !can(regex("^arn:${local.partition}:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$", arn))])} is no ARN of a secret. Write arn:${local.partition}:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX."
  }

  validation {
    condition     = alltrue(flatten([for secret in var.protected_secrets : try([for arn in secret.reader_arns : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", arn))], [false])]))
    error_message = "protected_secrets: reader_arns has ${join(", ", flatten([for secret in var.protected_secrets : try([for arn in secret.reader_arns : jsonencode(arn) if !can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", arn))], ["null"])]))}, which is no ARN of an IAM role or user. Write arn:${local.partition}:iam::ACCOUNT:role/NAME; for an assumed role its role."
  }

  validation {
    condition     = alltrue([for secret in var.protected_secrets : can(tolist([for s in jsondecode(secret.statements_json) : s.Effect]))])
    error_message = "protected_secrets: statements_json of ${join(", ", [for arn, secret in var.protected_secrets : arn if !can(tolist([for s in jsondecode(secret.statements_json) : s.Effect]))])} is no JSON list of policy statements with an Effect each. Write jsonencode([...]), or \"[]\" for none."
  }

  validation {
    condition     = length(var.protected_secrets) == 0 || length(var.administrator_arns) > 0 || var.lock_administrators_out
    error_message = "protected_secrets without administrator_arns locks your own administrators out of the values: name them, or set lock_administrators_out = true if that is meant."
  }
}

variable "administrator_arns" {
  description = "IAM roles and users who may read every protected secret, in case of need."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.administrator_arns : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", arn))])
    error_message = "administrator_arns: ${join(", ", [for arn in var.administrator_arns : jsonencode(arn) if !can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_principal}$", arn))])} is no ARN of an IAM role or user. Write arn:${local.partition}:iam::ACCOUNT:role/NAME."
  }
}

variable "lock_administrators_out" {
  description = "Whether no administrator may read the protected secrets. Changing a secret's policy stays possible by IAM."
  type        = bool
  default     = false
  nullable    = false
}

variable "vpc_endpoint" {
  description = "Where to make an interface endpoint for Secrets Manager, or null for none: { vpc_id, subnet_ids, security_group_ids }. Only principals of this account may call through it, on secrets of this account and of secret_account_ids. Give its id to trusted_vpc_endpoint_ids."
  type = object({
    vpc_id             = string
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
}

variable "secret_account_ids" {
  description = "Other accounts whose secrets may be used through the VPC endpoint. Without one, the endpoint refuses every secret of another account to the whole VPC, since its private DNS name replaces the public one there."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.secret_account_ids : can(regex("^[0-9]{12}$", x))])
    error_message = "secret_account_ids: ${join(", ", [for x in var.secret_account_ids : jsonencode(x) if !can(regex("^[0-9]{12}$", x))])} is no account id. Write twelve digits, in quotation marks."
  }
}

variable "enable_config_rules" {
  description = "Whether AWS Config checks the secrets: rotation on, rotation succeeded, rotated within max_days_between_rotations, used within unused_days, encrypted by a key of yours. AWS Config must be recording in this region already: without a configuration recorder AWS refuses the rules (NoAvailableConfigurationRecorder). The canary's secret (<name_prefix>/canary) protects nothing and is never rotated: the first and third rule find it, and Security Hub's SecretsManager.1 and .4; suppress these findings."
  type        = bool
  default     = false
  nullable    = false
}

variable "max_days_between_rotations" {
  description = "Days within which a secret must have been rotated."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.max_days_between_rotations >= 1 && var.max_days_between_rotations <= 1000 && floor(var.max_days_between_rotations) == var.max_days_between_rotations
    error_message = "max_days_between_rotations: ${var.max_days_between_rotations} is not allowed. Write a whole number of days from 1 to 1000."
  }
}

variable "unused_days" {
  description = "Days after which a secret that nobody read is reported."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.unused_days >= 1 && var.unused_days <= 1000 && floor(var.unused_days) == var.unused_days
    error_message = "unused_days: ${var.unused_days} is not allowed. Write a whole number of days from 1 to 1000."
  }
}

variable "monthly_budget_usd" {
  description = "USD a month of the account's whole bill at which budget_emails are notified (at 80 %, and when 100 % is forecast), or null for no budget."
  type        = number
  default     = null

  validation {
    condition     = var.monthly_budget_usd == null ? true : var.monthly_budget_usd > 0
    error_message = "monthly_budget_usd: ${jsonencode(var.monthly_budget_usd)} is not allowed. Write an amount greater than 0, or null for no budget."
  }

  validation {
    condition     = var.monthly_budget_usd == null || length(var.budget_emails) > 0
    error_message = "monthly_budget_usd: ${jsonencode(var.monthly_budget_usd)} needs budget_emails, or nobody would be notified. Write an address."
  }
}

variable "budget_emails" {
  description = "Addresses that are notified about the budget."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.budget_emails : can(regex("^${local.formats.email}$", x))])
    error_message = "budget_emails: ${join(", ", [for x in var.budget_emails : jsonencode(x) if !can(regex("^${local.formats.email}$", x))])} is no email address. Write addresses such as finance@example.com."
  }
}

variable "enable_security_hub" {
  description = "Whether to switch on Security Hub with AWS's Foundational Security Best Practices standard. AWS refuses it where Security Hub is on already, by hand or by the organization: leave this off, or import aws_securityhub_account.hub[0] by the account's id first. Switching it off here switches Security Hub off for the whole account."
  type        = bool
  default     = false
  nullable    = false
}

variable "enable_access_analyzer" {
  description = "Whether IAM Access Analyzer reports what is shared outside the account, secrets among it. AWS takes one analyzer of external access for an account and region: leave this off where there is one, or import aws_accessanalyzer_analyzer.outside[0] by the analyzer's name, which is then replaced by one of this name."
  type        = bool
  default     = false
  nullable    = false
}
