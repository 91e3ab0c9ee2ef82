# What a KMS key's policy must say, so that everything here can be encrypted with it: which AWS service
# may do what. Our own roles are allowed by IAM, which the first statement lets the account use.
#
# A condition stands only where AWS documents that the service sends its key. In a key policy,
# resource * is the key that the policy belongs to.

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

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "AccountAdministersByIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  # AWS: "Configure AWS KMS key policies for CloudTrail".
  statement {
    sid       = "CloudTrailEncryptsLogFiles"
    actions   = ["kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:cloudtrail:arn"
      values   = ["arn:${local.partition}:cloudtrail:*:${local.account_id}:trail/*"]
    }
  }

  statement {
    sid       = "CloudTrailDescribesKey"
    actions   = ["kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }

  # To a topic, with the topic's encryption context and not the trail's.
  # AWS: "Amazon SNS topic policy for CloudTrail".
  statement {
    sid       = "CloudTrailPublishes"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:sns:topicArn"
      values   = ["arn:${local.partition}:sns:${local.region}:${local.account_id}:*"]
    }
  }

  # AWS: "Encrypt log data in CloudWatch Logs using AWS Key Management Service". In China the name of this one
  # service, and of none of the others here, ends in amazonaws.com.cn.
  statement {
    sid       = "LogsEncryptLogGroups"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.${local.partition == "aws-cn" ? "amazonaws.com.cn" : "amazonaws.com"}"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:*"]
    }
  }

  # AWS: "Managing Amazon SNS encryption keys and costs".
  statement {
    sid       = "AlarmsPublish"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  # To queues, dead-letter queues and topics. Without a condition: for EventBridge AWS says that none is
  # supported, for SNS not that one is; each queue's and topic's own policy names who may send.
  statement {
    sid       = "EventsAndNotificationsAreSent"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "sns.amazonaws.com"]
    }
  }
}
