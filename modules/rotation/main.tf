# The rotator: a read from an untrusted network → a new value for the secret.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
  # Fixed, since it names the rotator's role too, which others must exempt before it exists.
  function_name = "${var.name_prefix}-rotator"

  # A secret given by name: its ARN ends in a hyphen and six characters nobody knows at plan.
  target_arns = {
    for secret, target in var.rotation_targets : secret => startswith(secret, "arn:") ? secret :
    "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:${secret}-??????"
  }
  rule_arn      = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.event_bus_name == "default" ? "" : "${var.event_bus_name}/"}${local.function_name}"
  parameter_arn = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter/${var.name_prefix}/rotation/freeze"

  generated = [for secret, target in var.rotation_targets : local.target_arns[secret] if target.strategy == "generate"]
  managed   = [for secret, target in var.rotation_targets : local.target_arns[secret] if target.strategy == "managed"]
  functions = distinct([for target in values(var.rotation_targets) : target.rotation_function_arn if target.strategy == "managed"])
  keys      = distinct([for target in values(var.rotation_targets) : target.kms_key_arn if target.kms_key_arn != null && target.strategy == "generate"])
  rotates   = length(local.generated) + length(local.managed) > 0
}

data "aws_iam_policy_document" "rotator" {
  statement {
    sid       = "DescribeTargets"
    actions   = ["secretsmanager:DescribeSecret"]
    resources = values(local.target_arns)
  }

  dynamic "statement" {
    for_each = length(local.generated) > 0 ? [local.generated] : []

    content {
      sid       = "GenerateValues"
      actions   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.managed) > 0 ? [local.managed] : []

    content {
      sid       = "StartRotations"
      actions   = ["secretsmanager:RotateSecret"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.functions) > 0 ? [local.functions] : []

    content {
      sid       = "InvokeRotationFunctions"
      actions   = ["lambda:InvokeFunction"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.keys) > 0 ? [local.keys] : []

    content {
      sid       = "UseSecretsKeys"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = statement.value
    }
  }

  statement {
    sid       = "ClaimRotations"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"]
    resources = ["arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"]
  }

  statement {
    sid       = "PublishNotices"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }

  dynamic "statement" {
    for_each = local.rotates ? [local.parameter_arn] : []

    content {
      sid       = "LookForFreeze"
      actions   = ["ssm:GetParameter"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = var.enable_security_hub_findings ? [1] : []

    content {
      sid       = "ImportFindings"
      actions   = ["securityhub:BatchImportFindings"]
      resources = ["arn:${local.partition}:securityhub:${local.region}:${local.account_id}:product/${local.account_id}/default"]
    }
  }
}

# The switch that any operator can set: on stops all rotations at once, off lets them go on.
resource "aws_ssm_parameter" "freeze" {
  name        = "/${var.name_prefix}/rotation/freeze"
  description = "off: secrets are rotated as configured; on: none is, and people are told"
  type        = "String"
  value       = "off"
  tags        = var.tags

  lifecycle {
    ignore_changes = [value]
  }
}

module "rotator" {
  source = "../lambda_function"

  name        = local.function_name
  description = "Rotates secrets that were read from an untrusted network"
  handler     = "secretwatch.functions.rotator.handler.handler"
  policy_json = data.aws_iam_policy_document.rotator.json
  # A rotation takes six calls, and the others wait for it.
  timeout_seconds = 60
  environment = {
    AUDIT_TABLE           = var.audit_table_name
    AUDIT_RETENTION_DAYS  = tostring(var.audit_retention_days)
    ROTATION_MODE         = var.rotation_mode
    ROTATE_UNKNOWN        = tostring(var.rotate_unknown)
    COOLDOWN_MINUTES      = tostring(var.cooldown_minutes)
    ROTATIONS_PER_HOUR    = tostring(var.rotations_per_hour)
    FREEZE_PARAMETER      = aws_ssm_parameter.freeze.name
    SECURITY_HUB          = tostring(var.enable_security_hub_findings)
    ALERTS_TOPIC_ARN      = var.alerts_topic_arn
    TRUSTED_CIDRS         = jsonencode(var.trusted_cidrs)
    TRUSTED_VPC_ENDPOINTS = jsonencode(var.trusted_vpc_endpoint_ids)
    ROTATION_TARGETS = jsonencode({
      for secret, target in var.rotation_targets : secret => {
        strategy              = target.strategy
        json_keys             = target.json_keys
        password_length       = target.password_length
        character_classes     = target.character_classes
        exclude_characters    = target.exclude_characters
        exempt_principal_arns = target.rotation_role_arn[*]
      }
    })
    EXEMPT_PRINCIPALS = jsonencode(concat(
      ["arn:${local.partition}:iam::${local.account_id}:role/${trimprefix(var.iam_path, "/")}${local.function_name}"],
      var.exempt_principal_arns,
    ))
  }

  dead_letter_senders = var.enable_fast_path ? { "events.amazonaws.com" = [local.rule_arn] } : {}

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "trigger" {
  source = "../access_trigger"

  function_name        = module.rotator.function_name
  function_arn         = module.rotator.function_arn
  enable_complete_path = var.enable_complete_path
  enable_fast_path     = var.enable_fast_path
  event_bus_name       = var.event_bus_name

  dead_letter_queue_name = module.rotator.failure_queue_name
  # Reads, and how the rotations end that were started here.
  event_names          = concat(["GetSecretValue", "BatchGetSecretValue"], length(local.managed) > 0 ? ["RotationSucceeded", "RotationFailed", "RotationAbandoned"] : [])
  log_group_name       = var.log_group_name
  operations_topic_arn = var.operations_topic_arn
  tags                 = var.tags
  filter_pattern       = "{ ($.eventSource = \"secretsmanager.amazonaws.com\") && ((($.eventName = \"*GetSecretValue\") && ($.errorCode NOT EXISTS))${length(local.managed) > 0 ? " || ($.eventName = \"Rotation*\")" : ""}) }"
}
