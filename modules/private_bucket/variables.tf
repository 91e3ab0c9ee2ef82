variable "name" {
  description = "Name of the bucket."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 63 lower-case letters, digits, hyphens and dots."
  }
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the objects."
  type        = string
  nullable    = false
}

variable "enable_bucket_key" {
  description = "Whether S3 encrypts by a key of the bucket's own, which costs fewer calls to KMS. Not for a trail's bucket: CloudTrail then needs more of the key's policy than to encrypt."
  type        = bool
  default     = true
  nullable    = false
}

variable "policy_json" {
  description = "IAM policy document with what others may do to the bucket, or null; that plain HTTP is refused is added."
  type        = string
  default     = null
}

variable "force_destroy" {
  description = "Whether terraform destroy deletes the objects too."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of the bucket."
  type        = map(string)
  default     = {}
  nullable    = false
}
