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

  # Calls of SQS and SNS that lose what is on its way, or let somebody else at it.
  queue_calls = ["DeleteQueue", "SetQueueAttributes", "PurgeQueue", "*Permission", "StartMessageMoveTask"]
  topic_calls = ["DeleteTopic", "Set*", "*Permission", "PutData*", "Unsubscribe"]

  # The names that you chose may be long, and the fields are several: a beginning is enough.
  topics_by_start     = { for topic, arn in local.topic_arns : topic => length(arn) > 80 ? "${substr(arn, 0, 80)}*" : arn }
  own_parameters      = [for name, channel in var.channels : channel.webhook_parameter if !contains(keys(var.webhook_url_versions), name)]
  watched_parameters  = concat(["/${var.name_prefix}/*"], slice(local.named_parameters, 0, min(length(local.named_parameters), 30)))
  named_parameters    = [for name in concat(local.own_parameters, values(var.signing_key_parameters), flatten([for headers in values(var.header_parameters) : values(headers)])) : length(name) > 140 ? "${substr(name, 0, 140)}*" : name]
  watched_policy_arns = ["arn:${local.partition}:iam::${local.account_id}:policy${var.iam_path}${var.name_prefix}-notifier-webhooks-*", var.permissions_boundary_arn == null ? "none" : var.permissions_boundary_arn]

  bus_by_start = length(var.event_bus_name) > 40 ? "${substr(var.event_bus_name, 0, 40)}*" : var.event_bus_name
  bus_names    = [local.bus_by_start, "*/${local.bus_by_start}"]

  # Part → whose service, which calls, and by which fields they name it. One part at a time where names
  # are many or long, for the sake of the pattern's length.
  watched_parts = merge(
    {
      log-group = { source = "logs", calls = ["DeleteLog*", "*SubscriptionFilter", "*MetricFilter", "*RetentionPolicy", "*ssociateKmsKey"], fields = { logGroupName = [var.log_group_name] } }
      # By name or ARN. What masks or rewrites records makes every filter blind, and so does another key.
      log-group-policies = { source = "logs", calls = ["PutData*", "DeleteData*", "PutTransformer", "DeleteTransformer", "PutLogGroupDeletion*"], fields = { logGroupIdentifier = ["*${var.log_group_name}"] } }
      log-group-key      = { source = "logs", calls = ["*ssociateKmsKey"], fields = { resourceIdentifier = ["*:${var.log_group_name}"] } }
      log-groups         = { source = "logs", calls = ["PutAccountPolicy"], fields = { policyType = ["DATA_PROTECTION_POLICY", "TRANSFORMER_POLICY"] } }
      policies           = { source = "iam", calls = ["CreatePolicyVersion", "SetDefaultPolicyVersion", "DeletePolicy*"], fields = { policyArn = local.watched_policy_arns } }
    },
    { for name in local.table_names : "table" => { source = "dynamodb", calls = ["DeleteTable", "UpdateTable*", "UpdateTimeToLive", "UpdateContinuousBackups", "PutResourcePolicy", "DeleteResourcePolicy"], fields = { tableName = [name, "*:table/${name}"], resourceArn = ["*:table/${name}"] } } },
    { for i, name in local.watched_parameters : "parameter-${i}" => { source = "ssm", calls = ["PutParameter", "DeleteParameter*"], fields = { name = [name], "names[*]" = [name] } } },
    # All text messages of the account, ours among them.
    { for phones in length(var.alert_phone_numbers) > 0 ? ["phones"] : [] : phones => { source = "sns", calls = ["SetSMSAttributes"], fields = {} } },
    # By value, since a plan need not know the name: on the default bus other permissions are others' business.
    { bus = { source = "events", calls = var.event_bus_name == "default" ? ["UpdateEventBus"] : ["DeleteEventBus", "UpdateEventBus", "*Permission"], fields = { name = local.bus_names, eventBusName = local.bus_names } } },
    { for name in var.trail_name[*] : "trail" => { source = "cloudtrail", calls = ["StopLogging", "DeleteTrail", "UpdateTrail"], fields = { name = [name, "*:trail/${name}"] } } },
    { for name in var.trail_name[*] : "selectors" => { source = "cloudtrail", calls = ["PutEventSelectors", "PutInsightSelectors"], fields = { trailName = [name, "*:trail/${name}"] } } },
    { for name in local.role_names : "role-${name}" => { source = "iam", calls = ["DeleteRole*", "PutRole*", "AttachRolePolicy", "DetachRolePolicy", "UpdateAssumeRolePolicy"], fields = { roleName = [name] } } },
    { for name in local.queue_names : "queue-${name}" => { source = "sqs", calls = local.queue_calls, fields = { queueUrl = ["*/${local.account_id}/${name}"], sourceArn = ["*:${local.account_id}:${name}"] } } },
    { for pattern in local.has_channel ? ["${var.name_prefix}-channel-*"] : [] : "queue-channels" => { source = "sqs", calls = local.queue_calls, fields = { queueUrl = ["*/${local.account_id}/${pattern}"], sourceArn = ["*:${local.account_id}:${pattern}"] } } },
    { for i, name in var.watched_bucket_names : "bucket-${i}" => { source = "s3", calls = ["DeleteBucket*", "PutBucket*"], fields = { bucketName = [name] } } },
    { for name in local.function_names : "rule-${name}" => { source = "events", calls = ["DisableRule", "EnableRule", "DeleteRule", "PutRule", "RemoveTargets", "PutTargets"], fields = { name = [name, "${name}-due"], rule = [name, "${name}-due"] } } },
    { for name in local.function_names : "function-${name}" => { source = "lambda", calls = ["PutFunction*", "DeleteFunction*", "UpdateFunction*", "*Permission*", "PutResourcePolicy*", "DeleteResourcePolicy*"], fields = { functionName = [name, "*:${name}"], resourceArn = ["*:${name}"] } } },
    { for topic, arn in local.topics_by_start : "topic-${topic}" => { source = "sns", calls = local.topic_calls, fields = { topicArn = [arn], subscriptionArn = ["${trimsuffix(arn, "*")}*"], resourceArn = [arn] } } },
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
    { for name, part in local.watched_parts : name => "{ ${contains(local.in_any_account, name) ? local.tampered_with : local.tampered_here} && $.eventSource = \"${part.source}.amazonaws.com\" && (${local.tampering_calls[name]})${local.tampering_fields[name] == "" ? "" : " && (${local.tampering_fields[name]})"} }" },
    {
      # These name a list of alarms, of which ours may be any.
      alarms = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && ($.eventName = \"DeleteAlarms\" || $.eventName = \"DisableAlarmActions\") && $.requestParameters.alarmNames[*] = ${local.alarm_regex} }"
      # AWS shows no record of this call: the field is as the API has it, in CloudTrail's spelling.
      muted = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && $.eventName = \"PutAlarmMuteRule\" && $.requestParameters.muteTargets.alarmNames[*] = ${local.alarm_regex} }"
      bands = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && ($.eventName = \"PutAnomalyDetector\" || $.eventName = \"DeleteAnomalyDetector\") && ($.requestParameters.namespace = \"${local.namespace}\" || $.requestParameters.singleMetricAnomalyDetector.namespace = \"${local.namespace}\" || $.requestParameters.metricMathAnomalyDetector.metricDataQueries[*].metricStat.metric.namespace = \"${local.namespace}\") }"
      alarm = "{ ${local.tampered_here} && $.eventSource = \"monitoring.amazonaws.com\" && ($.eventName = \"*Alarm\" || $.eventName = \"SetAlarmState\") && $.requestParameters.alarmName = ${local.alarm_regex} }"
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
  # AWS's services retire their own grants whenever they need them no more.
  key_calls = join(" || ", [
    "$.eventName = \"DisableKey\"",
    "$.eventName = \"ScheduleKeyDeletion\"",
    "$.eventName = \"DeleteImportedKeyMaterial\"",
    "$.eventName = \"PutKeyPolicy\"",
    "$.eventName = \"RevokeGrant\"",
    "($.eventName = \"RetireGrant\" && $.userIdentity.invokedBy NOT EXISTS)",
  ])
  # A pattern has three wildcard selectors at most. Whether a key is given need not be known to a plan, and so
  # what is not is left out of the text, not of a list.
  key_tampering_pattern  = "{ ${local.tampered_with} && $.eventSource = \"kms.amazonaws.com\" && (${local.key_calls}) && ($.resources[*].ARN = \"*:key/${basename(var.kms_key_arn)}\"${local.or_the_topics_key}${local.or_the_buckets_key}) }"
  or_the_topics_key      = var.alerts_topic_kms_key_arn == null ? "" : " || $.resources[*].ARN = \"*:key/${basename(var.alerts_topic_kms_key_arn)}\""
  or_the_buckets_key     = var.trail_bucket_kms_key_arn == null ? "" : " || $.resources[*].ARN = \"*:key/${basename(var.trail_bucket_kms_key_arn)}\""
  parameter_key_patterns = [for arns in chunklist(var.parameter_kms_key_arns, 3) : "{ ${local.tampered_with} && $.eventSource = \"kms.amazonaws.com\" && (${local.key_calls}) && (${join(" || ", [for arn in arns : "$.resources[*].ARN = \"*:key/${basename(arn)}\""])}) }"]
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

resource "aws_cloudwatch_log_metric_filter" "parameter_keys" {
  count = length(local.parameter_key_patterns)

  name           = "${var.name_prefix}-KeyTampering-parameters-${count.index}"
  log_group_name = var.log_group_name
  pattern        = local.parameter_key_patterns[count.index]

  metric_transformation {
    namespace     = local.namespace
    name          = aws_cloudwatch_log_metric_filter.key.metric_transformation[0].name
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "key" {
  alarm_name          = "${var.name_prefix}-KeyTampering"
  alarm_description   = "[critical] A KMS key of ${var.name_prefix} was disabled, scheduled for deletion, or lost its material, a grant or its policy: from here on nothing may be recorded or notified. CloudTrail's event history says by whom (event source kms.amazonaws.com). Undo it with EnableKey, CancelKeyDeletion or PutKeyPolicy. (T1562.008)"
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
