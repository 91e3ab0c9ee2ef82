# The resources of detections.tf. The severity stands at the start of an alarm's description:
# the notifier reads it from there. An alarm that notifies nobody says so by actions_enabled.

locals {
  # Together: one composite alarm speaks for all that notify but the critical ones, which always do for themselves.
  # A channel that asks for high and above must get what the composite alarm says for others.
  composed         = var.enable_composite_alarm ? local.composable : []
  several_severity = try([for severity in reverse(local.catalogue.severities) : severity if contains([for name in local.composed : local.detections[name].severity], severity)][0], "medium")

  # Phones and inboxes get nothing below high.
  topics_of      = { for severity in local.catalogue.severities : severity => contains(local.high_and_above, severity) ? [local.alerts_topic_arn, local.major_alerts_topic_arn] : [local.minor_alerts_topic_arn] }
  alarm_actions  = { for name, d in local.detections : name => d.notify && !contains(local.composed, name) ? local.topics_of[d.severity] : [] }
  own_recoveries = { for name, actions in local.alarm_actions : name => var.notify_recoveries ? actions : [] }
  descriptions   = { for name, d in local.detections : name => "[${d.severity}] ${d.description} (${d.technique})" }
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
  alarm_description   = local.descriptions[each.key]
  namespace           = local.namespace
  metric_name         = aws_cloudwatch_log_metric_filter.detection[each.key].metric_transformation[0].name
  statistic           = "Sum"
  period              = each.value.period
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  actions_enabled     = each.value.notify
  alarm_actions       = local.alarm_actions[each.key]
  ok_actions          = local.own_recoveries[each.key]
  tags                = var.tags

  insufficient_data_actions = local.own_recoveries[each.key]

  depends_on = [aws_sns_topic_policy.alerts, aws_sns_topic_policy.minor_alerts, aws_sns_topic_policy.major_alerts]
}

resource "aws_cloudwatch_metric_alarm" "anomaly" {
  for_each = local.anomaly_detections

  alarm_name          = "${var.name_prefix}-${each.key}"
  alarm_description   = local.descriptions[each.key]
  comparison_operator = "GreaterThanUpperThreshold"
  threshold_metric_id = "band"
  evaluation_periods  = 2
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  actions_enabled     = each.value.notify
  alarm_actions       = local.alarm_actions[each.key]
  ok_actions          = local.own_recoveries[each.key]
  tags                = var.tags

  insufficient_data_actions = local.own_recoveries[each.key]

  metric_query {
    id          = "reads"
    return_data = true

    metric {
      namespace   = local.namespace
      metric_name = aws_cloudwatch_log_metric_filter.detection[each.key].metric_transformation[0].name
      stat        = "Sum"
      period      = each.value.period
    }
  }

  metric_query {
    id          = "band"
    expression  = "ANOMALY_DETECTION_BAND(reads, ${each.value.band_width})"
    label       = "${each.key} (expected)"
    return_data = true
  }

  depends_on = [aws_sns_topic_policy.alerts, aws_sns_topic_policy.minor_alerts, aws_sns_topic_policy.major_alerts]
}

# Notified once, when the first of them goes off, however many follow.
resource "aws_cloudwatch_composite_alarm" "several" {
  count = var.enable_composite_alarm ? 1 : 0

  alarm_name        = "${var.name_prefix}-several"
  alarm_description = "[${local.several_severity}] Something about secrets is unusual; the accesses behind it are listed. (T1555.006)"
  alarm_rule        = join(" OR ", [for name in sort(local.composed) : "ALARM(\"${var.name_prefix}-${name}\")"])
  alarm_actions     = local.topics_of[local.several_severity]
  ok_actions        = var.notify_recoveries ? local.topics_of[local.several_severity] : []
  tags              = var.tags

  depends_on = [
    aws_sns_topic_policy.alerts,
    aws_sns_topic_policy.minor_alerts,
    aws_sns_topic_policy.major_alerts,
    aws_cloudwatch_metric_alarm.static,
    aws_cloudwatch_metric_alarm.anomaly,
  ]
}

# The watcher's heartbeat: an account that writes no management event for hours is rare, a
# trail that was stopped is not. It goes to the operations topic, past the notifier.
resource "aws_cloudwatch_metric_alarm" "heartbeat" {
  alarm_name          = "${var.name_prefix}-no-records"
  alarm_description   = "No CloudTrail record reached ${var.log_group_name} for ${var.heartbeat_hours} hours: the trail may be stopped, and reads of secrets go unseen."
  namespace           = "AWS/Logs"
  metric_name         = "IncomingLogEvents"
  dimensions          = { LogGroupName = var.log_group_name }
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = var.heartbeat_hours
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = [local.operations_topic_arn]
  tags                = var.tags
}
