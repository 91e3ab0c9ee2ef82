# The rotator: a read from an untrusted network → a new value for the secret.

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
  # Fixed, since it names the rotator's role too, which others must exempt before it exists.
  function_name = "${var.name_prefix}-rotator"

  # A secret given by name: its ARN ends in a hyphen and six characters nobody knows at plan.
  target_arns = {
    for secret, target in var.rotation_targets : secret => startswith(secret, "arn:") ? secret :
    "arn:${local.partition}:secretsmanager:${local.region}:${local.account_id}:secret:${secret}-??????"
  }
  rule_arn = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.event_bus_name == "default" ? "" : "${var.event_bus_name}/"}${local.function_name}"
  rotation_actions = {
    generate    = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"]
    managed     = ["secretsmanager:RotateSecret"]
    notify_only = []
  }

  # Reads, and how the rotations end that were started here.
  event_names = jsondecode(file("${path.module}/../../lambda_src/secretwatch/record/event_names.json"))
  reads       = [for name, activity in local.event_names : name if activity == "read"]
  rotations   = [for name, activity in local.event_names : name if activity == "rotation" && startswith(name, "Rotation")]

  parameter_arn = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter/${var.name_prefix}/rotation/freeze"

  # As the function's settings have them.
  passwords = {
    for secret, target in var.rotation_targets : secret => lookup(var.rotation_passwords, secret, {
      password_length    = 32
      character_classes  = keys(local.characters)
      exclude_characters = ""
    }) if target.strategy == "generate"
  }
  targets = {
    for secret, target in var.rotation_targets : secret => merge(
      { strategy = target.strategy, exempt_principal_arns = target.rotation_role_arn[*] },
      target.strategy == "generate" ? merge({ json_keys = target.json_keys, format = target.format }, local.passwords[secret]) : null,
    )
  }

  generates = anytrue([for target in values(var.rotation_targets) : target.strategy == "generate"])
  manages   = anytrue([for target in values(var.rotation_targets) : target.strategy == "managed"])

  # Policies are filled with targets up to a number of characters: IAM takes 10,240 in all inline policies of a role,
  # 6,144 in a managed policy, and ten of those for a role ("IAM and AWS STS quotas"). The first part stands in the
  # function's own policy, where most deployments end. ARNs of keys and functions may be unknown at plan, so that the
  # longest possible ones are added up.
  part_size  = 4400
  most_added = { generate = 95, managed = 125, notify_only = 0 }
  sizes      = [for secret, target in var.rotation_targets : length(local.target_arns[secret]) + 3 + local.most_added[target.strategy]]
  part_of    = { for i, secret in keys(var.rotation_targets) : secret => floor(sum(concat([0], slice(local.sizes, 0, i))) / local.part_size) }
  parts      = { for secret, part in local.part_of : tostring(part) => secret... }
}

module "shared" {
  source = "../shared_settings"

  trusted_cidrs            = var.trusted_cidrs
  trusted_vpc_endpoint_ids = var.trusted_vpc_endpoint_ids
  audit_retention_days     = var.audit_retention_days
}

data "aws_iam_policy_document" "targets" {
  for_each = local.parts

  dynamic "statement" {
    for_each = { for name, strategy in { GenerateValues = "generate", StartRotations = "managed", DescribeTargets = "notify_only" } :
      name => { strategy = strategy, secrets = [for secret in each.value : local.target_arns[secret] if var.rotation_targets[secret].strategy == strategy] }
    if contains([for secret in each.value : var.rotation_targets[secret].strategy], strategy) }

    content {
      sid       = statement.key
      actions   = concat(["secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"], local.rotation_actions[statement.value.strategy])
      resources = statement.value.secrets
    }
  }

  dynamic "statement" {
    for_each = anytrue([for secret in each.value : var.rotation_targets[secret].strategy == "managed"]) ? [1] : []

    content {
      sid       = "InvokeRotationFunctions"
      actions   = ["lambda:InvokeFunction"]
      resources = [for secret in each.value : var.rotation_targets[secret].rotation_function_arn if var.rotation_targets[secret].strategy == "managed"]
    }
  }

  dynamic "statement" {
    for_each = anytrue([for secret in each.value : var.rotation_targets[secret].kms_key_arn != null]) ? [1] : []

    content {
      sid       = "UseSecretsKeys"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = compact([for secret in each.value : var.rotation_targets[secret].kms_key_arn])
    }
  }
}

resource "aws_iam_policy" "targets" {
  for_each = { for part in keys(local.parts) : part => part if part != "0" }

  name        = "${local.function_name}-targets-${each.key}"
  description = "Rotation targets of ${local.function_name}, part ${each.key}"
  path        = var.iam_path
  policy      = data.aws_iam_policy_document.targets[each.key].json
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "targets" {
  for_each = aws_iam_policy.targets

  role       = module.rotator.role_name
  policy_arn = each.value.arn
}

data "aws_iam_policy_document" "rotator" {
  source_policy_documents = [data.aws_iam_policy_document.targets["0"].json]

  statement {
    sid       = "ClaimRotations"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"]
    resources = ["arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"]
  }

  # What is due: a read within a cooldown is answered when that ends.
  statement {
    sid       = "DoWhatIsDue"
    actions   = ["dynamodb:Query", "dynamodb:DeleteItem"]
    resources = ["arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"]

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "dynamodb:LeadingKeys"
      values   = ["DUE"]
    }
  }

  statement {
    sid       = "PublishNotices"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }

  dynamic "statement" {
    for_each = local.generates || local.manages ? [local.parameter_arn] : []

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
  description = "off: secrets are rotated as configured; on: none is, and people are notified"
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
  # A rotation takes some ten calls, and the others wait for it.
  timeout_seconds = 60
  environment = {
    AUDIT_TABLE      = var.audit_table_name
    ALERTS_TOPIC_ARN = var.alerts_topic_arn
    FREEZE_PARAMETER = aws_ssm_parameter.freeze.name
  }
  settings = jsonencode(merge(module.shared.settings, {
    rotation_targets             = local.targets
    rotation_mode                = var.rotation_mode
    rotation_cooldown_minutes    = var.rotation_cooldown_minutes
    rotations_per_hour           = var.rotations_per_hour
    rotate_unknown               = var.rotate_unknown
    enable_security_hub_findings = var.enable_security_hub_findings
    rotation_exempt_principal_arns = concat(
      ["arn:${local.partition}:iam::${local.account_id}:role/${trimprefix(var.iam_path, "/")}${local.function_name}"],
      var.rotation_exempt_principal_arns,
    )
  }))

  # What is due: a run that is late by a minute is the next one's work, and what it could not do stays due. The rule
  # for records has the function's name.
  schedule_expression          = "rate(1 minute)"
  schedule_name                = "${local.function_name}-due"
  schedule_maximum_age_seconds = 60

  dead_letter_senders = var.enable_fast_path ? { "events.amazonaws.com" = [local.rule_arn] } : {}

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  more_kms_key_arns        = var.alerts_topic_kms_key_arn[*]
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "trigger" {
  source = "../access_trigger"

  function_name          = module.rotator.function_name
  function_arn           = module.rotator.function_arn
  enable_complete_path   = var.enable_complete_path
  enable_fast_path       = var.enable_fast_path
  event_bus_name         = var.event_bus_name
  dead_letter_queue_name = module.rotator.dead_letter_queue_name
  event_names            = concat(local.reads, local.manages ? local.rotations : [])
  log_group_name         = var.log_group_name
  operations_topic_arn   = var.operations_topic_arn
  tags                   = var.tags
  filter_pattern         = "{ ($.eventSource = \"secretsmanager.amazonaws.com\") && (((${join(" || ", [for name in local.reads : "($.eventName = \"${name}\")"])}) && ($.errorCode NOT EXISTS))${local.manages ? " || ($.eventName = \"Rotation*\")" : ""}) }"
}
