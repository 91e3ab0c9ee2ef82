# A CloudWatch dashboard, and saved Logs Insights queries on the trail's log group.

locals {
  # File name → what Logs Insights calls it; the questions are files, so that they can be read.
  insights = { for file in fileset("${path.module}/insights", "*.cwl") : trimsuffix(file, ".cwl") => file("${path.module}/insights/${file}") }

  detection_metrics = [for name in keys(local.detections) : [local.namespace, name]]
  functions         = local.function_names

  # CloudWatch refuses a widget without a metric or alarm. AWS: "Dashboard Body Structure and Syntax".
  widgets = [for widget in local.all_widgets : widget if try(length(widget.properties.metrics) > 0, true) && try(length(widget.properties.alarms) > 0, true)]

  all_widgets = [
    { type = "metric", x = 0, y = 0, width = 16, height = 6, properties = {
      title = "What was counted", region = local.region, view = "timeSeries", stat = "Sum", period = 300, metrics = local.detection_metrics
    } },
    { type = "alarm", x = 16, y = 0, width = 8, height = 6, properties = {
      title = "Alarms", alarms = [for name in keys(local.detections) : "arn:${local.partition}:cloudwatch:${local.region}:${local.account_id}:alarm:${var.name_prefix}-${name}"]
    } },
    { type = "log", x = 0, y = 6, width = 12, height = 6, properties = {
      title = "Readers", region = local.region, view = "table", query = "SOURCE '${var.log_group_name}' | ${local.insights["reads_by_principal"]}"
    } },
    { type = "log", x = 12, y = 6, width = 12, height = 6, properties = {
      title = "Denied", region = local.region, view = "table", query = "SOURCE '${var.log_group_name}' | ${local.insights["denied"]}"
    } },
    { type = "metric", x = 0, y = 12, width = 8, height = 6, properties = {
      title   = "Our functions: errors and throttles", region = local.region, view = "timeSeries", stat = "Sum", period = 300
      metrics = concat([for name in local.functions : ["AWS/Lambda", "Errors", "FunctionName", name]], [for name in local.functions : ["AWS/Lambda", "Throttles", "FunctionName", name]])
    } },
    { type = "metric", x = 8, y = 12, width = 8, height = 6, properties = {
      title   = "Our functions: duration", region = local.region, view = "timeSeries", stat = "p95", period = 300
      metrics = [for name in local.functions : ["AWS/Lambda", "Duration", "FunctionName", name]]
    } },
    { type = "metric", x = 16, y = 12, width = 8, height = 6, properties = {
      title   = "Dead letters", region = local.region, view = "timeSeries", stat = "Maximum", period = 300
      metrics = [for name in concat(local.functions, values(local.channel_queues)) : ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${name}-dead-letters"]]
    } },
    { type = "metric", x = 0, y = 18, width = 24, height = 6, properties = {
      title   = "Seconds from a read of the canary to us, by path", region = local.region, view = "timeSeries", period = 3600
      metrics = [for pair in setproduct(var.canary_paths, ["p50", "p95"]) : [local.namespace, "CanaryDelay", "Path", pair[0], { stat = pair[1], label = "${pair[0]} ${pair[1]}" }]]
    } },
  ]
}

resource "aws_cloudwatch_dashboard" "secrets" {
  count = var.enable_dashboard ? 1 : 0

  dashboard_name = "${var.name_prefix}-secrets"
  dashboard_body = jsonencode({ widgets = local.widgets })
}

resource "aws_cloudwatch_query_definition" "saved" {
  for_each = var.enable_dashboard ? local.insights : {}

  name            = "${var.name_prefix}/${each.key}"
  log_group_names = [var.log_group_name]
  query_string    = each.value
}
