# The notifier: the channels' queues (channels.tf) → webhooks and APIs. Made only if there is a channel.

locals {
  parameter_arn_start = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"
  table_arn           = local.has_channel ? "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}" : null
  log_group_arn       = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${var.log_group_name}"
  has_channel         = length(var.channels) > 0
  has_threads         = anytrue([for channel in var.channels : local.channel_types[channel.type].threads])

  # As the notifier's settings have them. Which URLs are stored here is said by the keys of webhook_url_versions, which
  # are known at plan: a webhook_parameter of the same apply need not be.
  channels = {
    for name, channel in var.channels : name => {
      type                  = channel.type
      webhook_parameter     = contains(keys(var.webhook_url_versions), name) ? aws_ssm_parameter.webhook[name].name : channel.webhook_parameter
      minimum_severity      = channel.minimum_severity
      secrets               = lookup(var.channel_secrets, name, [])
      signing_key_parameter = lookup(var.signing_key_parameters, name, null)
      header_parameters     = lookup(var.header_parameters, name, {})
      digest                = coalesce(channel.digest, local.channel_types[channel.type].digest)
      slack_channel         = channel.slack_channel
      mention               = channel.mention
      mention_severity      = channel.mention_severity
    }
  }

  # Twenty names of the greatest length fit into one policy: IAM takes 10,240 characters in all inline policies of a
  # role, 6,144 in a managed policy, and ten of those for a role ("IAM and AWS STS quotas"). The first twenty stand in
  # the function's own policy.
  parameters = concat(values(local.channels)[*].webhook_parameter, values(var.signing_key_parameters), flatten([for headers in var.header_parameters : values(headers)]))
  parts      = { for i, part in chunklist(local.parameters, 20) : tostring(i) => [for name in part : "${local.parameter_arn_start}/${trimprefix(name, "/")}"] }
}

resource "aws_ssm_parameter" "webhook" {
  for_each = var.webhook_url_versions

  name             = "/${var.name_prefix}/webhooks/${each.key}"
  description      = "Webhook ${each.key} of ${var.name_prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.webhook_urls[each.key]
  value_wo_version = each.value
  tags             = var.tags
}

data "aws_iam_policy_document" "more_webhooks" {
  for_each = { for part, arns in local.parts : part => arns if part != "0" }

  statement {
    sid       = "ReadWebhooks"
    actions   = ["ssm:GetParameter"]
    resources = each.value
  }
}

resource "aws_iam_policy" "more_webhooks" {
  for_each = data.aws_iam_policy_document.more_webhooks

  name        = "${var.name_prefix}-notifier-webhooks-${each.key}"
  description = "Webhooks of ${var.name_prefix}-notifier, part ${each.key}"
  path        = var.iam_path
  policy      = each.value.json
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "more_webhooks" {
  for_each = aws_iam_policy.more_webhooks

  role       = module.notifier[0].role_name
  policy_arn = each.value.arn
}

data "aws_iam_policy_document" "notifier" {
  count = local.has_channel ? 1 : 0

  statement {
    sid       = "ReadWebhooks"
    actions   = ["ssm:GetParameter"]
    resources = lookup(local.parts, "0", [])
  }

  statement {
    sid       = "ClaimDeliveries"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = local.table_arn[*]
  }

  # What was sent about the same thing before, and what is to be closed.
  dynamic "statement" {
    for_each = local.has_threads ? [1] : []

    content {
      sid       = "KeepThreads"
      actions   = ["dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:DeleteItem"]
      resources = local.table_arn[*]

      condition {
        test     = "ForAllValues:StringLike"
        variable = "dynamodb:LeadingKeys"
        values   = ["THREAD#*"]
      }
    }
  }

  statement {
    sid       = "ReadQueues"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    resources = ["${local.sqs_arn_start}:${var.name_prefix}-channel-*"]
  }

  # To say who did what an alarm counted.
  statement {
    sid       = "FindRecords"
    actions   = ["logs:FilterLogEvents"]
    resources = [local.log_group_arn, "${local.log_group_arn}:*"]
  }
}

module "notifier" {
  source = "../lambda_function"
  count  = local.has_channel ? 1 : 0

  name        = "${var.name_prefix}-notifier"
  description = "Sends what a channel's queue holds to its webhook or API"
  handler     = "secretwatch.functions.notifier.handler.handler"
  policy_json = data.aws_iam_policy_document.notifier[0].json
  environment = {
    AUDIT_TABLE      = var.audit_table_name
    LOG_GROUP        = var.log_group_name
    METRIC_NAMESPACE = local.namespace
    # One a line. They have the keys' ids, which a plan may not know.
    KEY_TAMPERING_PATTERNS = join("\n", concat([local.key_tampering_pattern], local.parameter_key_patterns))
  }
  settings        = jsonencode({ channels = local.channels, patterns = local.counted, alarm_seconds = local.alarm_seconds })
  timeout_seconds = local.notifier_seconds

  operations_topic_arn     = local.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  more_kms_key_arns        = var.parameter_kms_key_arns
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}
