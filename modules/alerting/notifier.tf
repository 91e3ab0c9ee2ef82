# The notifier: alerts topic → webhooks. Made only if there is a channel.

locals {
  parameter_arn_start = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"
  table_arn           = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"
  has_channel         = length(var.channels) > 0

  # The parameter with a webhook's URL: the user's, or the one written here.
  channels = {
    for name, channel in var.channels : name => merge(channel, {
      webhook_parameter = channel.webhook_parameter == null ? aws_ssm_parameter.webhook[name].name : channel.webhook_parameter
    })
  }
  parameters = concat(
    values(local.channels)[*].webhook_parameter,
    compact(values(local.channels)[*].signing_key_parameter),
  )
}

resource "aws_ssm_parameter" "webhook" {
  for_each = { for name, channel in var.channels : name => channel if channel.webhook_parameter == null }

  name             = "/${var.name_prefix}/webhooks/${each.key}"
  description      = "Webhook ${each.key} of ${var.name_prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.webhook_urls[each.key]
  value_wo_version = var.webhook_urls_version
  tags             = var.tags
}

data "aws_iam_policy_document" "notifier" {
  statement {
    sid       = "ReadWebhooks"
    actions   = ["ssm:GetParameter"]
    resources = [for name in local.parameters : "${local.parameter_arn_start}/${trimprefix(name, "/")}"]
  }

  statement {
    sid       = "ClaimDeliveries"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [local.table_arn]
  }

  # To say who is behind an alarm.
  statement {
    sid       = "FindAccesses"
    actions   = ["dynamodb:Query"]
    resources = ["${local.table_arn}/index/by_day"]
  }
}

module "notifier" {
  source = "../lambda_function"
  count  = local.has_channel ? 1 : 0

  name        = "${var.name_prefix}-notifier"
  description = "Tells ${join(", ", keys(var.channels))} what the alerts topic carries"
  handler     = "secretwatch.functions.notifier.handler.handler"
  policy_json = data.aws_iam_policy_document.notifier.json
  environment = {
    AUDIT_TABLE = var.audit_table_name
    CHANNELS    = jsonencode(local.channels)
  }

  dead_letter_senders = { "sns.amazonaws.com" = [local.alerts_topic_arn] }

  operations_topic_arn     = local.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

resource "aws_lambda_permission" "alerts" {
  count = local.has_channel ? 1 : 0

  statement_id  = "AllowAlertsTopic"
  function_name = module.notifier[0].function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = local.alerts_topic_arn
}

resource "aws_sns_topic_subscription" "notifier" {
  count = local.has_channel ? 1 : 0

  topic_arn = local.alerts_topic
  protocol  = "lambda"
  endpoint  = module.notifier[0].function_arn

  # What SNS cannot hand over, for lack of a permission or of the function, it would discard.
  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${module.notifier[0].failure_queue_name}"
  })

  depends_on = [aws_lambda_permission.alerts]
}
