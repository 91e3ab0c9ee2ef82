data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }

    # IfExists: AWS does not say that Lambda always sends it, and without the role nothing runs.
    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

resource "aws_iam_role" "function" {
  name                 = var.name
  description          = "Role of the Lambda function ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.assume.json
  permissions_boundary = var.permissions_boundary_arn
  path                 = var.iam_path
  tags                 = var.tags
}

resource "aws_iam_role_policy" "function" {
  name   = "function"
  role   = aws_iam_role.function.name
  policy = var.policy_json
}

data "aws_iam_policy_document" "runtime" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group}:log-stream:*"]
  }

  statement {
    sid       = "SendToDeadLetterQueue"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]
  }
}

resource "aws_iam_role_policy" "runtime" {
  name   = "runtime"
  role   = aws_iam_role.function.name
  policy = data.aws_iam_policy_document.runtime.json
}

# On its own, because a key made in the same apply has no ARN yet and would hide the other
# statements from the plan.
data "aws_iam_policy_document" "key" {
  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = distinct(concat([var.kms_key_arn], var.more_kms_key_arns))
  }
}

resource "aws_iam_role_policy" "key" {
  name   = "key"
  role   = aws_iam_role.function.name
  policy = data.aws_iam_policy_document.key.json
}
