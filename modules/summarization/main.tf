# The summarizer: every record of Secrets Manager → audit table, one sentence, S3, notice.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition       = data.aws_partition.current.partition
  region          = data.aws_region.current.id
  account_id      = data.aws_caller_identity.current.account_id
  table_arn       = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"
  timeout_seconds = 120

  model_region  = var.bedrock_region == null ? local.region : var.bedrock_region
  guardrail_arn = var.guardrail_id == null ? null : startswith(var.guardrail_id, "arn:") ? var.guardrail_id : "arn:${local.partition}:bedrock:${local.model_region}:${local.account_id}:guardrail/${var.guardrail_id}"

  # An inference profile routes to the model in several regions, or (global profiles) to
  # one without a region: the policy must allow the model behind it wherever it runs.
  model = var.bedrock_inference_profile_id == null ? var.bedrock_model_id : var.bedrock_inference_profile_id
  model_arns = var.bedrock_model_id == null ? [] : var.bedrock_inference_profile_id == null ? [
    "arn:${local.partition}:bedrock:${local.model_region}::foundation-model/${var.bedrock_model_id}",
    ] : [
    "arn:${local.partition}:bedrock:${local.model_region}:${local.account_id}:inference-profile/${var.bedrock_inference_profile_id}",
    "arn:${local.partition}:bedrock:*::foundation-model/${var.bedrock_model_id}",
    "arn:${local.partition}:bedrock:::foundation-model/${var.bedrock_model_id}",
  ]
}

data "aws_iam_policy_document" "summarizer" {
  statement {
    sid       = "RecordAccesses"
    actions   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem"]
    resources = [local.table_arn]
  }

  statement {
    sid       = "KeepSummaries"
    actions   = ["s3:PutObject"]
    resources = ["${module.bucket.arn}/summaries/*", "${module.bucket.arn}/details/*"]
  }

  statement {
    sid       = "PublishNotices"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }

  dynamic "statement" {
    for_each = var.enable_fast_path ? [local.queue_arn] : []

    content {
      sid       = "ReadQueue"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.model[*]

    content {
      sid       = "AskModel"
      actions   = ["bedrock:InvokeModel"]
      resources = local.model_arns
    }
  }

  dynamic "statement" {
    for_each = local.model == null ? [] : local.guardrail_arn[*]

    content {
      sid       = "ApplyGuardrail"
      actions   = ["bedrock:ApplyGuardrail"]
      resources = [statement.value]
    }
  }
}

module "summarizer" {
  source = "../lambda_function"

  name           = "${var.name_prefix}-summarizer"
  description    = "Records, explains and tells every read of a secret"
  handler        = "secretwatch.functions.summarizer.handler.handler"
  policy_json    = data.aws_iam_policy_document.summarizer.json
  memory_size_mb = 512
  # Stories of eight principals at a time, a model call of some seconds for each.
  timeout_seconds = local.timeout_seconds
  environment = {
    AUDIT_TABLE           = var.audit_table_name
    AUDIT_RETENTION_DAYS  = var.audit_retention_days
    SUMMARIES_BUCKET      = module.bucket.name
    ALERTS_TOPIC_ARN      = var.alerts_topic_arn
    BEDROCK_MODEL         = local.model == null ? "" : local.model
    BEDROCK_REGION        = local.model_region
    GUARDRAIL_ID          = var.guardrail_id == null ? "" : var.guardrail_id
    GUARDRAIL_VERSION     = var.guardrail_version
    SUMMARY_LANGUAGE      = var.summary_language
    MODEL_CALLS_PER_HOUR  = tostring(var.model_calls_per_hour)
    RULES                 = jsonencode(var.rules)
    TRUSTED_CIDRS         = jsonencode(var.trusted_cidrs)
    TRUSTED_VPC_ENDPOINTS = jsonencode(var.trusted_vpc_endpoint_ids)
    OWN_PRINCIPALS        = jsonencode([for name in var.own_role_names : "arn:${local.partition}:iam::${local.account_id}:role/${name}"])
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

  function_name        = module.summarizer.function_name
  function_arn         = module.summarizer.function_arn
  enable_complete_path = var.enable_complete_path
  enable_fast_path     = var.enable_fast_path
  event_bus_name       = var.event_bus_name
  log_group_name       = var.log_group_name
  filter_pattern       = "{ $.eventSource = \"secretsmanager.amazonaws.com\" }"
  queue_name           = local.queue_name

  dead_letter_queue_name = module.summarizer.failure_queue_name
  operations_topic_arn   = var.operations_topic_arn
  tags                   = var.tags

  # What the log path brings and the function understands: see ACTIVITIES in access.py.
  event_names = [
    "GetSecretValue", "BatchGetSecretValue", "ListSecrets",
    "PutResourcePolicy", "DeleteResourcePolicy", "DeleteSecret", "RestoreSecret", "CancelRotateSecret",
    "UpdateSecret", "UpdateSecretVersionStage", "ReplicateSecretToRegions", "PutSecretValue",
    "RotationStarted", "RotationSucceeded", "RotationFailed", "RotationAbandoned",
    "StartSecretVersionDelete", "EndSecretVersionDelete", "CancelSecretVersionDelete",
  ]
}
