# Wiring only: what each module creates stands in its folder, what flows between them here.

module "logging" {
  source = "./modules/logging"
  count  = var.create_trail ? 1 : 0

  operations_topic_arn = module.alerting.operations_topic_arn

  name_prefix              = var.name_prefix
  log_retention_in_days    = var.log_retention_in_days
  log_archive_after_days   = var.log_archive_after_days
  log_expiration_days      = var.log_expiration_days
  trail_topic_emails       = var.trail_topic_emails
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
  create_alerts_topic      = var.create_alerts_topic
  alerts_topic_arn         = var.alerts_topic_arn
  own_role_names           = concat(local.own_role_names, module.canary[*].role_name)
  alarm_overrides          = var.alarm_overrides
  stories_are_notified     = var.enable_complete_path # the fast path alone does not see other regions
  disabled_alarms          = var.disabled_alarms
  working_hours            = var.working_hours
  enable_composite_alarm   = var.enable_composite_alarm
  heartbeat_hours          = var.heartbeat_hours
  enable_dashboard         = var.enable_dashboard
  canary_paths             = local.canary_paths
  watched_function_names   = concat(["${var.name_prefix}-summarizer"], [for name in local.own_role_names : basename(name)], var.enable_digest ? ["${var.name_prefix}-digest"] : [], var.enable_canary ? ["${var.name_prefix}-canary"] : [], var.refresh_published_ranges ? ["${var.name_prefix}-ranges"] : [])
  alert_emails             = var.alert_emails
  alert_phone_numbers      = var.alert_phone_numbers
  operations_emails        = var.operations_emails
  digest_emails            = var.digest_emails
  deployer_role_arns       = var.deployer_role_arns
  trail_name               = var.create_trail ? module.logging[0].trail_name : var.trail_name
  watched_bucket_names     = concat(module.logging[*].bucket_name, [module.summarization.bucket_name], !var.create_trail && var.enable_analytics ? [var.trail_bucket_name] : [])
  event_bus_name           = var.event_bus_name
  alerts_topic_kms_key_arn = var.alerts_topic_kms_key_arn
  trail_bucket_kms_key_arn = var.trail_bucket_kms_key_arn
  parameter_kms_key_arns   = var.parameter_kms_key_arns
  channels                 = var.channels
  channel_secrets          = var.channel_secrets
  signing_key_parameters   = var.signing_key_parameters
  header_parameters        = var.header_parameters
  webhook_urls             = var.webhook_urls
  webhook_url_versions     = var.webhook_url_versions
  notify_recoveries        = var.notify_recoveries
  log_retention_in_days    = var.log_retention_in_days
  kms_key_arn              = local.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "summarization" {
  source = "./modules/summarization"

  name_prefix                   = var.name_prefix
  log_group_name                = local.log_group_name
  audit_table_name              = module.audit.table_name
  audit_retention_days          = var.audit_retention_days
  enable_complete_path          = var.enable_complete_path
  enable_fast_path              = var.enable_fast_path
  event_bus_name                = var.event_bus_name
  signal_overrides              = var.signal_overrides
  history_days                  = var.history_days
  learning_days                 = var.learning_days
  quiet_minutes                 = var.quiet_minutes
  decoys                        = var.decoys
  automation                    = var.automation
  expected_readers              = var.expected_readers
  expectations                  = var.expectations
  people_roles                  = var.people_roles
  alerts_topic_arn              = module.alerting.alerts_topic_arn
  alerts_topic_kms_key_arn      = var.alerts_topic_kms_key_arn
  operations_topic_arn          = module.alerting.operations_topic_arn
  bedrock_model_id              = var.bedrock_model_id
  bedrock_inference_profile_arn = var.bedrock_inference_profile_arn
  bedrock_region                = var.bedrock_region
  guardrail_id                  = var.guardrail_id
  guardrail_version             = var.guardrail_version
  summary_language              = var.summary_language
  model_calls_per_hour          = var.model_calls_per_hour
  model_minimum_severity        = var.model_minimum_severity
  trusted_cidrs                 = var.trusted_cidrs
  trusted_vpc_endpoint_ids      = var.trusted_vpc_endpoint_ids
  network_names                 = var.network_names
  refresh_published_ranges      = var.refresh_published_ranges
  own_role_names                = local.own_role_names
  canary_principal_arn          = one(module.canary[*].role_arn)
  canary_secret_arn             = one(module.canary[*].secret_arn)
  canary_paths                  = local.canary_paths
  enable_digest                 = var.enable_digest
  digest_at                     = var.digest_at
  metric_namespace              = module.alerting.metric_namespace
  force_destroy                 = var.force_destroy
  log_retention_in_days         = var.log_retention_in_days
  kms_key_arn                   = local.kms_key_arn
  permissions_boundary_arn      = var.permissions_boundary_arn
  iam_path                      = var.iam_path
  tags                          = var.tags
}

module "rotation" {
  source = "./modules/rotation"
  count  = var.enable_rotation ? 1 : 0

  name_prefix                    = var.name_prefix
  log_group_name                 = local.log_group_name
  audit_table_name               = module.audit.table_name
  audit_retention_days           = var.audit_retention_days
  alerts_topic_arn               = module.alerting.alerts_topic_arn
  alerts_topic_kms_key_arn       = var.alerts_topic_kms_key_arn
  operations_topic_arn           = module.alerting.operations_topic_arn
  enable_complete_path           = var.enable_complete_path
  enable_fast_path               = var.enable_fast_path
  event_bus_name                 = var.event_bus_name
  rotation_targets               = var.rotation_targets
  rotation_passwords             = var.rotation_passwords
  rotation_mode                  = var.rotation_mode
  rotation_cooldown_minutes      = var.rotation_cooldown_minutes
  rotations_per_hour             = var.rotations_per_hour
  rotate_unknown                 = var.rotate_unknown
  rotation_exempt_principal_arns = var.rotation_exempt_principal_arns
  enable_security_hub_findings   = var.enable_security_hub_findings
  trusted_cidrs                  = var.trusted_cidrs
  trusted_vpc_endpoint_ids       = var.trusted_vpc_endpoint_ids
  log_retention_in_days          = var.log_retention_in_days
  kms_key_arn                    = local.kms_key_arn
  permissions_boundary_arn       = var.permissions_boundary_arn
  iam_path                       = var.iam_path
  tags                           = var.tags
}

module "canary" {
  source = "./modules/canary"
  count  = var.enable_canary ? 1 : 0

  name_prefix              = var.name_prefix
  canary_schedule_minutes  = var.canary_schedule_minutes
  enable_complete_path     = var.enable_complete_path
  enable_fast_path         = var.enable_fast_path
  audit_table_name         = module.audit.table_name
  summarizer_function_name = "${var.name_prefix}-summarizer"
  metric_namespace         = module.alerting.metric_namespace
  operations_topic_arn     = module.alerting.operations_topic_arn
  trail_name               = one(module.logging[*].trail_name)
  log_group_name           = var.enable_complete_path ? local.log_group_name : null
  event_bus_name           = var.event_bus_name
  event_rule_name          = var.enable_fast_path ? "${var.name_prefix}-summarizer" : null
  access_queue_name        = var.enable_fast_path ? "${var.name_prefix}-accesses" : null
  log_retention_in_days    = var.log_retention_in_days
  kms_key_arn              = local.kms_key_arn
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "analytics" {
  source = "./modules/analytics"
  count  = var.enable_analytics ? 1 : 0

  name_prefix              = var.name_prefix
  trail_bucket_name        = local.trail_bucket_name
  summaries_bucket_name    = module.summarization.bucket_name
  trail_bucket_kms_key_arn = var.trail_bucket_kms_key_arn

  people_roles                = var.people_roles
  automation                  = var.automation
  enable_quicksight_dashboard = var.enable_quicksight_dashboard
  enable_quicksight           = length(var.quicksight_principal_arns) > 0
  quicksight_principal_arns   = var.quicksight_principal_arns
  force_destroy               = var.force_destroy
  kms_key_arn                 = local.kms_key_arn
  permissions_boundary_arn    = var.permissions_boundary_arn
  iam_path                    = var.iam_path
  tags                        = var.tags
}
