variable "name_prefix" {
  description = "Start of the table's name."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key that encrypts the table."
  type        = string
  nullable    = false
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the table."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
  nullable    = false
}
