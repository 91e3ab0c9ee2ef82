output "json" {
  description = "Key policy, for the argument policy of an aws_kms_key."
  value       = data.aws_iam_policy_document.key.json
}
