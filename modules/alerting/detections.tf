# What is counted in the trail's log group, and when a count is an alarm. Data first,
# resources below.

locals {
  any_read = "($.eventSource = \"secretsmanager.amazonaws.com\") && ($.eventType = \"AwsApiCall\") && (($.eventName = \"GetSecretValue\") || ($.eventName = \"BatchGetSecretValue\")) && ($.errorCode NOT EXISTS)"

  # != does not match where the field is missing, and a role without a session issuer must count.
  not_ourselves = join("", [
    for name in var.own_role_names :
    " && (($.userIdentity.sessionContext.sessionIssuer.arn NOT EXISTS) || ($.userIdentity.sessionContext.sessionIssuer.arn != \"arn:${local.partition}:iam::${local.account_id}:role/${name}\"))"
  ])

  detections = {
    SecretAccessed = {
      pattern     = "{ ${local.any_read} }"
      description = "Far more reads of secrets than usual at this hour."
      band_width  = var.anomaly_band_width
      threshold   = null
    }
    SecretAccessedByRole = {
      pattern     = "{ ${local.any_read} && ($.userIdentity.type = \"AssumedRole\")${local.not_ourselves} }"
      description = "An assumed role read a secret."
      band_width  = null
      threshold   = 1
    }
  }

  recovery_actions = var.tell_recoveries ? [local.alerts_topic_arn] : []

  static_detections  = { for name, d in local.detections : name => d if d.threshold != null }
  anomaly_detections = { for name, d in local.detections : name => d if d.band_width != null }
}

resource "aws_cloudwatch_log_metric_filter" "detection" {
  for_each = local.detections

  name           = "${var.name_prefix}-${each.key}"
  log_group_name = var.log_group_name
  pattern        = each.value.pattern

  metric_transformation {
    namespace     = local.namespace
    name          = each.key
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "static" {
  for_each = local.static_detections

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value.description
  namespace           = local.namespace
  metric_name         = aws_cloudwatch_log_metric_filter.detection[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alerts_topic_arn]
  ok_actions          = local.recovery_actions

  tags = var.tags

  insufficient_data_actions = local.recovery_actions

  depends_on = [aws_sns_topic_policy.alerts]
}

resource "aws_cloudwatch_metric_alarm" "anomaly" {
  for_each = local.anomaly_detections

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = "GreaterThanUpperThreshold"
  threshold_metric_id = "band"
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.alerts_topic_arn]
  ok_actions          = local.recovery_actions

  tags = var.tags

  insufficient_data_actions = local.recovery_actions

  metric_query {
    id          = "reads"
    return_data = true

    metric {
      namespace   = local.namespace
      metric_name = aws_cloudwatch_log_metric_filter.detection[each.key].metric_transformation[0].name
      stat        = "Sum"
      period      = 300
    }
  }

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(reads, ${each.value.band_width})"
    label       = "${each.key} (expected)"
    return_data = true
  }

  depends_on = [aws_sns_topic_policy.alerts]
}
