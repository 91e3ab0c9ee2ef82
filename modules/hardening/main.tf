# What makes a stranger's read less likely, beside watching for it. Nothing unless asked.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_service.current.region
  account_id = data.aws_caller_identity.current.account_id
}

# --- secrets: deny everyone but these ----------------------------------------------------

# Only reading the value is denied: who may change the policy by IAM can always undo it.
resource "aws_secretsmanager_secret_policy" "protected" {
  for_each = var.protected_secrets

  secret_arn          = each.key
  block_public_policy = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "OnlyTheseMayRead"
        Effect    = "Deny"
        Principal = "*"
        Action    = "secretsmanager:GetSecretValue"
        Resource  = "*" # in a secret's policy: that secret
        Condition = {
          ArnNotEquals = { "aws:PrincipalArn" = concat(each.value.reader_arns, var.administrator_arns) }
          Bool         = { "aws:PrincipalIsAWSService" = "false" }
        }
      }],
      jsondecode(each.value.statements_json),
    )
  })
}

# --- the private way to Secrets Manager --------------------------------------------------

resource "aws_vpc_endpoint" "secrets_manager" {
  count = var.vpc_endpoint == null ? 0 : 1

  vpc_id              = var.vpc_endpoint.vpc_id
  service_name        = "${local.partition == "aws-cn" ? "cn.com.amazonaws" : "com.amazonaws"}.${local.region}.secretsmanager"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.vpc_endpoint.subnet_ids
  security_group_ids  = var.vpc_endpoint.security_group_ids
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.endpoint.json
  tags                = merge(var.tags, { Name = "${var.name_prefix}-secretsmanager" })
}

data "aws_iam_policy_document" "endpoint" {
  statement {
    sid       = "OurPrincipalsOnOurSecrets"
    actions   = ["secretsmanager:*"]
    resources = [for account in concat([local.account_id], var.secret_account_ids) : "arn:${local.partition}:secretsmanager:${local.region}:${account}:secret:*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account_id]
    }
  }

  # These two know no resource.
  statement {
    sid       = "OurPrincipalsMayList"
    actions   = ["secretsmanager:ListSecrets", "secretsmanager:GetRandomPassword", "secretsmanager:BatchGetSecretValue"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account_id]
    }
  }
}

# --- AWS Config --------------------------------------------------------------------------

locals {
  config_rules = {
    rotation-enabled   = { identifier = "SECRETSMANAGER_ROTATION_ENABLED_CHECK", parameters = {} }
    rotation-succeeded = { identifier = "SECRETSMANAGER_SCHEDULED_ROTATION_SUCCESS_CHECK", parameters = {} }
    rotated-lately     = { identifier = "SECRETSMANAGER_SECRET_PERIODIC_ROTATION", parameters = { maxDaysSinceRotation = tostring(var.max_days_between_rotations) } }
    used-lately        = { identifier = "SECRETSMANAGER_SECRET_UNUSED", parameters = { unusedForDays = tostring(var.unused_days) } }
    own-key            = { identifier = "SECRETSMANAGER_USING_CMK", parameters = {} }
  }
}

resource "aws_config_config_rule" "secrets" {
  for_each = var.enable_config_rules ? local.config_rules : {}

  name             = "${var.name_prefix}-${each.key}"
  input_parameters = length(each.value.parameters) > 0 ? jsonencode(each.value.parameters) : null
  tags             = var.tags

  source {
    owner             = "AWS"
    source_identifier = each.value.identifier
  }
}

# --- the bill ----------------------------------------------------------------------------

resource "aws_budgets_budget" "monthly" {
  count = var.monthly_budget_usd == null ? 0 : 1

  name         = "${var.name_prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.monthly_budget_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"
  tags         = var.tags

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 }

    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = var.budget_emails
    }
  }
}

# --- Security Hub and Access Analyzer ----------------------------------------------------

resource "aws_securityhub_account" "hub" {
  count = var.enable_security_hub ? 1 : 0

  enable_default_standards = false
}

resource "aws_securityhub_standards_subscription" "best_practices" {
  count = var.enable_security_hub ? 1 : 0

  standards_arn = "arn:${local.partition}:securityhub:${local.region}::standards/aws-foundational-security-best-practices/v/1.0.0"

  depends_on = [aws_securityhub_account.hub]
}

resource "aws_accessanalyzer_analyzer" "outside" {
  count = var.enable_access_analyzer ? 1 : 0

  analyzer_name = "${var.name_prefix}-outside"
  type          = "ACCOUNT"
  tags          = var.tags
}
