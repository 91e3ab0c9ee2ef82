# The notifier: alerts topic → Slack, Teams. Made only if there is a channel.

locals {
  parameter_arn_start = "arn:${local.partition}:ssm:${local.region}:${local.account_id}:parameter"

  # Channel → name of the parameter with its webhook's URL: the user's, or the one written here.
  webhook_parameters = merge(
    var.slack_webhook_parameter == null ? {} : { slack = var.slack_webhook_parameter },
    var.teams_webhook_parameter == null ? {} : { teams = var.teams_webhook_parameter },
    { for parameter in aws_ssm_parameter.slack : "slack" => parameter.name },
    { for parameter in aws_ssm_parameter.teams : "teams" => parameter.name },
  )
  has_channel = anytrue([
    var.slack_webhook_parameter != null, var.slack_webhook_url_version != null,
    var.teams_webhook_parameter != null, var.teams_webhook_url_version != null,
  ])
}

resource "aws_ssm_parameter" "slack" {
  count = var.slack_webhook_url_version == null ? 0 : 1

  name             = "/${var.name_prefix}/webhooks/slack"
  description      = "Slack webhook of ${var.name_prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.slack_webhook_url
  value_wo_version = var.slack_webhook_url_version
  tags             = var.tags
}

resource "aws_ssm_parameter" "teams" {
  count = var.teams_webhook_url_version == null ? 0 : 1

  name             = "/${var.name_prefix}/webhooks/teams"
  description      = "Teams webhook of ${var.name_prefix}"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = var.teams_webhook_url
  value_wo_version = var.teams_webhook_url_version
  tags             = var.tags
}

data "aws_iam_policy_document" "notifier" {
  statement {
    sid       = "ReadWebhooks"
    actions   = ["ssm:GetParameter"]
    resources = [for name in values(local.webhook_parameters) : "${local.parameter_arn_start}/${trimprefix(name, "/")}"]
  }

  statement {
    sid       = "ClaimDeliveries"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = ["arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"]
  }
}

module "notifier" {
  source = "../lambda_function"
  count  = local.has_channel ? 1 : 0

  name        = "${var.name_prefix}-notifier"
  description = "Tells ${join(" and ", keys(local.webhook_parameters))} what the alerts topic carries"
  handler     = "secretwatch.notifier.handler.handler"
  policy_json = data.aws_iam_policy_document.notifier.json
  environment = {
    AUDIT_TABLE        = var.audit_table_name
    WEBHOOK_PARAMETERS = jsonencode(local.webhook_parameters)
  }

  operations_topic_arn     = local.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
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

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "lambda"
  endpoint  = module.notifier[0].function_arn

  depends_on = [aws_lambda_permission.alerts]
}
