# A model that cannot be used makes no error: notifications go out with the facts alone. That it lasts is
# seen in the function's own log, whatever the cause: no access, Anthropic's form not filled in, the
# Marketplace, a region, a parameter that the model refuses, throttling. AWS: "Request access to models".

resource "aws_cloudwatch_log_metric_filter" "model_failures" {
  count = local.model == null ? 0 : 1

  name           = "${var.name_prefix}-model-failures"
  log_group_name = "/aws/lambda/${module.summarizer.function_name}"
  pattern        = "{ $.message = \"facts only\" && $.reason = \"the model failed*\" }"

  metric_transformation {
    namespace     = "SecretWatch/${var.name_prefix}"
    name          = "ModelFailures"
    value         = "1"
    default_value = "0"
    unit          = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "model_failures" {
  count = local.model == null ? 0 : 1

  alarm_name          = "${var.name_prefix}-model-failures"
  alarm_description   = "${local.model} failed three times or more within an hour: notifications go out with the facts alone, and each try is paid from model_calls_per_hour. The log of ${module.summarizer.function_name} has the error code: AccessDeniedException means that the model is not enabled in ${local.model_region}, ValidationException that it refuses a parameter."
  namespace           = "SecretWatch/${var.name_prefix}"
  metric_name         = aws_cloudwatch_log_metric_filter.model_failures[0].metric_transformation[0].name
  statistic           = "Sum"
  period              = 3600
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 3
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
