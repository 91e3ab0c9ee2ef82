# Wiring only: what each module makes stands in its folder, what flows between them here.

module "logging" {
  source = "./modules/logging"
  count  = local.own_trail ? 1 : 0

  enable_trail_topic = length(lookup(var.monitoring, "trail_topic_emails", [])) > 0
  trail_topic_emails = lookup(var.monitoring, "trail_topic_emails", [])

  operations_topic_arn = module.alerting.operations_topic_arn

  name_prefix              = var.name_prefix
  log_retention_in_days    = var.log_retention_in_days
  log_archive_after_days   = var.log_archive_after_days
  log_expiration_days      = var.log_expiration_days
  force_destroy            = var.force_destroy
  kms_key_arn              = local.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "audit" {
  source = "./modules/audit"

  name_prefix         = var.name_prefix
  deletion_protection = !var.force_destroy
  kms_key_arn         = local.kms_key_arn
  tags                = var.tags
}

module "alerting" {
  source = "./modules/alerting"

  name_prefix              = var.name_prefix
  log_group_name           = local.log_group_name
  audit_table_name         = module.audit.table_name
  create_alerts_topic      = local.own_topic
  alerts_topic_arn         = local.own_topic ? null : var.existing.alerts_topic_arn
  own_role_names           = local.own_role_names
  alarm_overrides          = var.alarm_overrides
  disabled_alarms          = var.disabled_alarms
  working_hours            = lookup(var.monitoring, "working_hours", null)
  enable_composite_alarm   = lookup(var.monitoring, "composite", false)
  heartbeat_hours          = lookup(var.monitoring, "heartbeat_hours", 6)
  enable_dashboard         = lookup(var.monitoring, "dashboard", true)
  watched_function_names   = concat(["${var.name_prefix}-summarizer"], [for name in local.own_role_names : basename(name)])
  alert_emails             = var.alert_emails
  alert_phone_numbers      = var.alert_phone_numbers
  channels                 = var.channels
  webhook_urls             = var.webhook_urls
  webhook_urls_version     = var.webhook_urls_version
  tell_recoveries          = var.tell_recoveries
  log_retention_in_days    = var.log_retention_in_days
  kms_key_arn              = local.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "summarization" {
  source = "./modules/summarization"

  name_prefix                  = var.name_prefix
  log_group_name               = local.log_group_name
  audit_table_name             = module.audit.table_name
  audit_retention_days         = var.audit_retention_days
  enable_complete_path         = var.enable_complete_path
  enable_fast_path             = var.enable_fast_path
  event_bus_name               = lookup(var.existing, "event_bus_name", "default")
  rules                        = var.rules
  alerts_topic_arn             = module.alerting.alerts_topic_arn
  operations_topic_arn         = module.alerting.operations_topic_arn
  bedrock_model_id             = var.bedrock_model_id
  bedrock_inference_profile_id = var.bedrock_inference_profile_id
  bedrock_region               = lookup(var.summaries, "region", null)
  guardrail_id                 = lookup(var.summaries, "guardrail_id", null)
  guardrail_version            = lookup(var.summaries, "guardrail_version", "DRAFT")
  summary_language             = lookup(var.summaries, "language", "English")
  model_calls_per_hour         = lookup(var.summaries, "calls_per_hour", 200)
  trusted_cidrs                = var.trusted_cidrs
  trusted_vpc_endpoint_ids     = var.trusted_vpc_endpoint_ids
  own_role_names               = local.own_role_names
  force_destroy                = var.force_destroy
  log_retention_in_days        = var.log_retention_in_days
  kms_key_arn                  = local.kms_key_arn
  permissions_boundary_arn     = var.permissions_boundary_arn
  iam_path                     = var.iam_path
  tags                         = var.tags
}

module "rotation" {
  source = "./modules/rotation"
  count  = var.enable_rotation ? 1 : 0

  name_prefix          = var.name_prefix
  log_group_name       = local.log_group_name
  audit_table_name     = module.audit.table_name
  alerts_topic_arn     = module.alerting.alerts_topic_arn
  operations_topic_arn = module.alerting.operations_topic_arn
  enable_complete_path = var.enable_complete_path
  enable_fast_path     = var.enable_fast_path
  event_bus_name       = lookup(var.existing, "event_bus_name", "default")
  rotation_targets     = var.rotation_targets
  rotation_mode        = var.rotation_mode
  cooldown_minutes     = lookup(var.rotation_limits, "cooldown_minutes", 15)
  rotations_per_hour   = lookup(var.rotation_limits, "per_hour", 10)
  rotate_unknown       = lookup(var.rotation_limits, "unknown", false)
  audit_retention_days = var.audit_retention_days

  enable_security_hub_findings = var.enable_security_hub_findings

  trusted_cidrs            = var.trusted_cidrs
  trusted_vpc_endpoint_ids = var.trusted_vpc_endpoint_ids
  exempt_principal_arns    = var.rotation_exempt_principal_arns
  log_retention_in_days    = var.log_retention_in_days
  kms_key_arn              = local.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "analytics" {
  source = "./modules/analytics"
  count  = var.enable_analytics && local.has_bucket ? 1 : 0

  name_prefix               = var.name_prefix
  trail_bucket_name         = local.trail_bucket_name
  summaries_bucket_name     = module.summarization.bucket_name
  enable_quicksight         = length(var.quicksight_principal_arns) > 0
  quicksight_principal_arns = var.quicksight_principal_arns
  force_destroy             = var.force_destroy
  kms_key_arn               = local.kms_key_arn
  permissions_boundary_arn  = var.permissions_boundary_arn
  iam_path                  = var.iam_path
  tags                      = var.tags
}

check "somebody_is_told" {
  assert {
    condition     = length(var.channels) + length(var.alert_emails) + length(var.alert_phone_numbers) > 0
    error_message = "Nobody will be told: accesses are recorded and alarms are raised, but no channel is given. Set channels, alert_emails or alert_phone_numbers."
  }
}
