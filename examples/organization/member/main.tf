# What each member account applies, in each region: forward Secrets Manager's calls to the
# central bus.

provider "aws" {
  region = "us-east-1"
}

variable "central_bus_arn" {
  description = "ARN of the bus in the central account."
  type        = string
  default     = "arn:aws:events:us-east-1:123456789012:event-bus/secrets"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "forward" {
  statement {
    actions   = ["events:PutEvents"]
    resources = [var.central_bus_arn]
  }
}

resource "aws_iam_role" "forward" {
  name_prefix        = "secretwatch-forward-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "forward" {
  name   = "forward"
  role   = aws_iam_role.forward.name
  policy = data.aws_iam_policy_document.forward.json
}

resource "aws_cloudwatch_event_rule" "secrets" {
  name  = "secretwatch-forward"
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" # reads are read-only management events
  event_pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"]
  })
}

resource "aws_cloudwatch_event_target" "central" {
  rule     = aws_cloudwatch_event_rule.secrets.name
  arn      = var.central_bus_arn
  role_arn = aws_iam_role.forward.arn
}
