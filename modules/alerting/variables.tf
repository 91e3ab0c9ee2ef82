locals {
  catalogue     = jsondecode(file("${path.module}/../../lambda_src/secretwatch/detect/catalogue.json"))
  formats       = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))
  channel_types = jsondecode(file("${path.module}/../../lambda_src/secretwatch/notify/channels/types.json"))
  our_headers   = jsondecode(file("${path.module}/../../lambda_src/secretwatch/notify/channels/our_headers.json"))

  # A name, not an ARN; with a slash inside it must begin with one. The length keeps IAM policies within their limits.
  ssm_name    = "^(/[A-Za-z0-9_.-]+){1,15}$|^[A-Za-z0-9_.-]+$"
  no_ssm_name = "^/?(?i:aws|ssm)"

  # The catalogue's detections, and whether each notifies; what stories tell anyway is not notified twice.
  defaults = { for name, d in local.catalogue.detections : name => merge(d, { notify = !(var.stories_are_notified && try(d.told_by_stories, false)) }) }

  # The alarms that a composite alarm may speak for.
  composable = [
    for name, d in local.defaults : name if !contains(var.disabled_alarms, name) && (name == "ReadOffHours" ? var.working_hours != null : true)
    && coalesce(try(var.alarm_overrides[name].notify, null), d.notify) && coalesce(try(var.alarm_overrides[name].severity, null), d.severity) != "critical"
  ]

  channel_cure = length(var.channels) == 0 ? "Leave it out, or write channels" : "Write one of ${join(", ", keys(var.channels))}"
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_/.#-]{1,512}$", var.log_group_name))
    error_message = "log_group_name: ${jsonencode(var.log_group_name)} is no name of a log group. Write its name, not its ARN: ${try(regex("log-group:([^:]+)", var.log_group_name)[0], "letters, digits and _ / . # - only")}."
  }
}

variable "audit_table_name" {
  description = "Name of the audit table, where the notifier claims what it sends; needed with channels, and read by nothing else."
  type        = string
  default     = null

  validation {
    condition     = length(var.channels) == 0 || var.audit_table_name != null
    error_message = "audit_table_name is missing: channels need the audit table, so that nothing is sent twice. Write the output table_name of modules/audit, or leave channels out."
  }
}

variable "create_alerts_topic" {
  description = "Whether to create the SNS topic for notifications, and for alarms of severity high and critical; if not, alerts_topic_arn is used."
  type        = bool
  default     = true
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "ARN of an existing SNS topic for notifications, and for alarms of severity high and critical, with create_alerts_topic = false; alarms below have a topic of their own. Its policy, and its key's, must allow cloudwatch.amazonaws.com to publish."
  type        = string
  default     = null

  validation {
    condition     = var.create_alerts_topic ? var.alerts_topic_arn == null : true
    error_message = "alerts_topic_arn: ${jsonencode(var.alerts_topic_arn)} is given while create_alerts_topic is true. Set create_alerts_topic = false to use it, or leave alerts_topic_arn out."
  }

  validation {
    condition     = var.create_alerts_topic ? true : var.alerts_topic_arn != null
    error_message = "alerts_topic_arn is missing: create_alerts_topic = false needs the ARN of your topic. Write alerts_topic_arn = \"arn:${local.partition}:sns:REGION:ACCOUNT:NAME\", or leave create_alerts_topic out."
  }

  validation {
    condition     = var.alerts_topic_arn == null ? true : can(regex("^arn:${local.partition}:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.alerts_topic_arn))
    error_message = "alerts_topic_arn: ${jsonencode(var.alerts_topic_arn)} is no ARN of a standard SNS topic (email and SMS cannot subscribe to a FIFO topic). Write arn:${local.partition}:sns:REGION:ACCOUNT:NAME."
  }

  validation {
    condition     = var.alerts_topic_arn == null ? true : try(split(":", var.alerts_topic_arn)[3] == local.region, true)
    error_message = "alerts_topic_arn: ${jsonencode(var.alerts_topic_arn)} is a topic of another region, which no alarm in ${local.region} can publish to. Write the ARN of a topic in ${local.region}."
  }
}

variable "own_role_names" {
  description = "Names, with IAM path, of our own roles that read secrets (the rotator's): their reads are recorded and not notified."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alarm_overrides" {
  description = "Detection → what differs from the catalogue: { SecretAccessedByRole = { threshold = 20, period = 300 }, SecretAccessed = { band_width = 4 } }. threshold is a count within period seconds; band_width, for SecretAccessed, is in standard deviations (higher means fewer alarms); severity is one of the catalogue's, and below high no phone and no inbox gets the alarm; notify says whether anybody does: what the stories of the complete path tell with who and why (SecretAccessedByRole, DeniedReads, RootRead, BatchRead, SecretTampering) is counted and on the dashboard, and beside those stories no alarm notifies of it unless notify is true. Terraform drops a misspelt attribute beside a right one without a word: look at the alarm in the plan."
  type = map(object({
    threshold  = optional(number)
    period     = optional(number)
    band_width = optional(number)
    severity   = optional(string)
    notify     = optional(bool)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for x in keys(var.alarm_overrides) : contains(keys(local.catalogue.detections), x)])
    error_message = "alarm_overrides: ${join(", ", [for x in keys(var.alarm_overrides) : jsonencode(x) if !(contains(keys(local.catalogue.detections), x))])} is no detection. Write one of ${join(", ", keys(local.catalogue.detections))}."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(anytrue([for value in o : value != null]), false)])
    error_message = "alarm_overrides: ${join(", ", [for name, o in var.alarm_overrides : jsonencode(name) if !(try(anytrue([for value in o : value != null]), false))])} sets nothing. Write one of threshold, period, band_width, severity and notify, each spelt so."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : !contains(var.disabled_alarms, name) && !(name == "ReadOffHours" && var.working_hours == null)])
    error_message = "alarm_overrides: ${join(", ", [for name, o in var.alarm_overrides : jsonencode(name) if !(!contains(var.disabled_alarms, name) && !(name == "ReadOffHours" && var.working_hours == null))])} has no alarm to override. Take it out of disabled_alarms; ReadOffHours needs working_hours."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(o.threshold, null) == null ? true : o.threshold >= 1 && o.threshold <= 1000000])
    error_message = "alarm_overrides: threshold of ${join(", ", [for name, o in var.alarm_overrides : "${name} (${o.threshold})" if !(try(o.threshold, null) == null ? true : o.threshold >= 1 && o.threshold <= 1000000)])} is not allowed. Write a count from 1 to 1000000; disabled_alarms switches an alarm off."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(o.threshold, null) == null ? true : !can(local.catalogue.detections[name].band_width)])
    error_message = "alarm_overrides: ${join(", ", [for name, o in var.alarm_overrides : name if !(try(o.threshold, null) == null ? true : !can(local.catalogue.detections[name].band_width))])} has a band and no threshold. Write band_width, in standard deviations, instead of threshold."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(o.period, null) == null ? true : o.period >= 60 && o.period <= 86400 && o.period % 60 == 0])
    error_message = "alarm_overrides: period of ${join(", ", [for name, o in var.alarm_overrides : "${name} (${o.period})" if !(try(o.period, null) == null ? true : o.period >= 60 && o.period <= 86400 && o.period % 60 == 0)])} is not allowed. Write a multiple of 60 seconds, a day (86400) at most."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(o.band_width, null) == null ? true : can(local.catalogue.detections[name].band_width) && o.band_width > 0 && o.band_width <= 100])
    error_message = "alarm_overrides: band_width of ${join(", ", [for name, o in var.alarm_overrides : "${name} (${o.band_width})" if !(try(o.band_width, null) == null ? true : can(local.catalogue.detections[name].band_width) && o.band_width > 0 && o.band_width <= 100)])} is not allowed. Write a number greater than 0 and at most 100, for SecretAccessed only: the others have a threshold."
  }

  validation {
    condition     = alltrue([for name, o in var.alarm_overrides : try(o.severity, null) == null ? true : contains(local.catalogue.severities, o.severity)])
    error_message = "alarm_overrides: severity of ${join(", ", [for name, o in var.alarm_overrides : "${name} (${jsonencode(o.severity)})" if !(try(o.severity, null) == null ? true : contains(local.catalogue.severities, o.severity))])} is unknown. Write ${join(", ", local.catalogue.severities)}."
  }

  validation {
    condition     = !anytrue([for name, o in var.alarm_overrides : try(anytrue([for value in o : value != null]) && alltrue([for attribute, value in o : value == null ? true : try(local.defaults[name][attribute] == value, false)]), false)])
    error_message = "alarm_overrides: ${join(", ", [for name, o in var.alarm_overrides : "${name} = ${jsonencode({ for attribute, value in o : attribute => value if value != null })}" if try(anytrue([for value in o : value != null]) && alltrue([for attribute, value in o : value == null ? true : try(local.defaults[name][attribute] == value, false)]), false)])} has no effect: it is so by default. Leave it out, or write what should differ."
  }
}

variable "stories_are_notified" {
  description = "Whether modules/summarization is deployed on the same log group and notifies: what its stories tell is then notified by no alarm too, unless alarm_overrides says so."
  type        = bool
  default     = false
  nullable    = false
}

variable "disabled_alarms" {
  description = "Detections that are neither counted nor alarmed on, such as [\"BatchRead\"]."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.disabled_alarms : try(contains(keys(local.catalogue.detections), x), false)])
    error_message = "disabled_alarms: ${join(", ", [for x in var.disabled_alarms : jsonencode(x) if !(try(contains(keys(local.catalogue.detections), x), false))])} is no detection. Write one of ${join(", ", keys(local.catalogue.detections))}."
  }
}

variable "working_hours" {
  description = "Hours in UTC, such as { from = 8, to = 18 }, outside which reads by people raise the alarm ReadOffHours; null for no such alarm. Terraform drops a misspelt attribute beside a right one without a word: there is no other, no time zone either."
  type        = object({ from = number, to = number })
  default     = null

  validation {
    condition     = var.working_hours == null ? true : try(var.working_hours.from >= 0 && var.working_hours.from < var.working_hours.to && var.working_hours.to <= 24 && floor(var.working_hours.from) == var.working_hours.from && floor(var.working_hours.to) == var.working_hours.to, false)
    error_message = "working_hours: ${jsonencode(var.working_hours)} is not allowed. Write whole hours of a day in UTC, from before to, such as { from = 8, to = 18 }."
  }

  validation {
    condition     = var.working_hours == null ? true : try(var.working_hours.to - var.working_hours.from < 24, true)
    error_message = "working_hours: ${jsonencode(var.working_hours)} leaves no hour outside, so that ReadOffHours would never go off. Write shorter hours, or leave working_hours out."
  }

  validation {
    condition     = var.working_hours == null ? true : !contains(var.disabled_alarms, "ReadOffHours")
    error_message = "working_hours: ${jsonencode(var.working_hours)} has no effect while ReadOffHours is in disabled_alarms. Leave one of the two out."
  }

  validation {
    condition     = var.working_hours != null || !contains(var.disabled_alarms, "ReadOffHours")
    error_message = "disabled_alarms: \"ReadOffHours\" has no effect without working_hours, which that alarm needs. Leave it out."
  }
}

variable "enable_composite_alarm" {
  description = "Whether one composite alarm notifies for all detections that notify but the critical ones, so that several that go off together are notified once; it is as severe as the worst of them."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.enable_composite_alarm || length(local.composable) > 0
    error_message = "enable_composite_alarm: true needs an alarm that notifies and is not critical. Take one out of disabled_alarms, set notify = true for one in alarm_overrides, or set enable_composite_alarm = false."
  }
}

variable "heartbeat_hours" {
  description = "Hours without any CloudTrail record after which an alarm goes to the operations topic."
  type        = number
  default     = 6
  nullable    = false

  validation {
    condition     = var.heartbeat_hours >= 1 && var.heartbeat_hours <= 24 && floor(var.heartbeat_hours) == var.heartbeat_hours
    error_message = "heartbeat_hours: ${var.heartbeat_hours} is not allowed. Write a whole number of hours from 1 to 24."
  }
}

variable "enable_dashboard" {
  description = "Whether to create a CloudWatch dashboard (3 USD a month beyond an account's first three) and saved Logs Insights queries."
  type        = bool
  default     = true
  nullable    = false
}

variable "watched_function_names" {
  description = "Names of the deployment's other functions, shown on the dashboard."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "alert_emails" {
  description = "Addresses that get notifications and alarms of severity high and critical; each has to confirm its subscription. They must be known at plan: subscribe an address of the same apply to the output alerts_topic_arn."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.alert_emails : can(regex("^${local.formats.email}$", x))])
    error_message = "alert_emails: ${join(", ", [for x in var.alert_emails : jsonencode(x) if !(can(regex("^${local.formats.email}$", x)))])} is no email address. Write addresses such as security@example.com."
  }
}

variable "alert_phone_numbers" {
  description = "Phone numbers (E.164, +4915112345678) that get notifications and alarms of severity high and critical, by SMS. A new account sends SMS only to numbers verified in the SMS sandbox, has a spending limit of 1 USD a month, and in some countries needs an origination identity. They must be known at plan, as alert_emails."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.alert_phone_numbers : can(regex("^\\+[1-9][0-9]{6,14}$", x))])
    error_message = "alert_phone_numbers: ${join(", ", [for x in var.alert_phone_numbers : jsonencode(x) if !(can(regex("^\\+[1-9][0-9]{6,14}$", x)))])} is no phone number in E.164 form. Write + and country code, without spaces, such as +4915112345678."
  }
}

variable "channels" {
  description = "Name of your choice → channel that is notified (docs/channels.md). type is slack, slack_bot, teams, pagerduty or webhook (any HTTPS endpoint: docs/webhook.md). minimum_severity is info, low, medium, high or critical. webhook_parameter is the SSM SecureString with the webhook's URL, which may be in webhook_urls instead; with PagerDuty's integration key; or, for slack_bot, with the bot's token, and slack_channel is the id of the Slack channel. digest says whether the daily digest goes there: slack, slack_bot and teams have it unless it is false, the others if it is true, a channel of channel_secrets never. mention (@here, @channel, or the id of a user group) is called in Slack from mention_severity on. Terraform drops a misspelt attribute beside a right one without a word: these seven are all."
  type = map(object({
    type              = string
    minimum_severity  = string
    webhook_parameter = optional(string)
    digest            = optional(bool)
    slack_channel     = optional(string)
    mention           = optional(string)
    mention_severity  = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = length(var.channels) <= 50
    error_message = "channels: ${length(var.channels)} are given, and the notifier takes 50. Use several deployments, or subscribe to the output alerts_topic_arn."
  }

  validation {
    condition     = alltrue([for x in keys(var.channels) : can(regex("^[A-Za-z0-9_-]{1,38}$", x)) && !endswith(x, "-dead-letters")])
    error_message = "channels: ${join(", ", [for x in keys(var.channels) : jsonencode(x) if !(can(regex("^[A-Za-z0-9_-]{1,38}$", x)) && !endswith(x, "-dead-letters"))])} is no name for a channel. Write 1 to 38 letters, digits, - and _, not ending with -dead-letters: queues are named after it."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(contains(keys(local.channel_types), c.type), false)])
    error_message = "channels: type of ${join(", ", [for name, c in var.channels : "${name} (${try(jsonencode(c.type), "null")})" if !(try(contains(keys(local.channel_types), c.type), false))])} is unknown. Write ${join(", ", keys(local.channel_types))}."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(contains(local.catalogue.severities, c.minimum_severity), false)])
    error_message = "channels: minimum_severity of ${join(", ", [for name, c in var.channels : "${name} (${try(jsonencode(c.minimum_severity), "null")})" if !(try(contains(local.catalogue.severities, c.minimum_severity), false))])} is unknown. Write ${join(", ", local.catalogue.severities)}."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(c.webhook_parameter, null) == null ? true : can(regex(local.ssm_name, c.webhook_parameter)) && !can(regex(local.no_ssm_name, c.webhook_parameter)) && length(c.webhook_parameter) <= 200])
    error_message = "channels: webhook_parameter of ${join(", ", [for name, c in var.channels : "${name} (${jsonencode(c.webhook_parameter)})" if !(try(c.webhook_parameter, null) == null ? true : can(regex(local.ssm_name, c.webhook_parameter)) && !can(regex(local.no_ssm_name, c.webhook_parameter)) && length(c.webhook_parameter) <= 200)])} is no name of an SSM parameter. Store the URL, key or token in an SSM SecureString and write its name (no URL, no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /secretwatch/slack."
  }
  validation {
    condition     = alltrue([for name, c in var.channels : try(local.channel_types[c.type].names_a_slack_channel, false) ? can(regex("^${local.formats.slack_channel}$", c.slack_channel)) : true])
    error_message = "channels: slack_channel of ${join(", ", [for name, c in var.channels : "${name} (${try(jsonencode(c.slack_channel), "null")})" if !(try(local.channel_types[c.type].names_a_slack_channel, false) ? can(regex("^${local.formats.slack_channel}$", c.slack_channel)) : true)])} is no id of a Slack channel. Write what Slack shows at the end of the channel's details, such as C0123456789, not its name."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(c.slack_channel, null) == null ? true : try(local.channel_types[c.type].names_a_slack_channel, true)])
    error_message = "channels: slack_channel of ${join(", ", [for name, c in var.channels : "${name} (${jsonencode(c.slack_channel)})" if !(try(c.slack_channel, null) == null ? true : try(local.channel_types[c.type].names_a_slack_channel, true))])} has no effect: the URL of a webhook says where its messages go. Leave it out, or use type slack_bot."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(c.mention, null) == null ? true : can(regex("^${local.formats.mention}$", c.mention))])
    error_message = "channels: mention of ${join(", ", [for name, c in var.channels : "${name} (${jsonencode(c.mention)})" if !(try(c.mention, null) == null ? true : can(regex("^${local.formats.mention}$", c.mention)))])} is nobody whom Slack can call. Write @here, @channel, or the id of a user group, such as S0123456789."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(c.mention, null) == null ? true : try(local.channel_types[c.type].mentions, true)])
    error_message = "channels: mention of ${join(", ", [for name, c in var.channels : "${name} (${jsonencode(c.mention)})" if !(try(c.mention, null) == null ? true : try(local.channel_types[c.type].mentions, true))])} is for Slack. Leave it out, or use type slack or slack_bot."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : try(c.mention, null) == null ? try(c.mention_severity, null) == null : try(contains(local.catalogue.severities, c.mention_severity), false)])
    error_message = "channels: mention_severity of ${join(", ", [for name, c in var.channels : "${name} (${try(jsonencode(c.mention_severity), "null")})" if !(try(c.mention, null) == null ? try(c.mention_severity, null) == null : try(contains(local.catalogue.severities, c.mention_severity), false))])} is not allowed. Write mention and mention_severity together: from which severity on they are called, ${join(", ", local.catalogue.severities)}."
  }
}

variable "channel_secrets" {
  description = "Channel → patterns of secret names: it gets only what is about those secrets, such as { team-a = [\"team-a/*\"] }. A channel that is not named here gets everything."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for x in keys(var.channel_secrets) : contains(keys(var.channels), x)])
    error_message = "channel_secrets: ${join(", ", [for x in keys(var.channel_secrets) : jsonencode(x) if !(contains(keys(var.channels), x))])} is no channel. ${local.channel_cure}."
  }

  validation {
    condition     = alltrue(flatten([for patterns in var.channel_secrets : [for p in coalesce(patterns, []) : can(regex("^${local.formats.secret_names}$", p))]]))
    error_message = "channel_secrets: ${join(", ", flatten([for patterns in var.channel_secrets : [for p in coalesce(patterns, []) : jsonencode(p) if !can(regex("^${local.formats.secret_names}$", p))]]))} can match no name of a secret. Write patterns of names, not of ARNs: letters, digits and /_+=.@!- with * and ?, such as [\"team-a/*\"]."
  }

  validation {
    condition     = alltrue([for name, patterns in var.channel_secrets : try(length(patterns) > 0, false)])
    error_message = "channel_secrets: ${join(", ", [for name, patterns in var.channel_secrets : name if !(try(length(patterns) > 0, false))])} has no pattern. Write patterns of secret names, such as [\"team-a/*\"], or leave it out: it gets everything then."
  }

  validation {
    # Two channels on one webhook make sense where each has secrets of its own, and only there.
    condition     = alltrue([for name, c in var.channels : try(c.webhook_parameter, null) == null ? true : !anytrue([for other, d in var.channels : try(other != name && d.webhook_parameter == c.webhook_parameter && (d.type != c.type || length(lookup(var.channel_secrets, name, [])) == 0 || length(lookup(var.channel_secrets, other, [])) == 0 || toset(lookup(var.channel_secrets, name, [])) == toset(lookup(var.channel_secrets, other, []))), false)])])
    error_message = "channels: webhook_parameter of ${join(", ", [for name, c in var.channels : "${name} (${jsonencode(c.webhook_parameter)})" if try(c.webhook_parameter, null) == null ? false : anytrue([for other, d in var.channels : try(other != name && d.webhook_parameter == c.webhook_parameter && (d.type != c.type || length(lookup(var.channel_secrets, name, [])) == 0 || length(lookup(var.channel_secrets, other, [])) == 0 || toset(lookup(var.channel_secrets, name, [])) == toset(lookup(var.channel_secrets, other, []))), false)])])} is one and the same, so that notifications come twice, or in a form that their receiver does not take. Leave one of the channels out, or give each secrets of its own in channel_secrets."
  }
}

variable "signing_key_parameters" {
  description = "Channel of type webhook → name of the SSM SecureString with the key that signs its requests (docs/webhook.md)."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for x in keys(var.signing_key_parameters) : contains(keys(var.channels), x)])
    error_message = "signing_key_parameters: ${join(", ", [for x in keys(var.signing_key_parameters) : jsonencode(x) if !(contains(keys(var.channels), x))])} is no channel. ${local.channel_cure}."
  }

  validation {
    condition     = alltrue([for x in keys(var.signing_key_parameters) : try(local.channel_types[var.channels[x].type].signs, true)])
    error_message = "signing_key_parameters: ${join(", ", [for x in keys(var.signing_key_parameters) : jsonencode(x) if !(try(local.channel_types[var.channels[x].type].signs, true))])} is of a type whose receiver checks no signature. Leave it out, or use type webhook."
  }

  validation {
    condition     = alltrue([for name, x in var.signing_key_parameters : can(regex(local.ssm_name, x)) && !can(regex(local.no_ssm_name, x)) && length(x) <= 200])
    error_message = "signing_key_parameters: ${join(", ", [for name, x in var.signing_key_parameters : "${name} (${jsonencode(x)})" if !(can(regex(local.ssm_name, x)) && !can(regex(local.no_ssm_name, x)) && length(x) <= 200)])} is no name of an SSM parameter. Store the key in an SSM SecureString and write its name (no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /secretwatch/pager-key."
  }

  validation {
    condition     = alltrue([for name, x in var.signing_key_parameters : try(var.channels[name].webhook_parameter != x, true)])
    error_message = "signing_key_parameters: ${join(", ", [for name, x in var.signing_key_parameters : "${name} (${jsonencode(x)})" if !(try(var.channels[name].webhook_parameter != x, true))])} is the channel's webhook_parameter: its URL would be the key. Store the key in another SSM SecureString and write its name."
  }
}

variable "header_parameters" {
  description = "Channel of type webhook → header → name of the SSM SecureString with its value, such as { siem = { Authorization = \"/siem/authorization\" } }: sent with every request."
  type        = map(map(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for x in keys(var.header_parameters) : contains(keys(var.channels), x)])
    error_message = "header_parameters: ${join(", ", [for x in keys(var.header_parameters) : jsonencode(x) if !(contains(keys(var.channels), x))])} is no channel. ${local.channel_cure}."
  }

  validation {
    condition     = alltrue([for x in keys(var.header_parameters) : try(local.channel_types[var.channels[x].type].takes_headers, true)])
    error_message = "header_parameters: ${join(", ", [for x in keys(var.header_parameters) : jsonencode(x) if !(try(local.channel_types[var.channels[x].type].takes_headers, true))])} is of a type that has its own headers. Leave it out, or use type webhook."
  }

  validation {
    condition     = alltrue(flatten([for headers in var.header_parameters : [for h in keys(coalesce(headers, {})) : !(!can(regex("^${local.formats.header_name}$", h)) || contains(local.our_headers, lower(h)))]]))
    error_message = "header_parameters: ${join(", ", flatten([for headers in var.header_parameters : [for h in keys(coalesce(headers, {})) : jsonencode(h) if !can(regex("^${local.formats.header_name}$", h)) || contains(local.our_headers, lower(h))]]))} is no name of a header, or one that is sent anyway. Write up to 64 letters, digits and -, such as Authorization; not ${join(", ", local.our_headers)}."
  }

  validation {
    condition     = alltrue(flatten([for headers in var.header_parameters : [for x in values(coalesce(headers, {})) : !(!try(can(regex(local.ssm_name, x)) && !can(regex(local.no_ssm_name, x)) && length(x) <= 200, false))]]))
    error_message = "header_parameters: ${join(", ", flatten([for headers in var.header_parameters : [for x in values(coalesce(headers, {})) : jsonencode(x) if !try(can(regex(local.ssm_name, x)) && !can(regex(local.no_ssm_name, x)) && length(x) <= 200, false)]]))} is no name of an SSM parameter. Store the header's value in an SSM SecureString and write its name (no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /siem/authorization."
  }

  validation {
    condition     = alltrue([for headers in var.header_parameters : try(length(headers) > 0, false)])
    error_message = "header_parameters: ${join(", ", [for name, headers in var.header_parameters : name if !(try(length(headers) > 0, false))])} has no header. Write one, such as { Authorization = \"/siem/authorization\" }, or leave it out."
  }

  validation {
    condition     = length(flatten([for headers in var.header_parameters : keys(coalesce(headers, {}))])) <= 100
    error_message = "header_parameters: ${length(flatten([for headers in var.header_parameters : keys(coalesce(headers, {}))]))} headers are given, and the notifier's role takes 100. Leave some out, or use several deployments."
  }
}

variable "webhook_urls" {
  description = "Channel → URL of its webhook, for those of type slack, teams and webhook without webhook_parameter: stored in SSM, never in state or plan. Needs webhook_url_versions."
  type        = map(string)
  default     = {}
  nullable    = false
  ephemeral   = true
  sensitive   = true

  validation {
    # An error message may show nothing of an ephemeral value, its keys included.
    condition     = alltrue([for url in values(var.webhook_urls) : can(regex("^${local.formats.webhook_url}$", url))])
    error_message = "webhook_urls: one is no URL: it is null, does not start with https://, or has no host, or a space or another character that URLs do not have. Write the whole URL, such as https://hooks.slack.com/…."
  }

  validation {
    condition     = length(setsubtract(keys(var.webhook_urls), keys(var.webhook_url_versions))) == 0 && length(setsubtract(keys(var.webhook_url_versions), keys(var.webhook_urls))) == 0
    error_message = "webhook_urls must have the same channels as webhook_url_versions, which has ${length(var.webhook_url_versions) == 0 ? "none" : join(", ", keys(var.webhook_url_versions))}. Give each of them its URL, and each URL its number, 1 at first."
  }
}

variable "webhook_url_versions" {
  description = "Channel → whole number, raised when its URL in webhook_urls changes: Terraform cannot see that by itself. Names the channels whose URL is in webhook_urls."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, c in var.channels : contains(keys(var.webhook_url_versions), name) ? true : try(c.webhook_parameter, null) != null])
    error_message = "channels: ${join(", ", [for name, c in var.channels : name if !(contains(keys(var.webhook_url_versions), name) ? true : try(c.webhook_parameter, null) != null)])} has no URL, key or token. Write webhook_parameter, the name of the SSM parameter that holds it; a URL may be given in webhook_urls instead, with { NAME = 1 } in webhook_url_versions."
  }

  validation {
    condition     = alltrue([for x in keys(var.webhook_url_versions) : try(local.channel_types[var.channels[x].type].holds_a_url, true)])
    error_message = "webhook_url_versions: ${join(", ", [for x in keys(var.webhook_url_versions) : jsonencode(x) if !(try(local.channel_types[var.channels[x].type].holds_a_url, true))])} is of a type that has a key and no URL. Store the key in an SSM SecureString, and write its name in webhook_parameter."
  }

  validation {
    condition     = alltrue([for name, c in var.channels : contains(keys(var.webhook_url_versions), name) ? try(c.webhook_parameter, null) == null : true])
    error_message = "channels: ${join(", ", [for name, c in var.channels : name if !(contains(keys(var.webhook_url_versions), name) ? try(c.webhook_parameter, null) == null : true)])} has a webhook_parameter and a webhook_url_versions. Leave one of the two out."
  }

  validation {
    condition     = alltrue([for x in keys(var.webhook_url_versions) : contains(keys(var.channels), x)])
    error_message = "webhook_url_versions: ${join(", ", [for x in keys(var.webhook_url_versions) : jsonencode(x) if !(contains(keys(var.channels), x))])} is no channel. ${local.channel_cure}."
  }

  validation {
    condition     = alltrue([for name, x in var.webhook_url_versions : try(x >= 1 && floor(x) == x, false)])
    error_message = "webhook_url_versions: ${join(", ", [for name, x in var.webhook_url_versions : "${name} (${jsonencode(x)})" if !(try(x >= 1 && floor(x) == x, false))])} is not allowed. Write a whole number, 1 at first, and a greater one whenever the URL changes."
  }
}

variable "notify_recoveries" {
  description = "Whether the end of an alarm, and missing data, is notified too."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for topics, parameters, logs and queues; its policy must allow CloudWatch to publish to encrypted topics."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles, or null for none."
  type        = string
  default     = null
}

variable "iam_path" {
  description = "IAM path of all roles and policies, such as /security/."
  type        = string
  default     = "/"
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "digest_emails" {
  description = "Addresses that get the daily digest by email, and nothing else; each has to confirm its subscription. An address may be in alert_emails too. They must be known at plan, as alert_emails."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.digest_emails : can(regex("^${local.formats.email}$", x))])
    error_message = "digest_emails: ${join(", ", [for x in var.digest_emails : jsonencode(x) if !(can(regex("^${local.formats.email}$", x)))])} is no email address. Write addresses such as security@example.com."
  }
}

variable "operations_emails" {
  description = "Addresses that get alarms on the system's own failures, as those of alert_emails do. They do not go through the notifier, which may be what failed; each has to confirm its subscription. Needed where channels are the only ones that are notified."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.operations_emails : can(regex("^${local.formats.email}$", x))])
    error_message = "operations_emails: ${join(", ", [for x in var.operations_emails : jsonencode(x) if !(can(regex("^${local.formats.email}$", x)))])} is no email address. Write addresses such as operations@example.com."
  }

  validation {
    condition     = length(var.channels) == 0 ? true : length(var.operations_emails) + length(var.alert_emails) + length(var.alert_phone_numbers) > 0
    error_message = "operations_emails: is empty, and so are alert_emails and alert_phone_numbers: nobody would hear that the notifier fails, since all channels go through it. Write operations_emails = [\"operations@example.com\"]."
  }
}

variable "deployer_role_arns" {
  description = "ARNs of the IAM roles that deploy this, as many as a filter pattern has room for (one of 240 characters, two of 90): what they change in its parts is no TrailTampering. Everybody else's changes are, an administrator's too. Roles only: what an IAM user or the root user deploys is TrailTampering every time."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.deployer_role_arns : can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_role}$", x))])
    error_message = "deployer_role_arns: ${join(", ", [for x in var.deployer_role_arns : jsonencode(x) if !can(regex("^arn:${local.partition}:iam::[0-9]{12}:${local.formats.iam_role}$", x))])} is no ARN of an IAM role. Write arn:${local.partition}:iam::ACCOUNT:role/NAME, with its path, not the ARN of an assumed role; IAM users and the root user cannot be left out."
  }

  validation {
    condition     = length(join("", var.deployer_role_arns)) + 57 * length(var.deployer_role_arns) <= 300
    error_message = "deployer_role_arns: ${length(var.deployer_role_arns)} of ${length(join("", var.deployer_role_arns))} characters in all are too much for a filter pattern, which has 1,024. Write one ARN of at most 240 characters, or two of 90, such as one role for all deployments."
  }
}

variable "trail_name" {
  description = "Name of the trail that delivers to log_group_name, so that whoever stops or changes it raises TrailTampering; null where it is not known."
  type        = string
  default     = null

  validation {
    condition     = var.trail_name == null ? true : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{1,126}[A-Za-z0-9]$", var.trail_name))
    error_message = "trail_name: ${jsonencode(var.trail_name)} is no name of a trail. Write its name, not its ARN."
  }
}

variable "watched_bucket_names" {
  description = "Names of the deployment's buckets: whoever changes or deletes one of them, or its policy, raises TrailTampering."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "parameter_kms_key_arns" {
  description = "ARNs of the KMS keys that the SSM parameters of webhook_parameter, signing_key_parameters and header_parameters are encrypted with, where they are neither the key of this deployment nor alias/aws/ssm."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.parameter_kms_key_arns : can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", x))])
    error_message = "parameter_kms_key_arns: ${join(", ", [for x in var.parameter_kms_key_arns : jsonencode(x) if !can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", x))])} is no ARN of a KMS key in this region. Write arn:${local.partition}:kms:${local.region}:ACCOUNT:key/ID, no alias."
  }

  validation {
    condition     = length(var.parameter_kms_key_arns) <= 8
    error_message = "parameter_kms_key_arns: ${length(var.parameter_kms_key_arns)} keys are more than the notifier's environment has room for, and Lambda would refuse it at apply. Encrypt the parameters with 8 keys at most."
  }

  validation {
    condition     = length(var.parameter_kms_key_arns) == 0 || length(var.channels) > 0
    error_message = "parameter_kms_key_arns: ${jsonencode(var.parameter_kms_key_arns)} has no effect without channels, whose parameters are encrypted with those keys. Give channels, or leave it out."
  }
}

variable "canary_paths" {
  description = "Paths that bring the canary's reads: logs, events; none without a canary."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.canary_paths, ["logs", "events"])) == 0
    error_message = "canary_paths: ${jsonencode(var.canary_paths)} is not allowed. Write some of logs and events."
  }
}

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one that other accounts or regions forward their events to. This account's own events come to its default bus: forward them too, as examples/organization does."
  type        = string
  default     = "default"
  nullable    = false
}

variable "alerts_topic_kms_key_arn" {
  description = "ARN of the KMS key that the topic of alerts_topic_arn is encrypted with, where that is not the key of this deployment: the functions that publish may use it, and to take it away is KeyTampering."
  type        = string
  default     = null
}

variable "trail_bucket_kms_key_arn" {
  description = "ARN of the KMS key of the log files in trail_bucket_name, where that is not the key of this deployment: QuickSight's role may use it, and to take it away is KeyTampering."
  type        = string
  default     = null
}
