# Everything at once: channels by severity and team, rotation, tuned detections, SQL, hardening.

provider "aws" {
  region = "eu-central-1"
}

variable "pager_url" {
  description = "Webhook of the pager; it goes into SSM and into no state."
  type        = string
  ephemeral   = true
  default     = "https://pager.example.com/hook"
}

variable "kms_key_arn" {
  description = "Your key; its policy must have the statements of modules/kms_key_policy."
  type        = string
  default     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

module "secretwatch" {
  source      = "../.."
  name_prefix = "watch"

  create_kms_key = false
  kms_key_arn    = var.kms_key_arn

  tags = { team = "security" }

  trusted_cidrs            = ["203.0.113.0/24", "2001:db8::/32"]
  trusted_vpc_endpoint_ids = ["vpce-0123456789abcdef0"]

  channels = {
    security = { type = "slack", minimum_severity = "info", webhook_parameter = "/watch/slack" }
    team-a   = { type = "teams", minimum_severity = "info", webhook_parameter = "/watch/team-a" }
    pager    = { type = "webhook", minimum_severity = "high" }
  }
  channel_secrets        = { team-a = ["team-a/*"] }
  signing_key_parameters = { pager = "/watch/pager-key" }
  webhook_urls           = { pager = var.pager_url }
  webhook_url_versions   = { pager = 1 }
  alert_emails           = ["security@example.com"]

  decoys           = ["honey/*"]
  automation       = ["arn:aws:iam::*:role/external-secrets"]
  signal_overrides = { many_secrets = { threshold = 25 } }

  alarm_overrides = { SecretAccessedByRole = { notify = true, threshold = 50, period = 300 } }
  working_hours   = { from = 7, to = 19 }

  enable_composite_alarm = true
  summary_language       = "German"
  model_calls_per_hour   = 100

  enable_rotation = true
  rotation_mode   = "rotate"
  rotation_targets = {
    "prod/db"     = { strategy = "generate", json_keys = ["password"] }
    "prod/ledger" = { strategy = "notify_only" }
  }
  rotation_passwords = {
    "prod/db" = { password_length = 24, character_classes = ["lowercase", "uppercase", "digits"], exclude_characters = "" }
  }
  rotation_cooldown_minutes = 30
  rotations_per_hour        = 5

  log_retention_in_days = 400
  log_expiration_days   = 730
}

module "hardening" {
  source                 = "../../modules/hardening"
  name_prefix            = "watch"
  enable_config_rules    = true # needs AWS Config's recorder in this region
  enable_access_analyzer = true # where there is none of external access yet
  monthly_budget_usd     = 500
  budget_emails          = ["finance@example.com"]
}
