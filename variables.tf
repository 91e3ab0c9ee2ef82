# --- everywhere ------------------------------------------------------------------------------

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,18}[a-z0-9]$", var.name_prefix))
    error_message = "name_prefix: ${jsonencode(var.name_prefix)} is not allowed. Write 2 to 20 lower-case letters, digits and hyphens that start with a letter and do not end with a hyphen: names of buckets and roles are built from it, and AWS limits their length."
  }

  validation {
    # SSM refuses parameters that start with aws or ssm, S3 buckets with the others; AWS has made workgroup primary and database default.
    condition     = !can(regex("^(aws|ssm|xn--|sthree-|amzn-s3-demo-)|^(primary|default)$", var.name_prefix))
    error_message = "name_prefix: ${jsonencode(var.name_prefix)} is reserved by AWS (SSM parameters cannot start with aws or ssm, S3 buckets with xn--, sthree- or amzn-s3-demo-; primary and default exist in Athena and Glue). Write another one, such as secretwatch."
  }

  validation {
    # AWS: "Naming requirements for CloudTrail resources, S3 buckets, and KMS keys".
    condition     = !strcontains(var.name_prefix, "--")
    error_message = "name_prefix: ${jsonencode(var.name_prefix)} has two hyphens in a row, which CloudTrail takes in no trail's name. Write ${jsonencode(replace(var.name_prefix, "/-+/", "-"))}."
  }
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for x in keys(var.tags) : !startswith(lower(x), "aws:")])
    error_message = "tags: ${join(", ", [for x in keys(var.tags) : jsonencode(x) if !(!startswith(lower(x), "aws:"))])} is reserved by AWS. Write keys that do not start with aws:."
  }

  validation {
    condition     = length(var.tags) <= 50
    error_message = "tags: ${length(var.tags)} are given, and AWS takes 50 of a resource. Leave ${length(var.tags) - 50} out."
  }

  validation {
    condition     = alltrue([for x, value in var.tags : can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", x)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value))])
    error_message = "tags: ${join(", ", [for x, value in var.tags : "${jsonencode(x)} = ${jsonencode(value)}" if !(can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{1,128}$", x)) && can(regex("^[\\p{L}\\p{Z}\\p{N}_.:/=+@-]{0,256}$", value)))])} is no tag that AWS takes. Write keys of 1 to 128 and values of at most 256 letters, digits, spaces and _ . : / = + - @."
  }
}

variable "iam_path" {
  description = "IAM path of all roles and policies, such as /security/."
  type        = string
  default     = "/"
  nullable    = false

  validation {
    condition     = can(regex("^/([A-Za-z0-9._+=,@-]+/)*$", var.iam_path))
    error_message = "iam_path: ${jsonencode(var.iam_path)} is no IAM path. It begins and ends with a slash, and has letters, digits and . _ + = , @ - between slashes: write /${join("", [for part in compact(split("/", replace(var.iam_path, "/[^A-Za-z0-9._+=,@\\/-]/", ""))) : "${part}/"])}."
  }

  validation {
    condition     = length(var.iam_path) <= 512
    error_message = "iam_path: ${jsonencode(var.iam_path)} has ${length(var.iam_path)} characters, and IAM takes 512. Write a shorter one, such as /security/."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null ? true : can(regex("^arn:${local.partition}:iam::([0-9]{12}|aws):${local.formats.iam_policy}$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn: ${jsonencode(var.permissions_boundary_arn)} is no ARN of an IAM policy. Write arn:${local.partition}:iam::ACCOUNT:policy/NAME."
  }

  validation {
    condition     = var.permissions_boundary_arn == null ? true : try(contains([local.account_id, "aws"], split(":", var.permissions_boundary_arn)[4]), true)
    error_message = "permissions_boundary_arn: ${jsonencode(var.permissions_boundary_arn)} is a policy of another account. IAM takes boundaries of the role's own account: write arn:${local.partition}:iam::${local.account_id}:policy/NAME."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy also deletes the stored data: log files, summaries, query results and the audit table."
  type        = bool
  default     = false
  nullable    = false
}

# --- existing resources to use instead of creating new ones ----------------------------------

variable "create_kms_key" {
  description = "Whether to create a KMS key for everything that is stored; if not, kms_key_arn is used."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of an existing KMS key to use with create_kms_key = false; its policy must have the statements of modules/kms_key_policy."
  type        = string
  default     = null

  validation {
    condition     = var.create_kms_key ? var.kms_key_arn == null : true
    error_message = "kms_key_arn: ${jsonencode(var.kms_key_arn)} is given while create_kms_key is true. Set create_kms_key = false to use it, or leave kms_key_arn out."
  }

  validation {
    condition     = var.create_kms_key ? true : var.kms_key_arn != null
    error_message = "kms_key_arn is missing: create_kms_key = false needs the ARN of your key. Write kms_key_arn = \"arn:${local.partition}:kms:REGION:ACCOUNT:key/ID\", or leave create_kms_key out."
  }

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:${local.partition}:kms:[a-z0-9-]+:[0-9]{12}:${local.formats.kms_key}$", var.kms_key_arn))
    error_message = "kms_key_arn: ${jsonencode(var.kms_key_arn)} is no ARN of a key. IAM policies take neither aliases nor ids: write arn:${local.partition}:kms:REGION:ACCOUNT:key/ID (of an alias, the data source aws_kms_alias has it as target_key_arn)."
  }

  validation {
    condition     = var.kms_key_arn == null ? true : try(split(":", var.kms_key_arn)[3] == local.region, true)
    error_message = "kms_key_arn: ${jsonencode(var.kms_key_arn)} is a key of another region, which nothing in ${local.region} can use. Write the ARN of a key in ${local.region}."
  }
}

variable "alerts_topic_kms_key_arn" {
  description = "ARN of the KMS key that the topic of alerts_topic_arn is encrypted with, where that is not the key of this deployment: the functions that publish may use it, and to take it away is KeyTampering."
  type        = string
  default     = null

  validation {
    condition     = var.alerts_topic_kms_key_arn == null || !var.create_alerts_topic
    error_message = "alerts_topic_kms_key_arn: ${jsonencode(var.alerts_topic_kms_key_arn)} has no effect with create_alerts_topic = true: the topic that is created here has the key of this deployment. Set create_alerts_topic = false to use yours, or leave it out."
  }
}

variable "parameter_kms_key_arns" {
  description = "ARNs of the KMS keys that the SSM parameters of webhook_parameter, signing_key_parameters and header_parameters are encrypted with, where they are neither the key of this deployment nor alias/aws/ssm."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "trail_bucket_kms_key_arn" {
  description = "ARN of the KMS key of the log files in trail_bucket_name, where that is not the key of this deployment: QuickSight's role may use it, and to take it away is KeyTampering."
  type        = string
  default     = null

  validation {
    condition     = var.trail_bucket_kms_key_arn == null || !var.create_trail
    error_message = "trail_bucket_kms_key_arn: ${jsonencode(var.trail_bucket_kms_key_arn)} has no effect with create_trail = true: the bucket that is created here has the key of this deployment. Set create_trail = false to use yours, or leave it out."
  }

  validation {
    condition     = var.trail_bucket_kms_key_arn == null || var.enable_analytics
    error_message = "trail_bucket_kms_key_arn: ${jsonencode(var.trail_bucket_kms_key_arn)} has no effect with enable_analytics = false: only analytics reads the bucket. Leave it out, or set enable_analytics = true."
  }
}

variable "trail_name" {
  description = "Name of your trail, with create_trail = false, so that whoever stops or changes it raises TrailTampering; null where it is not known."
  type        = string
  default     = null

  validation {
    condition     = var.trail_name == null || !var.create_trail
    error_message = "trail_name: ${jsonencode(var.trail_name)} has no effect with create_trail = true: the trail that is created here is watched by its own name. Set create_trail = false to use yours, or leave it out."
  }
}

variable "deployer_role_arns" {
  description = "ARNs of the IAM roles that deploy this, as many as a filter pattern has room for (one of 240 characters, two of 90): what they change in its parts is no TrailTampering. Everybody else's changes are, an administrator's too. Roles only: what an IAM user or the root user deploys is TrailTampering every time."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "create_trail" {
  description = "Whether to create a CloudTrail trail; if not, log_group_name names the log group that an existing one delivers to. That trail must log in all regions, and its event selectors take reads and writes of management events; at most KMS's reads may be left out, since a deletion of the key comes as a write."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that an existing trail delivers to, with create_trail = false."
  type        = string
  default     = null

  validation {
    condition     = var.create_trail ? var.log_group_name == null : true
    error_message = "log_group_name: ${jsonencode(var.log_group_name)} is given while create_trail is true. Set create_trail = false to use the log group of your trail, or leave log_group_name out."
  }

  validation {
    condition     = var.create_trail ? true : var.log_group_name != null
    error_message = "log_group_name is missing: create_trail = false needs the log group that your trail delivers to. Write its name, such as aws-controltower/CloudTrailLogs, or leave create_trail out."
  }
}

variable "trail_bucket_name" {
  description = "Bucket that an existing trail delivers to, with create_trail = false; needed while enable_analytics is true."
  type        = string
  default     = null

  validation {
    condition     = var.create_trail ? var.trail_bucket_name == null : true
    error_message = "trail_bucket_name: ${jsonencode(var.trail_bucket_name)} is given while create_trail is true. Set create_trail = false to use the bucket of your trail, or leave trail_bucket_name out."
  }

  validation {
    condition     = var.create_trail || !var.enable_analytics ? true : var.trail_bucket_name != null
    error_message = "trail_bucket_name is missing: with create_trail = false, analytics needs the bucket that your trail delivers to. Write its name, or set enable_analytics = false."
  }

  validation {
    condition     = var.create_trail || var.enable_analytics || var.trail_bucket_name == null
    error_message = "trail_bucket_name: ${jsonencode(var.trail_bucket_name)} has no effect with enable_analytics = false: only analytics reads it. Leave it out, or set enable_analytics = true."
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
}

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one that other accounts or regions forward their events to. This account's own events come to its default bus: forward them too, as examples/organization does."
  type        = string
  default     = "default"
  nullable    = false
}

# --- records ---------------------------------------------------------------------------------

variable "enable_complete_path" {
  description = "Whether records come from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_fast_path" {
  description = "Whether records come from EventBridge as well: this region only, seconds after the call. The same record on both paths has one effect."
  type        = bool
  default     = true
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_in_days)
    error_message = "log_retention_in_days: CloudWatch Logs does not know ${var.log_retention_in_days} days. Write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "log_archive_after_days" {
  description = "Days after which CloudTrail's log files move to S3 Glacier Instant Retrieval, or null to leave them where they are."
  type        = number
  default     = 90

  validation {
    # The default is no wish of the user's: only another number is refused.
    condition     = var.create_trail || var.log_archive_after_days == null ? true : var.log_archive_after_days == 90
    error_message = "log_archive_after_days: ${jsonencode(var.log_archive_after_days)} has no effect with create_trail = false: it is about the trail that is created here. Leave it out, and set it on your own trail."
  }
}

variable "log_expiration_days" {
  description = "Days after which CloudTrail's log files are deleted, or null to keep them for ever."
  type        = number
  default     = null

  validation {
    condition     = var.create_trail || var.log_expiration_days == null
    error_message = "log_expiration_days: ${jsonencode(var.log_expiration_days)} has no effect with create_trail = false: it is about the trail that is created here. Leave it out, and set it on your own trail."
  }
}

variable "trail_topic_emails" {
  description = "Addresses that CloudTrail's own SNS topic notifies of every log file (dozens to hundreds a day); each has to confirm its subscription."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.create_trail || length(var.trail_topic_emails) == 0
    error_message = "trail_topic_emails: ${jsonencode(var.trail_topic_emails)} has no effect with create_trail = false: it is about the trail that is created here. Leave it out, and set it on your own trail."
  }
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access and the evidence of a rotation."
  type        = number
  default     = 365
  nullable    = false
}

# --- what is trusted -------------------------------------------------------------------------

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6, such as [\"203.0.113.0/24\", \"2001:db8::/32\"]."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints for Secrets Manager that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "network_names" {
  description = "Networks → their names, such as { \"203.0.113.0/24\" = \"office\" }, or from a CSV file with the first line network,name: { for line in csvdecode(file(\"networks.csv\")) : line.network => line.name }. A network with a name is one place in the habits of who reads; it is not trusted for that. These names count before the published ones."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "refresh_published_ranges" {
  description = "Whether the networks that AWS (by region) and GitHub publish are fetched from the internet each day, by a function of its own; otherwise those of this version are used."
  type        = bool
  default     = true
  nullable    = false
}

# --- signals ---------------------------------------------------------------------------------

variable "signal_overrides" {
  description = "Signal → what differs from the catalogue: { many_secrets = { threshold = 25 }, batch = { enabled = false } }. severity is one of the catalogue's; threshold and window_minutes exist where docs/detections.md lists them. Terraform drops a misspelt attribute beside a right one without a word: the output rules shows what was understood."
  type = map(object({
    enabled        = optional(bool)
    severity       = optional(string)
    threshold      = optional(number)
    window_minutes = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "history_days" {
  description = "Days after which a secret, place, region or tool that an actor did not use counts as new for it."
  type        = number
  default     = 30
  nullable    = false
}

variable "learning_days" {
  description = "Days from the first delivery on (or from what make seed learnt on) in which nothing is of a severity above low for being new alone: a first read from another account, region or by CloudShell. What is bad by itself stays as severe as it is. 0 judges from the first record on."
  type        = number
  default     = 0
  nullable    = false
}

variable "quiet_minutes" {
  description = "Minutes without anything notable after which an actor's story is over; until then only what is new in it is notified."
  type        = number
  default     = 60
  nullable    = false
}

variable "decoys" {
  description = "Patterns of names of secrets that nobody should ever touch, such as [\"honey/*\"]."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "automation" {
  description = "Patterns of principals (role or user ARNs) that are known automation, such as [\"arn:*:iam::*:role/external-secrets\"]: what is usual for it (first reads, many reads, another tool) is no news; a new network, region or account is."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "people_roles" {
  description = "Patterns of role ARNs that only people assume, each under a session name of their own, such as [\"arn:*:iam::*:role/okta-*\"]: each of them is judged by their own habits. Roles of Identity Center, and sessions named by an email address or with a source identity, are known without it."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "expected_readers" {
  description = "Pattern of names of secrets → patterns of the principals (role or user ARNs) that read them, such as { \"payments/*\" = [\"arn:*:iam::*:role/payments-*\"] }: anybody else who reads one is notified of as high; whoever is named is no news. A secret that no pattern matches is judged by names and habits."
  type        = map(list(string))
  default     = {}
  nullable    = false
}

variable "expectations" {
  description = "What is announced: actor (pattern of role or user ARNs, behind a space that of a person's name) works on secret (pattern of names) until a day (2026-01-31, UTC, to its end), and why. It is counted and listed in the digest, and nobody is notified of it; actor or secret may be \"*\", not both. A new place that is not trusted, credentials in the wrong hands and what is critical are notified of all the same. One that is over does nothing, and the plan warns of it. For a day or two, make expect does it without an apply."
  type = list(object({
    actor  = string
    secret = string
    until  = string
    why    = string
  }))
  default  = []
  nullable = false
}

# --- notifications ---------------------------------------------------------------------------

variable "alert_emails" {
  description = "Addresses that get notifications and alarms of severity high and critical; each has to confirm its subscription. They must be known at plan: subscribe an address of the same apply to the output alerts_topic_arn."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "digest_emails" {
  description = "Addresses that get the daily digest by email, and nothing else; each has to confirm its subscription. An address may be in alert_emails too. They must be known at plan, as alert_emails."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.enable_digest || length(var.digest_emails) == 0
    error_message = "digest_emails: ${join(", ", var.digest_emails)} would get nothing with enable_digest = false. Leave them out, or set enable_digest = true."
  }
}

variable "enable_digest" {
  description = "Whether a message a day says what the day before (UTC) was like, on a quiet day too."
  type        = bool
  default     = true
  nullable    = false
}

variable "digest_at" {
  description = "When the digest is sent, in UTC, such as 07:00."
  type        = string
  default     = "07:00"
  nullable    = false
}

variable "operations_emails" {
  description = "Addresses that get alarms on the system's own failures, as those of alert_emails do. They do not go through the notifier, which may be what failed; each has to confirm its subscription. Needed where channels are the only ones that are notified."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "alert_phone_numbers" {
  description = "Phone numbers (E.164, +4915112345678) that get notifications and alarms of severity high and critical, by SMS. A new account sends SMS only to numbers verified in the SMS sandbox, has a spending limit of 1 USD a month, and in some countries needs an origination identity. They must be known at plan, as alert_emails."
  type        = set(string)
  default     = []
  nullable    = false
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
}

variable "channel_secrets" {
  description = "Channel → patterns of secret names: it gets only what is about those secrets, such as { team-a = [\"team-a/*\"] }. A channel that is not named here gets everything."
  type        = map(list(string))
  default     = {}
  nullable    = false
}

variable "signing_key_parameters" {
  description = "Channel of type webhook → name of the SSM SecureString with the key that signs its requests (docs/webhook.md)."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "header_parameters" {
  description = "Channel of type webhook → header → name of the SSM SecureString with its value, such as { siem = { Authorization = \"/siem/authorization\" } }: sent with every request."
  type        = map(map(string))
  default     = {}
  nullable    = false
}

variable "webhook_urls" {
  description = "Channel → URL of its webhook, for those of type slack, teams and webhook without webhook_parameter: stored in SSM, never in state or plan. Needs webhook_url_versions."
  type        = map(string)
  default     = {}
  nullable    = false
  ephemeral   = true
  sensitive   = true
}

variable "webhook_url_versions" {
  description = "Channel → whole number, raised when its URL in webhook_urls changes: Terraform cannot see that by itself. Names the channels whose URL is in webhook_urls."
  type        = map(number)
  default     = {}
  nullable    = false
}

variable "notify_recoveries" {
  description = "Whether the end of an alarm, and missing data, is notified too."
  type        = bool
  default     = false
  nullable    = false
}

# --- alarms ----------------------------------------------------------------------------------

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
}

variable "disabled_alarms" {
  description = "Detections that are neither counted nor alarmed on, such as [\"BatchRead\"]."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "working_hours" {
  description = "Hours in UTC, such as { from = 8, to = 18 }, outside which reads by people raise the alarm ReadOffHours; null for no such alarm. Terraform drops a misspelt attribute beside a right one without a word: there is no other, no time zone either."
  type        = object({ from = number, to = number })
  default     = null
}

variable "enable_composite_alarm" {
  description = "Whether one composite alarm notifies for all detections that notify but the critical ones, so that several that go off together are notified once; it is as severe as the worst of them."
  type        = bool
  default     = false
  nullable    = false
}

variable "heartbeat_hours" {
  description = "Hours without any CloudTrail record after which an alarm goes to the operations topic."
  type        = number
  default     = 6
  nullable    = false
}

variable "enable_dashboard" {
  description = "Whether to create a CloudWatch dashboard (3 USD a month beyond an account's first three) and saved Logs Insights queries."
  type        = bool
  default     = true
  nullable    = false
}

# --- summaries -------------------------------------------------------------------------------

variable "bedrock_model_id" {
  description = "Bedrock model that writes the one-sentence summaries, or null for facts without prose: the id of a foundation model or of a system inference profile (global.…, us.…, eu.…), which newer models need, or the ARN of a provisioned, custom or imported model. A global profile may process names and addresses in any region. A service control policy that denies regions must let bedrock:InvokeModel through in every region that the profile routes to; for a global one, where aws:RequestedRegion is unspecified."
  type        = string
  default     = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
}

variable "bedrock_inference_profile_arn" {
  description = "ARN of an application inference profile, made from bedrock_model_id, to call the model through (for costs by tag); null for none."
  type        = string
  default     = null
}

variable "bedrock_region" {
  description = "Region where the model is called, or null for this one."
  type        = string
  default     = null
}

variable "guardrail_id" {
  description = "Id or ARN of the Bedrock guardrail that the model is called with, or null for none."
  type        = string
  default     = null
}

variable "guardrail_version" {
  description = "Version of the guardrail: a number, or DRAFT."
  type        = string
  default     = "DRAFT"
  nullable    = false
}

variable "summary_language" {
  description = "Language of the summaries, by its English name. The checks for alarming and reassuring words know English only."
  type        = string
  default     = "English"
  nullable    = false
}

variable "model_calls_per_hour" {
  description = "Maximum model calls per hour; beyond that notifications carry the facts alone."
  type        = number
  default     = 200
  nullable    = false
}

variable "model_minimum_severity" {
  description = "Severity from which on a notification gets the model's sentence: info, low, medium, high or critical. What is below high may use half of model_calls_per_hour, so that there is always some left for what is high."
  type        = string
  default     = "medium"
  nullable    = false
}

# --- rotation --------------------------------------------------------------------------------

variable "enable_rotation" {
  description = "Whether a read of a rotation target from an untrusted network rotates that secret."
  type        = bool
  default     = false
  nullable    = false

  validation {
    # A setting that is at its default cannot be distinguished from one that is left out.
    condition     = var.enable_rotation || length(local.rotation_settings) == 0
    error_message = "enable_rotation is false, and ${join(", ", local.rotation_settings)} would have no effect. Set enable_rotation = true (it starts as a dry run), or leave ${length(local.rotation_settings) == 1 ? "it" : "them"} out."
  }
}

variable "rotation_targets" {
  description = "Secrets to rotate, by name or full ARN. strategy generate makes a new value, managed runs the secret's own rotation function, notify_only notifies. generate needs json_keys: the keys of a JSON value that change, all else being kept byte for byte ([] for a value that is one password); format = \"text\" with json_keys = [] where all of any other text (a URL, a .env file, a key) is to become one password, which is refused otherwise; and kms_key_arn where the secret has a key of its own. managed needs rotation_function_arn, and rotation_role_arn (the function's role), whose reads never start a rotation. Terraform drops a misspelt attribute beside a right one without a word: these six are all."
  type = map(object({
    strategy              = string
    json_keys             = optional(list(string))
    format                = optional(string)
    kms_key_arn           = optional(string)
    rotation_function_arn = optional(string)
    rotation_role_arn     = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = !var.enable_canary || alltrue([for secret in keys(var.rotation_targets) : !can(regex("(^|:secret:)${var.name_prefix}/canary(-[A-Za-z0-9]{6})?$", secret))])
    error_message = "rotation_targets: ${var.name_prefix}/canary is the canary's own secret, which gives itself its value. Leave it out."
  }
}

variable "rotation_passwords" {
  description = "Rotation target of strategy generate → how its new password is made, where 32 characters of all classes do not fit. character_classes are some of lowercase, uppercase, digits and symbols."
  type = map(object({
    password_length    = number
    character_classes  = list(string)
    exclude_characters = string
  }))
  default  = {}
  nullable = false
}

variable "rotation_mode" {
  description = "dry_run: people are notified of what would be rotated, nothing is changed. rotate: it is done. docs/runbook.md says how to get from one to the other."
  type        = string
  default     = "dry_run"
  nullable    = false
}

variable "rotation_cooldown_minutes" {
  description = "Minutes after a rotation in which the same secret is not rotated again: who reads it meanwhile has the new value no longer when they end. After the notification that there was no rotation, minutes without another one for the same reason."
  type        = number
  default     = 15
  nullable    = false
}

variable "rotations_per_hour" {
  description = "Maximum rotations within any hour, of all secrets together; beyond that none is rotated, and people are notified at severity critical. A fifth of them, at least one of two, is kept for secrets that were not rotated within the hour."
  type        = number
  default     = 10
  nullable    = false
}

variable "rotate_unknown" {
  description = "Whether a read whose source cannot be determined rotates too."
  type        = bool
  default     = false
  nullable    = false
}

variable "rotation_exempt_principal_arns" {
  description = "IAM roles and users (arn:…:iam::ACCOUNT:role/NAME) whose reads never rotate anything. The rotator itself always is."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "enable_security_hub_findings" {
  description = "Whether each story that touched a rotation target is a finding in Security Hub, which must be enabled."
  type        = bool
  default     = false
  nullable    = false
}

# --- history ---------------------------------------------------------------------------------

variable "enable_analytics" {
  description = "Whether to create the Glue tables, the Athena workgroup and the saved queries; they cost nothing until queried."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_quicksight_dashboard" {
  description = "Whether to create QuickSight's data source, dataset and dashboard: in a second apply, after the role that quicksight_principal_arns brought was chosen in QuickSight (modules/analytics/README.md)."
  type        = bool
  default     = false
  nullable    = false
}

variable "quicksight_principal_arns" {
  description = "QuickSight users or groups (arn:…:quicksight:REGION:ACCOUNT:group/default/NAME) who may open a dashboard on the history; none, no dashboard. The account must have QuickSight: modules/analytics/README.md says what to set there."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.quicksight_principal_arns) == 0 || var.enable_analytics
    error_message = "quicksight_principal_arns: ${jsonencode(var.quicksight_principal_arns)} have no effect with enable_analytics = false, since the dashboard asks Athena. Set enable_analytics = true, or leave them out."
  }
}

variable "enable_canary" {
  description = "Whether a canary reads a secret of its own on a schedule and reports a path that does not bring the read. About 2 USD a month."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition     = !var.enable_canary || var.enable_complete_path || var.enable_fast_path
    error_message = "enable_canary = true needs enable_complete_path or enable_fast_path: with both off there is no path to watch."
  }
}

variable "canary_schedule_minutes" {
  description = "Minutes between two reads of the canary. A path that misses three in a row is reported."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.enable_canary || var.canary_schedule_minutes == 60
    error_message = "canary_schedule_minutes has no effect with enable_canary = false: leave it out, or set enable_canary = true."
  }
}
