# Who touches the watch itself: our own parts, each by its name, and nobody else's. One pattern for each
# kind of part, since a pattern has 1,024 characters; all count into the metric TrailTampering. The
# deployment's own role (deployer_role_arns) is left out: it changes these parts whenever it deploys. The
# trail of an organization brings other accounts' calls too, and a part of theirs may have the same name:
# only what names its account, or is unique in the world, counts wherever it was called.

locals {
  function_names = concat(local.has_channel ? ["${var.name_prefix}-notifier"] : [], var.watched_function_names)
  role_names     = concat(local.function_names, ["${var.name_prefix}-cloudtrail-delivery"])
  queue_names    = concat(["${var.name_prefix}-accesses"], [for name in local.function_names : "${name}-dead-letters"])
  table_names    = ["${var.name_prefix}-audit"]

  # Alarms have many names: those of detections begin with a capital, the others with these words. No
  # parentheses: they are none of what "Filter pattern syntax" says that an expression may hold.
  alarm_words = concat(["[A-Z]", "several", "no-records", "model", "accesses", "alerts", "trail"], local.has_channel ? ["channel"] : [], [for name in local.function_names : trimprefix(name, "${var.name_prefix}-")])
  alarm_regex = "%${join("|", [for word in local.alarm_words : "^${var.name_prefix}-${word}"])}%"

  # Part → whose service, which calls, and by which fields they name it. One part at a time where names
  # are many or long, for the sake of the pattern's length.
  watched_parts = merge(
    {
      log-group = { source = "logs", calls = ["DeleteLogGroup", "DeleteLogStream", "*SubscriptionFilter", "*MetricFilter", "PutRetentionPolicy", "DisassociateKmsKey"], fields = { logGroupName = [var.log_group_name] } }
      table     = { source = "dynamodb", calls = ["DeleteTable", "UpdateTable", "UpdateTimeToLive"], fields = { tableName = local.table_names } }
    },
    { for name in var.trail_name[*] : "trail" => { source = "cloudtrail", calls = ["StopLogging", "DeleteTrail", "UpdateTrail"], fields = { name = [name, "*:trail/${name}"] } } },
    { for name in var.trail_name[*] : "selectors" => { source = "cloudtrail", calls = ["PutEventSelectors", "PutInsightSelectors"], fields = { trailName = [name, "*:trail/${name}"] } } },
    { for name in local.role_names : "role-${name}" => { source = "iam", calls = ["DeleteRole*", "PutRole*", "*RolePolicy", "UpdateAssumeRolePolicy"], fields = { roleName = [name] } } },
    { for name in local.queue_names : "queue-${name}" => { source = "sqs", calls = ["DeleteQueue", "SetQueueAttributes", "PurgeQueue"], fields = { queueUrl = ["*/${local.account_id}/${name}"] } } },
    { for pattern in local.has_channel ? ["${var.name_prefix}-channel-*"] : [] : "queue-channels" => { source = "sqs", calls = ["DeleteQueue", "SetQueueAttributes", "PurgeQueue"], fields = { queueUrl = ["*/${local.account_id}/${pattern}"] } } },
    { for i, name in var.watched_bucket_names : "bucket-${i}" => { source = "s3", calls = ["DeleteBucket*", "PutBucket*"], fields = { bucketName = [name] } } },
    { for name in local.function_names : "rule-${name}" => { source = "events", calls = ["DisableRule", "DeleteRule", "PutRule", "RemoveTargets", "PutTargets"], fields = { name = [name], rule = [name] } } },
    { for name in local.function_names : "function-${name}" => { source = "lambda", calls = ["PutFunctionConcurrency*", "DeleteFunction*", "UpdateFunction*", "RemovePermission*", "PutFunctionEventInvokeConfig*"], fields = { functionName = [name, "*:${name}"] } } },
    { for topic, arn in local.topic_arns : "topic-${topic}" => { source = "sns", calls = ["DeleteTopic", "SetTopicAttributes", "Unsubscribe", "SetSubscriptionAttributes"], fields = { topicArn = [arn], subscriptionArn = ["${arn}:*"] } } },
  )

  # A role without a session issuer must count.
  issuer           = "$.userIdentity.sessionContext.sessionIssuer.arn"
  not_the_deployer = length(var.deployer_role_arns) == 0 ? "" : " && (${local.issuer} NOT EXISTS || (${join(" && ", [for arn in var.deployer_role_arns : "${local.issuer} != \"${arn}\""])}))"
  tampered_with    = "$.errorCode NOT EXISTS${local.not_the_deployer}"
  tampered_here    = "${local.tampered_with} && $.recipientAccountId = \"${local.account_id}\""

  # An organization's trail belongs to its management account, whose calls about it count from there.
  in_any_account = concat(["trail", "selectors"], [for name in keys(local.watched_parts) : name if can(regex("^(bucket|queue|topic)-", name))])

  # "$.eventName = "a" || $.eventName = "b""
  tampering_calls  = { for name, part in local.watched_parts : name => join(" || ", [for call in part.calls : "$.eventName = \"${call}\""]) }
  tampering_fields = { for name, part in local.watched_parts : name => join(" || ", flatten([for field, values in part.fields : [for value in values : "$.requestParameters.${field} = \"${value}\""]])) }

  tampering_patterns = merge(
    { for name, part in local.watched_parts : name => "{ ${contains(local.in_any_account, name) ? local.tampered_with : local.tampered_here} && $.eventSource = \"${part.source}.amazonaws.com\" && (${local.tampering_calls[name]}) && (${local.tampering_fields[name]}) }" },
    {
      # These name a list of alarms, of which ours may be any.
      alarms = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && ($.eventName = \"DeleteAlarms\" || $.eventName = \"DisableAlarmActions\") && $.requestParameters.alarmNames[*] = ${local.alarm_regex} }"
      alarm  = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && ($.eventName = \"*Alarm\" || $.eventName = \"SetAlarmState\") && $.requestParameters.alarmName = ${local.alarm_regex} }"
    },
    # A mapping is named by an id that nobody knows; the answer names the function.
    length(local.function_names) == 0 ? {} : {
      mapping = "{ ${local.tampered_here} && $.eventSource = \"lambda.amazonaws.com\" && $.eventName = \"*EventSourceMapping*\" && (${join(" || ", [for name in local.function_names : "$.responseElements.functionArn = \"*:${name}\""])}) }"
    },
  )

  watches_tampering = contains(keys(local.detections), "TrailTampering")
}

# Counted into the detection's own metric; its first pattern is in detections.tf.
resource "aws_cloudwatch_log_metric_filter" "tampering" {
  for_each = { for kind, pattern in local.tampering_patterns : kind => pattern if local.watches_tampering && kind != "log-group" }

  name           = "${var.name_prefix}-TrailTampering-${each.key}"
  log_group_name = var.log_group_name
  pattern        = each.value

  metric_transformation {
    namespace     = local.namespace
    name          = "TrailTampering"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

# --- the key -----------------------------------------------------------------------------

locals {
  key_tampering_pattern = "{ ${local.tampered_with} && $.eventSource = \"kms.amazonaws.com\" && ($.eventName = \"DisableKey\" || $.eventName = \"ScheduleKeyDeletion\" || $.eventName = \"PutKeyPolicy\" || $.eventName = \"RevokeGrant\") && $.resources[*].ARN = \"${var.kms_key_arn}\" }"
}

# Without its key nothing here is read, written or published any more, the alerts topic included. The
# operations topic is not encrypted with it, so that this alarm gets out. The trail made here records
# what changes a key; one of the user's must not leave kms.amazonaws.com out.
resource "aws_cloudwatch_log_metric_filter" "key" {
  name           = "${var.name_prefix}-KeyTampering"
  log_group_name = var.log_group_name
  pattern        = local.key_tampering_pattern

  metric_transformation {
    namespace     = local.namespace
    name          = "KeyTampering"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "key" {
  alarm_name          = "${var.name_prefix}-KeyTampering"
  alarm_description   = "[critical] The KMS key of ${var.name_prefix} was disabled, scheduled for deletion or given another policy: from here on nothing may be recorded or notified. CloudTrail's event history says by whom (event source kms.amazonaws.com). Undo it with EnableKey, CancelKeyDeletion or PutKeyPolicy. (T1562.008)"
  namespace           = local.namespace
  metric_name         = aws_cloudwatch_log_metric_filter.key.metric_transformation[0].name
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.operations_topic_arn, local.alerts_topic_arn, local.major_alerts_topic_arn]
  tags                = var.tags

  depends_on = [aws_sns_topic_policy.alerts]
}
