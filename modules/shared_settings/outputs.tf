output "settings" {
  description = "The settings as they stand in a function's settings.json."
  value = {
    trusted_cidrs            = var.trusted_cidrs
    trusted_vpc_endpoint_ids = var.trusted_vpc_endpoint_ids
    audit_retention_days     = var.audit_retention_days
  }
}
