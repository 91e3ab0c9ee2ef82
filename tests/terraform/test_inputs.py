"""What the root module refuses, what it says then, and that the functions take whatever it accepts."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from secretwatch.detect.tuning import parse_rules
from secretwatch.functions.digest.settings import DigestSettings
from secretwatch.functions.notifier.settings import NotifierSettings
from secretwatch.functions.rotator.settings import RotatorSettings
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.runtime.settings import Document, Environment, SettingsError
from tests.harness.inputs import Evaluated, Inputs
from tests.harness.terraform import REPOSITORY, workspace, write_root
from tests.terraform.conftest import Plan, Planner
from tests.terraform.packaged import settings

Given = dict[str, Any]

HEARD: Given = {"operations_emails": ["operations@example.com"]}
"""Channels alone are refused: nobody would hear that they fail."""
CHANNELS: dict[str, Given] = {"a": {"type": "slack", "minimum_severity": "low", "webhook_parameter": "/x"}}
BOT: Given = {"type": "slack_bot", "minimum_severity": "low", "webhook_parameter": "/x", "slack_channel": "C0123456789"}
THEIR_TOPIC: Given = {"create_alerts_topic": False, "alerts_topic_arn": "arn:aws:sns:us-east-1:123456789012:mine"}
ROTATION: Given = {"enable_rotation": True, "trusted_cidrs": ["198.51.100.0/24"]}
GENERATE: Given = {"strategy": "generate", "json_keys": ["password"]}
EXPECTATION = {"actor": "arn:*:iam::*:role/migration", "secret": "prod/*", "until": "2999-01-31", "why": "we move"}
MANAGED: Given = {
    "strategy": "managed",
    "rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate-db",
    "rotation_role_arn": "arn:aws:iam::123456789012:role/rotate-db",
}


@pytest.fixture(scope="module")
def inputs(terraform: None, tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    return Inputs(tmp_path_factory.mktemp("inputs") / "root")


# --- the table: wrong inputs, and what is said ---------------------------------------------

# fmt: off
WRONG: list[tuple[Given, str]] = [
    ({"name_prefix": "Secret_Watch"},
     'name_prefix: "Secret_Watch" is not allowed. Write 2 to 20 lower-case letters, digits and hyphens that start with a letter and do not end with a hyphen: names of buckets and roles are built from it, and AWS limits their length.'),
    ({"name_prefix": "aws-watch"},
     'name_prefix: "aws-watch" is reserved by AWS (SSM parameters cannot start with aws or ssm, S3 buckets with xn--, sthree- or amzn-s3-demo-; primary and default exist in Athena and Glue). Write another one, such as secretwatch.'),
    ({"name_prefix": "ssmwatch"},
     'name_prefix: "ssmwatch" is reserved by AWS (SSM parameters cannot start with aws or ssm, S3 buckets with xn--, sthree- or amzn-s3-demo-; primary and default exist in Athena and Glue). Write another one, such as secretwatch.'),
    ({"name_prefix": "secret--watch"},
     'name_prefix: "secret--watch" has two hyphens in a row, which CloudTrail takes in no trail\'s name. Write "secret-watch".'),
    ({"name_prefix": "primary"},
     'name_prefix: "primary" is reserved by AWS (SSM parameters cannot start with aws or ssm, S3 buckets with xn--, sthree- or amzn-s3-demo-; primary and default exist in Athena and Glue). Write another one, such as secretwatch.'),
    ({"iam_path": "security"},
     'iam_path: "security" is no IAM path. It begins and ends with a slash, and has letters, digits and . _ + = , @ - between slashes: write /security/.'),
    ({"permissions_boundary_arn": "boundary"},
     'permissions_boundary_arn: "boundary" is no ARN of an IAM policy. Write arn:aws:iam::ACCOUNT:policy/NAME.'),
    ({"permissions_boundary_arn": "arn:aws:iam::210987654321:policy/developers"},
     'permissions_boundary_arn: "arn:aws:iam::210987654321:policy/developers" is a policy of another account. IAM takes boundaries of the role\'s own account: write arn:aws:iam::123456789012:policy/NAME.'),
    ({"tags": {"aws:team": "x"}},
     'tags: "aws:team" is reserved by AWS. Write keys that do not start with aws:.'),
    ({"kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
     'kms_key_arn: "arn:aws:kms:us-east-1:123456789012:key/1" is given while create_kms_key is true. Set create_kms_key = false to use it, or leave kms_key_arn out.'),
    ({"create_kms_key": False},
     'kms_key_arn is missing: create_kms_key = false needs the ARN of your key. Write kms_key_arn = "arn:aws:kms:REGION:ACCOUNT:key/ID", or leave create_kms_key out.'),
    ({"create_kms_key": False, "kms_key_arn": "alias/x"},
     'kms_key_arn: "alias/x" is no ARN of a key. IAM policies take neither aliases nor ids: write arn:aws:kms:REGION:ACCOUNT:key/ID (of an alias, the data source aws_kms_alias has it as target_key_arn).'),
    ({"create_kms_key": False, "kms_key_arn": None},
     'kms_key_arn is missing: create_kms_key = false needs the ARN of your key. Write kms_key_arn = "arn:aws:kms:REGION:ACCOUNT:key/ID", or leave create_kms_key out.'),
    ({"create_kms_key": False, "kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"},
     'kms_key_arn: "arn:aws:kms:eu-west-1:123456789012:key/1" is a key of another region, which nothing in us-east-1 can use. Write the ARN of a key in us-east-1.'),
    ({"log_group_name": "x"},
     'log_group_name: "x" is given while create_trail is true. Set create_trail = false to use the log group of your trail, or leave log_group_name out.'),
    ({"create_trail": False},
     'log_group_name is missing: create_trail = false needs the log group that your trail delivers to. Write its name, such as aws-controltower/CloudTrailLogs, or leave create_trail out.'),
    ({"create_trail": False, "log_group_name": None, "enable_analytics": False},
     'log_group_name is missing: create_trail = false needs the log group that your trail delivers to. Write its name, such as aws-controltower/CloudTrailLogs, or leave create_trail out.'),
    ({"create_trail": False, "enable_analytics": False, "log_group_name": "arn:aws:logs:us-east-1:123456789012:log-group:trail:*"},
     'log_group_name: "arn:aws:logs:us-east-1:123456789012:log-group:trail:*" is no name of a log group. Write its name, not its ARN: trail.'),
    ({"trail_bucket_name": "b-ucket"},
     'trail_bucket_name: "b-ucket" is given while create_trail is true. Set create_trail = false to use the bucket of your trail, or leave trail_bucket_name out.'),
    ({"create_trail": False, "log_group_name": "trail"},
     'trail_bucket_name is missing: with create_trail = false, analytics needs the bucket that your trail delivers to. Write its name, or set enable_analytics = false.'),
    ({"create_trail": False, "log_group_name": "trail", "trail_bucket_name": "arn:aws:s3:::my-logs"},
     'trail_bucket_name: "arn:aws:s3:::my-logs" is no name of a bucket. Write its name, neither ARN nor URL: my-logs.'),
    ({"create_trail": False, "log_group_name": "trail", "trail_bucket_name": "s3://my-logs"},
     'trail_bucket_name: "s3://my-logs" is no name of a bucket. Write its name, neither ARN nor URL: my-logs.'),
    ({"alerts_topic_arn": "arn:aws:sns:us-east-1:123456789012:mine"},
     'alerts_topic_arn: "arn:aws:sns:us-east-1:123456789012:mine" is given while create_alerts_topic is true. Set create_alerts_topic = false to use it, or leave alerts_topic_arn out.'),
    ({"create_alerts_topic": False},
     'alerts_topic_arn is missing: create_alerts_topic = false needs the ARN of your topic. Write alerts_topic_arn = "arn:aws:sns:REGION:ACCOUNT:NAME", or leave create_alerts_topic out.'),
    ({"create_alerts_topic": False, "alerts_topic_arn": "security"},
     'alerts_topic_arn: "security" is no ARN of a standard SNS topic (email and SMS cannot subscribe to a FIFO topic). Write arn:aws:sns:REGION:ACCOUNT:NAME.'),
    ({"create_alerts_topic": False, "alerts_topic_arn": "arn:aws:sns:us-east-1:123456789012:x.fifo"},
     'alerts_topic_arn: "arn:aws:sns:us-east-1:123456789012:x.fifo" is no ARN of a standard SNS topic (email and SMS cannot subscribe to a FIFO topic). Write arn:aws:sns:REGION:ACCOUNT:NAME.'),
    ({"event_bus_name": "arn:aws:events:us-east-1:123456789012:event-bus/secrets"},
     'event_bus_name: "arn:aws:events:us-east-1:123456789012:event-bus/secrets" is no name of an event bus. Write its name, not its ARN: secrets.'),
    ({"enable_fast_path": False, "enable_complete_path": False},
     'enable_complete_path and enable_fast_path are both false: no record would reach created-here. Set one of them to true.'),
    ({"create_trail": False, "log_group_name": "t", "enable_analytics": False, "log_expiration_days": 30, "log_archive_after_days": 10, "trail_topic_emails": ["a@b.example"]},
     'trail_topic_emails: ["a@b.example"] has no effect with create_trail = false: it is about the trail that is created here. Leave it out, and set it on your own trail.'),
    ({"log_retention_in_days": 42},
     'log_retention_in_days: CloudWatch Logs does not know 42 days. Write 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653.'),
    ({"log_archive_after_days": 0.5},
     'log_archive_after_days: 0.5 is not allowed. Write a whole number of days from 1 to 36500, or null.'),
    ({"log_archive_after_days": 90, "log_expiration_days": 30},
     'log_expiration_days: 30 is not greater than log_archive_after_days (90): a file cannot move after it is deleted. Write a greater number, or log_archive_after_days = null.'),
    ({"log_expiration_days": 0},
     'log_expiration_days: 0 is not allowed. Write a whole number of days from 1 to 36500, or null.'),
    ({"audit_retention_days": 1.5},
     'audit_retention_days: 1.5 is not allowed. Write a whole number of days from 1 to 3650.'),
    ({"audit_retention_days": 0},
     'audit_retention_days: 0 is not allowed. Write a whole number of days from 1 to 3650.'),
    ({"trusted_cidrs": ["0.0.0.0/1", "128.0.0.0/1"]},
     'trusted_cidrs: "0.0.0.0/1", "128.0.0.0/1" trusts a large part of the internet, so that a read by a stranger would pass. Write the networks that your reads come from: /8 or longer, for IPv6 /16 or longer (fc00::/7 is allowed; longer in 6to4, Teredo and NAT64, which hold all of IPv4). If no network is known, leave trusted_cidrs empty.'),
    ({"trusted_cidrs": [" 10.0.0.0/8"]},
     'trusted_cidrs: " 10.0.0.0/8" is no network in CIDR notation. Write address/length without spaces, leading zeros, netmask or zone, such as 203.0.113.0/24 or 2001:db8::/32 (one address: /32, or /128 for IPv6), and an IPv4-mapped network as IPv4.'),
    ({"trusted_vpc_endpoint_ids": ["vpc-1"]},
     'trusted_vpc_endpoint_ids: "vpc-1" is no id of a VPC endpoint. Write its id, such as vpce-0123456789abcdef0.'),
    ({"trusted_vpc_endpoint_ids": [None]},
     'trusted_vpc_endpoint_ids: null is no id of a VPC endpoint. Write its id, such as vpce-0123456789abcdef0.'),
    ({"signal_overrides": {"first_raeder": {"enabled": False}}},
     'signal_overrides: "first_raeder" is no signal. Write one of batch, batch_catch_all, cloudshell, console_read, cross_account, decoy_touched, deletion, deletion_forced, denied_burst, elsewhere, enumerate_then_read, first_network, first_reader, first_writer, foreign_primary, guessed_names, key_in_two_places, kms_key_changed, many_described, many_regions, many_secrets, new_region, new_tool, own_role_elsewhere, policy_removed, read_through_service, replica_created, replica_promoted, replica_shared, restored, root, rotation_cancelled, rotation_failed, rotation_function_changed, rotation_function_foreign, secret_shared, slow_collection, unexpected_reader, unknown_network, unrelated_secret, untrusted_network, used_by_hand, version_stage_moved.'),
    ({"signal_overrides": {"root": {"severty": "low"}}},
     'signal_overrides: "root" sets nothing. Write one of enabled, severity, threshold and window_minutes, each spelt so.'),
    ({"signal_overrides": {"root": None}},
     'signal_overrides: "root" sets nothing. Write one of enabled, severity, threshold and window_minutes, each spelt so.'),
    ({"signal_overrides": {"root": {"severity": "urgent"}}},
     'signal_overrides: severity of root ("urgent") is unknown. Write info, low, medium, high, critical.'),
    ({"signal_overrides": {"root": {"threshold": 5}}},
     'signal_overrides: threshold of root (5) is not allowed. Write a whole number from 1 to the most of a signal that counts: denied_burst (60), guessed_names (60), many_described (60), many_regions (60), many_secrets (60), slow_collection (1000).'),
    ({"signal_overrides": {"many_secrets": {"threshold": 2.5, "window_minutes": 0}}},
     'signal_overrides: threshold of many_secrets (2.5) is not allowed. Write a whole number from 1 to the most of a signal that counts: denied_burst (60), guessed_names (60), many_described (60), many_regions (60), many_secrets (60), slow_collection (1000).'),
    ({"history_days": 1.5},
     'history_days: 1.5 is not allowed. Write a whole number of days from 1 to 365.'),
    ({"learning_days": 31},
     'learning_days: 31 is not allowed. Write a whole number of days from 0 to 30.'),
    ({"history_days": 0},
     'history_days: 0 is not allowed. Write a whole number of days from 1 to 365.'),
    ({"quiet_minutes": 0.5},
     'quiet_minutes: 0.5 is not allowed. Write a whole number of minutes from 0 to 1440.'),
    ({"decoys": ["*"]},
     'decoys: "*" matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, and * or ? for what differs, such as ["honey/*"].'),
    ({"decoys": ["honey/*", ""]},
     'decoys: "" matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, and * or ? for what differs, such as ["honey/*"].'),
    ({"trail_name": "mine"},
     'trail_name: "mine" has no effect with create_trail = true: the trail that is created here is watched by its own name. Set create_trail = false to use yours, or leave it out.'),
    ({"trail_bucket_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
     'trail_bucket_kms_key_arn: "arn:aws:kms:us-east-1:123456789012:key/1" has no effect with create_trail = true: the bucket that is created here has the key of this deployment. Set create_trail = false to use yours, or leave it out.'),
    ({"alerts_topic_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
     'alerts_topic_kms_key_arn: "arn:aws:kms:us-east-1:123456789012:key/1" has no effect with create_alerts_topic = true: the topic that is created here has the key of this deployment. Set create_alerts_topic = false to use yours, or leave it out.'),
    ({"parameter_kms_key_arns": ["arn:aws:kms:us-east-1:123456789012:key/1"], "channels": {}},
     'parameter_kms_key_arns: ["arn:aws:kms:us-east-1:123456789012:key/1"] has no effect without channels, whose parameters are encrypted with those keys. Give channels, or leave it out.'),
    ({"signal_overrides": {"many_secrets": {"threshold": 61}}},
     'signal_overrides: threshold of many_secrets (61) is not allowed. Write a whole number from 1 to the most of a signal that counts: denied_burst (60), guessed_names (60), many_described (60), many_regions (60), many_secrets (60), slow_collection (1000).'),
    ({"signal_overrides": {"many_secrets": {"window_minutes": 61}}},
     'signal_overrides: window_minutes of many_secrets (61) is not allowed. Write a whole number from 1 to the most of a signal that looks back: denied_burst (60), enumerate_then_read (60), guessed_names (60), many_described (60), many_regions (60), many_secrets (60), slow_collection (43200).'),
    ({"signal_overrides": {"slow_collection": {"window_minutes": 43201}}},
     'signal_overrides: window_minutes of slow_collection (43201) is not allowed. Write a whole number from 1 to the most of a signal that looks back: denied_burst (60), enumerate_then_read (60), guessed_names (60), many_described (60), many_regions (60), many_secrets (60), slow_collection (43200).'),
    ({"expected_readers": {"*": ["arn:*:iam::*:role/payments-*"]}},
     'expected_readers: "*" matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, such as { "payments/*" = ["arn:*:iam::*:role/payments-*"] }.'),
    ({"expected_readers": {"payments/*": ["payments-task"], "orders/*": []}},
     'expected_readers: the readers of "orders/*", "payments/*" are none, or match every principal or none. Write at least one pattern of ARNs of roles or users, with a letter or digit in the name, such as ["arn:*:iam::*:role/payments-*"].'),
    ({"expectations": [{**EXPECTATION, "actor": "*", "secret": "*"}]},
     'expectations: an entry has "*" for actor and secret, which would silence everything. Write a pattern with a name for one of them.'),
    ({"expectations": [{**EXPECTATION, "actor": "migration"}]},
     'expectations: the actors "migration" match every principal, or none. Write patterns of ARNs of roles or users, with a letter or digit in the name, such as "arn:*:iam::*:role/migration", or "*".'),
    ({"expectations": [{**EXPECTATION, "secret": "?*"}]},
     'expectations: the secrets "?*" match every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, such as "prod/*", or "*".'),
    ({"expectations": [{**EXPECTATION, "until": "2999-02-30"}]},
     'expectations: until "2999-02-30" is no day. Write days such as "2026-01-31".'),
    ({"expectations": [{**EXPECTATION, "why": " "}]},
     'expectations: why " " is empty, longer than 200 characters or no single line. Write one line of 1 to 200 characters, which the digest shows.'),
    ({"people_roles": ["okta-*"]},
     'people_roles: "okta-*" matches every principal, or none. Write patterns of ARNs of roles, with a letter or digit in the name, such as ["arn:*:iam::*:role/okta-*"].'),
    ({"automation": [None]},
     'automation: null matches every principal, or none. Write patterns of ARNs of roles (of a session its role) or users, with a letter or digit in the name, such as ["arn:*:iam::*:role/external-secrets"].'),
    ({"alert_emails": ["security"]},
     'alert_emails: "security" is no email address. Write addresses such as security@example.com.'),
    ({"alert_phone_numbers": ["0151 123"]},
     'alert_phone_numbers: "0151 123" is no phone number in E.164 form. Write + and country code, without spaces, such as +4915112345678.'),
    ({"digest_emails": ["team"]}, 'digest_emails: "team" is no email address. Write addresses such as security@example.com.'),
    ({"digest_emails": ["a@example.com"], "enable_digest": False},
     'digest_emails: a@example.com would get nothing with enable_digest = false. Leave them out, or set enable_digest = true.'),
    ({"digest_at": "7am"},
     'digest_at: "7am" is not allowed. Write hours and minutes in UTC, from 00:30 (the day\'s last records come some minutes late) to 23:59, such as 07:00.'),
    ({"digest_at": "00:29"},
     'digest_at: "00:29" is not allowed. Write hours and minutes in UTC, from 00:30 (the day\'s last records come some minutes late) to 23:59, such as 07:00.'),
    ({"digest_at": "06:00", "enable_digest": False},
     'digest_at: "06:00" has no effect with enable_digest = false. Leave it out, or set enable_digest = true.'),
    ({"operations_emails": ["ops"]}, 'operations_emails: "ops" is no email address. Write addresses such as operations@example.com.'),
    ({"channels": CHANNELS}, 'operations_emails: is empty, and so are alert_emails and alert_phone_numbers: nobody would hear that the notifier fails, since all channels go through it. Write operations_emails = ["operations@example.com"].'),
    ({"deployer_role_arns": ["arn:aws:sts::123456789012:assumed-role/ci/x"]},
     'deployer_role_arns: "arn:aws:sts::123456789012:assumed-role/ci/x" is no ARN of an IAM role. Write arn:aws:iam::ACCOUNT:role/NAME, with its path, not the ARN of an assumed role; IAM users and the root user cannot be left out.'),
    ({"deployer_role_arns": ["arn:aws:iam::123456789012:user/deploy"]},
     'deployer_role_arns: "arn:aws:iam::123456789012:user/deploy" is no ARN of an IAM role. Write arn:aws:iam::ACCOUNT:role/NAME, with its path, not the ARN of an assumed role; IAM users and the root user cannot be left out.'),
    ({"deployer_role_arns": [f"arn:aws:iam::123456789012:role/{name * 64}" for name in "ab"]},
     "deployer_role_arns: 2 of 190 characters in all are too much for a filter pattern, which has 1,024. Write one ARN of at most 240 characters, or two of 90, such as one role for all deployments."),
    ({"deployer_role_arns": ["arn:aws:iam::123456789012:root"]},
     'deployer_role_arns: "arn:aws:iam::123456789012:root" is no ARN of an IAM role. Write arn:aws:iam::ACCOUNT:role/NAME, with its path, not the ARN of an assumed role; IAM users and the root user cannot be left out.'),
    ({"parameter_kms_key_arns": ["alias/x"]},
     'parameter_kms_key_arns: "alias/x" is no ARN of a KMS key in this region. Write arn:aws:kms:us-east-1:ACCOUNT:key/ID, no alias.'),
    ({**THEIR_TOPIC, "alerts_topic_kms_key_arn": "alias/x"},
     'alerts_topic_kms_key_arn: "alias/x" is no ARN of a KMS key in this region. Write arn:aws:kms:us-east-1:ACCOUNT:key/ID, no alias.'),
    ({"channels": {"a b": {"type": "slack", "minimum_severity": "low", "webhook_parameter": "/x"}}},
     'channels: "a b" is no name for a channel. Write 1 to 38 letters, digits, - and _, not ending with -dead-letters: queues are named after it.'),
    ({"channels": {"a": {"type": "pager", "minimum_severity": "low", "webhook_parameter": "/x"}}},
     'channels: type of a ("pager") is unknown. Write pagerduty, slack, slack_bot, teams, webhook.'),
    ({"channels": {"a": {"type": None, "minimum_severity": "low", "webhook_parameter": "/x"}}},
     'channels: type of a (null) is unknown. Write pagerduty, slack, slack_bot, teams, webhook.'),
    ({"channels": {"a": {"type": "slack", "minimum_severity": None, "webhook_parameter": "/x"}}},
     'channels: minimum_severity of a (null) is unknown. Write info, low, medium, high, critical.'),
    ({"channels": {"a": {"type": "slack", "minimum_severity": "loud", "webhook_parameter": "https://hooks.slack.com/x"}}},
     'channels: minimum_severity of a ("loud") is unknown. Write info, low, medium, high, critical.'),
    ({"channels": {"a": {"type": "slack", "minimum_severity": "low", "webhook_parameter": "a/b"}}},
     'channels: webhook_parameter of a ("a/b") is no name of an SSM parameter. Store the URL, key or token in an SSM SecureString and write its name (no URL, no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /secretwatch/slack.'),
    ({"channels": {"a": {"type": "slack", "minimum_severity": "low", "webhok_parameter": "/b"}}},
     'channels: a has no URL, key or token. Write webhook_parameter, the name of the SSM parameter that holds it; a URL may be given in webhook_urls instead, with { NAME = 1 } in webhook_url_versions.'),
    ({"channels": {"a": None}},
     'channels: type of a (null) is unknown. Write pagerduty, slack, slack_bot, teams, webhook.'),
    ({"channels": CHANNELS, "channel_secrets": {"b": ["x"]}},
     'channel_secrets: "b" is no channel. Write one of a.'),
    ({"channels": CHANNELS, "channel_secrets": {"a": []}},
     'channel_secrets: a has no pattern. Write patterns of secret names, such as ["team-a/*"], or leave it out: it gets everything then.'),
    ({"channels": CHANNELS, "signing_key_parameters": {"a": "/k"}},
     'signing_key_parameters: "a" is of a type whose receiver checks no signature. Leave it out, or use type webhook.'),
    ({"channels": CHANNELS, "signing_key_parameters": {"b": "/k"}},
     'signing_key_parameters: "b" is no channel. Write one of a.'),
    ({"channels": CHANNELS, "signing_key_parameters": {"a": "arn:aws:ssm:us-east-1:123456789012:parameter/k"}},
     'signing_key_parameters: "a" is of a type whose receiver checks no signature. Leave it out, or use type webhook.'),
    ({"channels": CHANNELS, "webhook_urls": {"b": "https://x.example/y"}},
     'webhook_urls must have the same channels as webhook_url_versions, which has none. Give each of them its URL, and each URL its number, 1 at first.'),
    ({"channels": CHANNELS, "webhook_urls": {"b": "https://x.example/y"}, "webhook_url_versions": {"b": 1}},
     'webhook_url_versions: "b" is no channel. Write one of a.'),
    ({"channels": CHANNELS, "webhook_urls": {"a": "http://x.example/y"}, "webhook_url_versions": {"a": 0.5}},
     'channels: a has a webhook_parameter and a webhook_url_versions. Leave one of the two out.'),
    ({"channels": {"a": {"type": "slack", "minimum_severity": "low"}}, "webhook_url_versions": {"a": 1}},
     'webhook_urls must have the same channels as webhook_url_versions, which has a. Give each of them its URL, and each URL its number, 1 at first.'),
    ({"alarm_overrides": {"SecretAcessed": {"threshold": 5}}},
     'alarm_overrides: "SecretAcessed" is no detection. Write one of BatchRead, DeniedReads, ReadOffHours, RootRead, SecretAccessed, SecretAccessedByRole, SecretTampering, TrailTampering.'),
    ({"alarm_overrides": {"RootRead": {"treshold": 5}}},
     'alarm_overrides: "RootRead" sets nothing. Write one of threshold, period, band_width, severity and notify, each spelt so.'),
    ({"alarm_overrides": {"RootRead": {"threshold": 0}}},
     'alarm_overrides: threshold of RootRead (0) is not allowed. Write a count from 1 to 1000000; disabled_alarms switches an alarm off.'),
    ({"alarm_overrides": {"SecretAccessed": {"threshold": 5}}},
     'alarm_overrides: SecretAccessed has a band and no threshold. Write band_width, in standard deviations, instead of threshold.'),
    ({"alarm_overrides": {"RootRead": {"period": 90}}},
     'alarm_overrides: period of RootRead (90) is not allowed. Write a multiple of 60 seconds, a day (86400) at most.'),
    ({"alarm_overrides": {"RootRead": {"band_width": 2}}},
     'alarm_overrides: band_width of RootRead (2) is not allowed. Write a number greater than 0 and at most 100, for SecretAccessed only: the others have a threshold.'),
    ({"alarm_overrides": {"RootRead": {"severity": "loud"}}},
     'alarm_overrides: severity of RootRead ("loud") is unknown. Write info, low, medium, high, critical.'),
    ({"alarm_overrides": {"RootRead": {"threshold": 5}}, "disabled_alarms": ["RootRead"]},
     'alarm_overrides: "RootRead" has no alarm to override. Take it out of disabled_alarms; ReadOffHours needs working_hours.'),
    ({"alarm_overrides": {"ReadOffHours": {"threshold": 5}}},
     'alarm_overrides: "ReadOffHours" has no alarm to override. Take it out of disabled_alarms; ReadOffHours needs working_hours.'),
    ({"disabled_alarms": ["Rootread"]},
     'disabled_alarms: "Rootread" is no detection. Write one of BatchRead, DeniedReads, ReadOffHours, RootRead, SecretAccessed, SecretAccessedByRole, SecretTampering, TrailTampering.'),
    ({"working_hours": {"from": 18, "to": 8}},
     'working_hours: {"from":18,"to":8} is not allowed. Write whole hours of a day in UTC, from before to, such as { from = 8, to = 18 }.'),
    ({"working_hours": {"from": 8.5, "to": 18}},
     'working_hours: {"from":8.5,"to":18} is not allowed. Write whole hours of a day in UTC, from before to, such as { from = 8, to = 18 }.'),
    ({"working_hours": {"from": 0, "to": 24}},
     'working_hours: {"from":0,"to":24} leaves no hour outside, so that ReadOffHours would never go off. Write shorter hours, or leave working_hours out.'),
    ({"working_hours": {"from": None, "to": 24}},
     'working_hours: {"from":null,"to":24} is not allowed. Write whole hours of a day in UTC, from before to, such as { from = 8, to = 18 }.'),
    ({"heartbeat_hours": 0.5},
     'heartbeat_hours: 0.5 is not allowed. Write a whole number of hours from 1 to 24.'),
    ({"bedrock_model_id": "Claude"},
     'bedrock_model_id: "Claude" is neither the id of a foundation model (anthropic.claude-haiku-4-5-20251001-v1:0) or of a system inference profile (global.anthropic.claude-haiku-4-5-20251001-v1:0), nor the ARN of a provisioned, custom or imported model. Write one of these, or null for facts without prose.'),
    ({"bedrock_model_id": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"},
     'bedrock_model_id: "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0" is neither the id of a foundation model (anthropic.claude-haiku-4-5-20251001-v1:0) or of a system inference profile (global.anthropic.claude-haiku-4-5-20251001-v1:0), nor the ARN of a provisioned, custom or imported model. Write amazon.nova-micro-v1:0.'),
    ({"bedrock_model_id": "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0"},
     'bedrock_model_id: "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0" is neither the id of a foundation model (anthropic.claude-haiku-4-5-20251001-v1:0) or of a system inference profile (global.anthropic.claude-haiku-4-5-20251001-v1:0), nor the ARN of a provisioned, custom or imported model. Write us.amazon.nova-micro-v1:0.'),
    ({"bedrock_model_id": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"},
     'bedrock_model_id: "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc" is neither the id of a foundation model (anthropic.claude-haiku-4-5-20251001-v1:0) or of a system inference profile (global.anthropic.claude-haiku-4-5-20251001-v1:0), nor the ARN of a provisioned, custom or imported model. Write the model it was made from here, and the profile in bedrock_inference_profile_arn.'),
    ({"bedrock_model_id": "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abc"},
     'bedrock_model_id: "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/abc" is not in us-east-1, where the model is called. Write the ARN of a model there, or set bedrock_region.'),
    ({"bedrock_inference_profile_arn": "us.amazon.nova-micro-v1:0"},
     'bedrock_inference_profile_arn: "us.amazon.nova-micro-v1:0" is no ARN of an application inference profile. Write arn:aws:bedrock:REGION:ACCOUNT:application-inference-profile/ID; the id of a system profile (global.…, us.…) belongs in bedrock_model_id.'),
    ({"bedrock_model_id": None, "bedrock_inference_profile_arn": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"},
     'bedrock_inference_profile_arn needs bedrock_model_id to be the id of the model or system profile that it was made from, not null: the IAM policy has to allow that too. Write it, or leave the profile out.'),
    ({"bedrock_inference_profile_arn": "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc"},
     'bedrock_inference_profile_arn: "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc" is not in us-east-1, where the model is called. Write the ARN of a profile there, or set bedrock_region.'),
    ({"bedrock_region": "Virginia"},
     'bedrock_region: "Virginia" is no AWS region. Write one such as us-east-1, or null for this one.'),
    ({"guardrail_id": "!"},
     'guardrail_id: "!" is neither id nor ARN of a guardrail. Write one such as abc123def456, or arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID.'),
    ({"guardrail_version": "x"},
     'guardrail_version: "x" is no version of a guardrail. Write a number, or DRAFT.'),
    ({"guardrail_version": "2"},
     'guardrail_version: "2" has no effect without guardrail_id. Give guardrail_id, or leave the version out.'),
    ({"bedrock_model_id": None, "guardrail_id": "abc"},
     'guardrail_id: "abc" has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id.'),
    ({"summary_language": "en<b>"},
     'summary_language: "en\\u003cb\\u003e" is no name of a language. Write its English name, such as German or Brazilian Portuguese.'),
    ({"model_minimum_severity": "urgent"},
     'model_minimum_severity: "urgent" is unknown. Write info, low, medium, high, critical.'),
    ({"model_calls_per_hour": 0},
     'model_calls_per_hour: 0 is not allowed. Write a whole number from 1 to 1000000; bedrock_model_id = null switches the model off.'),
    ({"model_calls_per_hour": 1.5},
     'model_calls_per_hour: 1.5 is not allowed. Write a whole number from 1 to 1000000; bedrock_model_id = null switches the model off.'),
    ({"enable_rotation": True},
     'trusted_cidrs is empty, and rotation needs it: without a trusted network no read can be found untrusted. Write the networks that your reads come from, or set enable_rotation = false.'),
    ({"rotation_targets": {"prod/db": GENERATE}, "rotation_mode": "rotate"},
     'enable_rotation is false, and rotation_mode, rotation_targets would have no effect. Set enable_rotation = true (it starts as a dry run), or leave them out.'),
    ({"rotations_per_hour": 5},
     'enable_rotation is false, and rotations_per_hour would have no effect. Set enable_rotation = true (it starts as a dry run), or leave it out.'),
    ({"enable_rotation": True, "rotation_targets": {"prod/db": GENERATE}},
     'trusted_cidrs is empty, and rotation needs it: without a trusted network no read can be found untrusted. Write the networks that your reads come from, or set enable_rotation = false.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": None}}},
     'rotation_targets: strategy of prod/db (null) is unknown. Write generate, managed or notify_only.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "rotate"}}},
     'rotation_targets: strategy of prod/db ("rotate") is unknown. Write generate, managed or notify_only.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "generate", "json_key": ["password"]}}},
     'rotation_targets: prod/db needs json_keys with strategy generate: the keys of its JSON value that change, such as ["password"], or [] if the value is one password.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": [""]}}},
     'rotation_targets: json_keys of prod/db has an empty key. Write keys of the JSON value, such as ["password"].'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**GENERATE, "format": "yaml"}}},
     'rotation_targets: format of prod/db ("yaml") is not allowed. Write json or text, with strategy generate only, or leave it out.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**GENERATE, "format": "text"}}},
     'rotation_targets: format and json_keys of prod/db contradict each other. Write json_keys = [] with format = "text", which replaces the whole value, and the keys that change with format = "json".'),
    ({**ROTATION, "rotation_targets": {"prod/*": GENERATE}},
     'rotation_targets: "prod/*" is neither the name nor the full ARN of a secret. Write the name (letters, digits and /_+=.@!- only, no wildcard), or the ARN with the hyphen and six characters at its end.'),
    ({**ROTATION, "rotation_targets": {"arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db": GENERATE}},
     'rotation_targets: "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db" is neither the name nor the full ARN of a secret. Write the name (letters, digits and /_+=.@!- only, no wildcard), or the ARN with the hyphen and six characters at its end.'),
    ({**ROTATION, "rotation_targets": {"arn:aws:secretsmanager:us-east-1:210987654321:secret:prod/db-Ab12Cd": GENERATE}},
     'rotation_targets: "arn:aws:secretsmanager:us-east-1:210987654321:secret:prod/db-Ab12Cd" is a secret of another account, region or partition, which the rotator cannot change. Write secrets of 123456789012 in us-east-1, and use another deployment for the others.'),
    ({**ROTATION, "rotation_targets": {"arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-Ab12Cd": GENERATE}},
     'rotation_targets: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-Ab12Cd" is a secret of another account, region or partition, which the rotator cannot change. Write secrets of 123456789012 in us-east-1, and use another deployment for the others.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE, "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-Ab12Cd": {"strategy": "notify_only"}}},
     'rotation_targets: "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-Ab12Cd" is the same secret as another target. Write each secret once, by name or by ARN.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "managed", "rotation_function_arn": "rotate-db", "rotation_role_arn": "arn:aws:iam::123456789012:role/rotate-db"}}},
     'rotation_targets: rotation_function_arn of prod/db ("rotate-db") is no ARN of a function in this region. Write arn:aws:lambda:us-east-1:ACCOUNT:function:NAME, without a version.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "managed"}}},
     "rotation_targets: prod/db needs rotation_function_arn and rotation_role_arn with strategy managed. Write the ARN of its rotation function, which the rotator must be allowed to invoke, and of that function's role, whose own reads would start the next rotation."),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "managed", "rotation_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:rotate-db", "rotation_role_arn": "rotate-db"}}},
     'rotation_targets: rotation_role_arn of prod/db ("rotate-db") is no ARN of a role. Write arn:aws:iam::ACCOUNT:role/NAME.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**MANAGED, "json_keys": ["x"]}}},
     'rotation_targets: json_keys and kms_key_arn of prod/db have no effect: only strategy generate uses them. Leave them out, or write strategy = "generate".'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": ["password"], "rotation_role_arn": "arn:aws:iam::123456789012:role/x"}}},
     'rotation_targets: rotation_function_arn and rotation_role_arn of prod/db have no effect: only strategy managed uses them. Leave them out, or write strategy = "managed".'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "generate", "json_keys": ["password"], "kms_key_arn": "alias/x"}}},
     'rotation_targets: kms_key_arn of prod/db ("alias/x") is no ARN of a key in this region. IAM policies take neither aliases nor ids: write arn:aws:kms:us-east-1:ACCOUNT:key/ID.'),
    ({**ROTATION, "rotation_targets": {"a": None}},
     'rotation_targets: strategy of a (null) is unknown. Write generate, managed or notify_only.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 32.5, "character_classes": ["digits"], "exclude_characters": ""}}},
     'rotation_passwords: password_length of prod/db (32.5) is not allowed. Write a whole number from 8 to 4096.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 4, "character_classes": ["digits"], "exclude_characters": ""}}},
     'rotation_passwords: password_length of prod/db (4) is not allowed. Write a whole number from 8 to 4096.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 32, "character_classes": ["runes"], "exclude_characters": ""}}},
     'rotation_passwords: character_classes of prod/db (["runes"]) are unknown. Write some of digits, lowercase, symbols, uppercase.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 32, "character_classes": [], "exclude_characters": ""}}},
     'rotation_passwords: character_classes of prod/db ([]) are unknown. Write some of digits, lowercase, symbols, uppercase.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 32, "character_classes": ["digits"], "exclude_characters": "0123456789"}}},
     'rotation_passwords: exclude_characters of prod/db ("0123456789") leaves nothing of one of its character_classes. Exclude fewer characters, or take that class out.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": 32, "character_classes": ["digits"], "exclude_characters": None}}},
     'rotation_passwords: exclude_characters of prod/db is null. Write "" to exclude none.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/other": {"password_length": 32, "character_classes": ["digits"], "exclude_characters": ""}}},
     'rotation_passwords: "prod/other" is no rotation target of strategy generate. Write one of prod/db.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_mode": "maybe"},
     'rotation_mode: "maybe" is unknown. Write dry_run or rotate.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_cooldown_minutes": 0.5},
     'rotation_cooldown_minutes: 0.5 is not allowed. Write a whole number of minutes from 1 to 1440.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotations_per_hour": 0},
     'rotations_per_hour: 0 is not allowed. Write a whole number from 1 to 1000.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_exempt_principal_arns": ["arn:aws:sts::123456789012:assumed-role/deploy/s1"]},
     'rotation_exempt_principal_arns: "arn:aws:sts::123456789012:assumed-role/deploy/s1" is no ARN of an IAM role or user. Write arn:aws:iam::ACCOUNT:role/NAME, without wildcards; of a session (arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION) write its role.'),
    ({"quicksight_principal_arns": ["arn:aws:quicksight:us-east-1:123456789012:group/default/x"], "enable_analytics": False},
     'quicksight_principal_arns: ["arn:aws:quicksight:us-east-1:123456789012:group/default/x"] have no effect with enable_analytics = false, since the dashboard asks Athena. Set enable_analytics = true, or leave them out.'),
    ({"quicksight_principal_arns": ["group/x"]},
     'quicksight_principal_arns: "group/x" is no ARN of a QuickSight user or group. Write arn:aws:quicksight:REGION:ACCOUNT:group/default/NAME.'),
    # Another partition, another region.
    ({"permissions_boundary_arn": "arn:aws-cn:iam::123456789012:policy/developers"},
     'permissions_boundary_arn: "arn:aws-cn:iam::123456789012:policy/developers" is no ARN of an IAM policy. Write arn:aws:iam::ACCOUNT:policy/NAME.'),
    ({"permissions_boundary_arn": "arn:aws:iam::123456789012:policy/developers "},
     'permissions_boundary_arn: "arn:aws:iam::123456789012:policy/developers " is no ARN of an IAM policy. Write arn:aws:iam::ACCOUNT:policy/NAME.'),
    ({"create_kms_key": False, "kms_key_arn": "arn:aws-cn:kms:us-east-1:123456789012:key/1"},
     'kms_key_arn: "arn:aws-cn:kms:us-east-1:123456789012:key/1" is no ARN of a key. IAM policies take neither aliases nor ids: write arn:aws:kms:REGION:ACCOUNT:key/ID (of an alias, the data source aws_kms_alias has it as target_key_arn).'),
    ({**THEIR_TOPIC, "alerts_topic_kms_key_arn": "arn:aws:kms:eu-west-1:123456789012:key/1"},
     'alerts_topic_kms_key_arn: "arn:aws:kms:eu-west-1:123456789012:key/1" is no ARN of a KMS key in this region. Write arn:aws:kms:us-east-1:ACCOUNT:key/ID, no alias.'),
    ({"parameter_kms_key_arns": ["arn:aws-cn:kms:us-east-1:123456789012:key/1"]},
     'parameter_kms_key_arns: "arn:aws-cn:kms:us-east-1:123456789012:key/1" is no ARN of a KMS key in this region. Write arn:aws:kms:us-east-1:ACCOUNT:key/ID, no alias.'),
    ({"create_trail": False, "log_group_name": "t", "trail_bucket_name": "my-logs", "trail_bucket_kms_key_arn": "arn:aws-cn:kms:us-east-1:123456789012:key/1"},
     'trail_bucket_kms_key_arn: "arn:aws-cn:kms:us-east-1:123456789012:key/1" is no ARN of a KMS key. Write arn:aws:kms:REGION:ACCOUNT:key/ID, no alias.'),
    ({"deployer_role_arns": ["arn:aws:iam::123456789012:role/*"]},
     'deployer_role_arns: "arn:aws:iam::123456789012:role/*" is no ARN of an IAM role. Write arn:aws:iam::ACCOUNT:role/NAME, with its path, not the ARN of an assumed role; IAM users and the root user cannot be left out.'),
    ({"create_alerts_topic": False, "alerts_topic_arn": "arn:aws-cn:sns:us-east-1:123456789012:x"},
     'alerts_topic_arn: "arn:aws-cn:sns:us-east-1:123456789012:x" is no ARN of a standard SNS topic (email and SMS cannot subscribe to a FIFO topic). Write arn:aws:sns:REGION:ACCOUNT:NAME.'),
    ({"create_alerts_topic": False, "alerts_topic_arn": "arn:aws:sns:eu-west-1:123456789012:x"},
     'alerts_topic_arn: "arn:aws:sns:eu-west-1:123456789012:x" is a topic of another region, which no alarm in us-east-1 can publish to. Write the ARN of a topic in us-east-1.'),
    ({"bedrock_inference_profile_arn": "arn:aws-cn:bedrock:us-east-1:123456789012:application-inference-profile/abc"},
     'bedrock_inference_profile_arn: "arn:aws-cn:bedrock:us-east-1:123456789012:application-inference-profile/abc" is no ARN of an application inference profile. Write arn:aws:bedrock:REGION:ACCOUNT:application-inference-profile/ID; the id of a system profile (global.…, us.…) belongs in bedrock_model_id.'),
    ({"guardrail_id": "arn:aws-cn:bedrock:us-east-1:123456789012:guardrail/abc"},
     'guardrail_id: "arn:aws-cn:bedrock:us-east-1:123456789012:guardrail/abc" is neither id nor ARN of a guardrail. Write one such as abc123def456, or arn:aws:bedrock:REGION:ACCOUNT:guardrail/ID.'),
    ({"guardrail_id": "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc"},
     'guardrail_id: "arn:aws:bedrock:eu-west-1:123456789012:guardrail/abc" is not in us-east-1, where the model is called. Write a guardrail there, or set bedrock_region.'),
    ({"quicksight_principal_arns": ["arn:aws-cn:quicksight:us-east-1:123456789012:group/default/x"]},
     'quicksight_principal_arns: "arn:aws-cn:quicksight:us-east-1:123456789012:group/default/x" is no ARN of a QuickSight user or group. Write arn:aws:quicksight:REGION:ACCOUNT:group/default/NAME.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**MANAGED, "rotation_function_arn": "arn:aws-cn:lambda:us-east-1:123456789012:function:rotate-db"}}},
     'rotation_targets: rotation_function_arn of prod/db ("arn:aws-cn:lambda:us-east-1:123456789012:function:rotate-db") is no ARN of a function in this region. Write arn:aws:lambda:us-east-1:ACCOUNT:function:NAME, without a version.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**GENERATE, "kms_key_arn": "arn:aws-cn:kms:us-east-1:123456789012:key/1"}}},
     'rotation_targets: kms_key_arn of prod/db ("arn:aws-cn:kms:us-east-1:123456789012:key/1") is no ARN of a key in this region. IAM policies take neither aliases nor ids: write arn:aws:kms:us-east-1:ACCOUNT:key/ID.'),
    *(({**ROTATION, "rotation_targets": {"prod/db": {**MANAGED, "rotation_role_arn": wrong}}},
       f'rotation_targets: rotation_role_arn of prod/db ("{wrong}") is no ARN of a role. Write arn:aws:iam::ACCOUNT:role/NAME.')
      for wrong in ("arn:aws:iam::123456789012:role/*", "arn:aws:iam::123456789012:role/rotate-db ", "arn:aws-cn:iam::123456789012:role/rotate-db")),
    *(({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_exempt_principal_arns": [wrong]},
       f'rotation_exempt_principal_arns: {json.dumps(wrong)} is no ARN of an IAM role or user. Write arn:aws:iam::ACCOUNT:role/NAME, without wildcards; of a session (arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION) write its role.')
      for wrong in ("arn:aws:iam::123456789012:role/x\n", "arn:aws:iam::123456789012:role/ci-?", "arn:aws:iam::123456789012:role/x/", "arn:aws-cn:iam::123456789012:role/x")),
    # What is planned and refused at apply.
    ({"tags": {f"t{n}": "x" for n in range(51)}}, "tags: 51 are given, and AWS takes 50 of a resource. Leave 1 out."),
    *(({"tags": {key: value}}, f'tags: "{key}" = "{value}" is no tag that AWS takes. Write keys of 1 to 128 and values of at most 256 letters, digits, spaces and _ . : / = + - @.')
      for key, value in (("", "x"), ("k" * 129, "x"), ("a?b", "x"), ("a", "b?"))),
    *(({"iam_path": wrong}, f'iam_path: "{wrong}" is no IAM path. It begins and ends with a slash, and has letters, digits and . _ + = , @ - between slashes: write {right}.')
      for wrong, right in (("", "/"), ("//", "/"), ("/sec urity/", "/security/"), ("a//b", "/a/b/"))),
    ({"iam_path": f"/{'x' * 511}/"}, f'iam_path: "/{"x" * 511}/" has 513 characters, and IAM takes 512. Write a shorter one, such as /security/.'),
    *(({"alert_emails": [wrong]}, f"alert_emails: {shown} is no email address. Write addresses such as security@example.com.")
      for wrong, shown in (("<a@b.example>", r'"\u003ca@b.example\u003e"'), ("mailto:a@b.example", '"mailto:a@b.example"'), ("a@b.example,", '"a@b.example,"'))),
    *(({"create_trail": False, "log_group_name": "trail", "trail_bucket_name": wrong},
       f'trail_bucket_name: "{wrong}" is no name of a bucket. Write its name, neither ARN nor URL: lower-case letters, digits, single dots and hyphens, no IP address.')
      for wrong in ("a..b", "192.168.1.1")),
    ({"log_expiration_days": 1000000}, "log_expiration_days: 1000000 is not allowed. Write a whole number of days from 1 to 36500, or null."),
    *(({"channels": {"a": {"type": "slack", "minimum_severity": "low", "webhook_parameter": wrong}}},
       f'channels: webhook_parameter of a ("{wrong}") is no name of an SSM parameter. Store the URL, key or token in an SSM SecureString and write its name (no URL, no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /secretwatch/slack.')
      for wrong in ("/a" * 16, "/aws/x", "SSM-x")),
    ({"event_bus_name": "///"},
     'event_bus_name: "///" is no name of an event bus. Write its name, not its ARN: default, or letters, digits and . _ -.'),
    # What would do nothing, or too much.
    *(({"decoys": [wrong]}, f'decoys: {json.dumps(wrong)} matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, and * or ? for what differs, such as ["honey/*"].')
      for wrong in ("?*", "*/*", "[a-z]*", "honey\n", "arn:aws:secretsmanager:us-east-1:123456789012:secret:honey")),
    *(({"automation": [wrong]}, f'automation: "{wrong}" matches every principal, or none. Write patterns of ARNs of roles (of a session its role) or users, with a letter or digit in the name, such as ["arn:*:iam::*:role/external-secrets"].')
      for wrong in ("?*", "arn:*", "[a-z]*", "arn:*:iam::*:role/*", "external-secrets", " arn:aws:iam::123456789012:role/x", "arn:aws:sts::123456789012:assumed-role/ci/x")),
    *(({"channels": CHANNELS, "channel_secrets": {"a": [wrong]}},
       f'channel_secrets: "{wrong}" can match no name of a secret. Write patterns of names, not of ARNs: letters, digits and /_+=.@!- with * and ?, such as ["team-a/*"].')
      for wrong in ("arn:aws:secretsmanager:us-east-1:123456789012:secret:a", "team-a/* ", "")),
    ({"channel_secrets": {"a": ["x"]}}, 'channel_secrets: "a" is no channel. Leave it out, or write channels.'),
    ({"channels": {"a": {"type": "webhook", "minimum_severity": "low", "webhook_parameter": "/x"}}, "signing_key_parameters": {"a": "/x"}},
     'signing_key_parameters: a ("/x") is the channel\'s webhook_parameter: its URL would be the key. Store the key in another SSM SecureString and write its name.'),
    # Channels of the newer types.
    *(({"channels": {"a": {**BOT, **changes}}, **HEARD}, message) for changes, message in (
        ({"slack_channel": None}, 'channels: slack_channel of a (null) is no id of a Slack channel. Write what Slack shows at the end of the channel\'s details, such as C0123456789, not its name.'),
        ({"slack_channel": "#security"}, 'channels: slack_channel of a ("#security") is no id of a Slack channel. Write what Slack shows at the end of the channel\'s details, such as C0123456789, not its name.'),
        ({"type": "pagerduty"}, 'channels: slack_channel of a ("C0123456789") has no effect: the URL of a webhook says where its messages go. Leave it out, or use type slack_bot.'),
        ({"mention": "here", "mention_severity": "high"}, 'channels: mention of a ("here") is nobody whom Slack can call. Write @here, @channel, or the id of a user group, such as S0123456789.'),
        ({"mention": "@here"}, 'channels: mention_severity of a (null) is not allowed. Write mention and mention_severity together: from which severity on they are called, info, low, medium, high, critical.'),
        ({"mention_severity": "high"}, 'channels: mention_severity of a ("high") is not allowed. Write mention and mention_severity together: from which severity on they are called, info, low, medium, high, critical.'),
        ({"type": "teams", "slack_channel": None, "mention": "@here", "mention_severity": "high"}, 'channels: mention of a ("@here") is for Slack. Leave it out, or use type slack or slack_bot.'),
    )),
    ({"channels": {"a": {**BOT, "webhook_parameter": None}}, "webhook_urls": {"a": "https://hook.example/x"}, "webhook_url_versions": {"a": 1}, **HEARD},
     'webhook_url_versions: "a" is of a type that has a key and no URL. Store the key in an SSM SecureString, and write its name in webhook_parameter.'),
    *(({"channels": CHANNELS | {"hook": {"type": "webhook", "minimum_severity": "low", "webhook_parameter": "/y"}}, "header_parameters": given, **HEARD}, message)
      for given, message in (
        ({"b": {"X-Team": "/z"}}, 'header_parameters: "b" is no channel. Write one of a, hook.'),
        ({"a": {"X-Team": "/z"}}, 'header_parameters: "a" is of a type that has its own headers. Leave it out, or use type webhook.'),
        ({"hook": {"X Team": "/z", "Host": "/z"}}, 'header_parameters: "Host", "X Team" is no name of a header, or one that is sent anyway. Write up to 64 letters, digits and -, such as Authorization; not connection, content-encoding, content-length, content-type, expect, host, idempotency-key, te, trailer, transfer-encoding, upgrade, x-secretwatch-signature.'),
        ({"hook": {"X-Team": "/aws/z"}}, 'header_parameters: "/aws/z" is no name of an SSM parameter. Store the header\'s value in an SSM SecureString and write its name (no ARN, 200 characters and 15 levels at most, not starting with aws or ssm), such as /siem/authorization.'),
        ({"hook": {}}, 'header_parameters: hook has no header. Write one, such as { Authorization = "/siem/authorization" }, or leave it out.'),
        ({"hook": {f"X-{n}": "/z" for n in range(101)}}, "header_parameters: 101 headers are given, and the notifier's role takes 100. Leave some out, or use several deployments."),
    )),
    *(({bedrock: value, "bedrock_model_id": None}, f"{bedrock}: {json.dumps(value)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id.")
      for bedrock, value in (("bedrock_region", "us-west-2"), ("summary_language", "German"), ("model_calls_per_hour", 100), ("model_minimum_severity", "low"))),
    ({"bedrock_model_id": "us.amazon.nova-micro-v1:0", "bedrock_region": "eu-west-1"},
     'bedrock_model_id: "us.amazon.nova-micro-v1:0" is a system inference profile that cannot be called in eu-west-1. Write the profile of that part of the world, or global.…, or set bedrock_region.'),
    ({"create_trail": False, "log_group_name": "t", "enable_analytics": False, "trail_bucket_name": "my-logs"},
     'trail_bucket_name: "my-logs" has no effect with enable_analytics = false: only analytics reads it. Leave it out, or set enable_analytics = true.'),
    ({"enable_fast_path": False, "event_bus_name": "mine"},
     'event_bus_name: "mine" has no effect with enable_fast_path = false: nothing comes from EventBridge. Leave it out, or set enable_fast_path = true.'),
    ({"disabled_alarms": ["ReadOffHours"]},
     'disabled_alarms: "ReadOffHours" has no effect without working_hours, which that alarm needs. Leave it out.'),
    ({"canary_schedule_minutes": 5}, "canary_schedule_minutes: 5 is not allowed. Write a whole number of minutes from 15 to 480."),
    # Networks.
    *(({"trusted_cidrs": [wrong]}, f'trusted_cidrs: "{wrong}" trusts a large part of the internet, so that a read by a stranger would pass. Write the networks that your reads come from: /8 or longer, for IPv6 /16 or longer (fc00::/7 is allowed; longer in 6to4, Teredo and NAT64, which hold all of IPv4). If no network is known, leave trusted_cidrs empty.')
      for wrong in ("::/16", "2002::/16", "2002:8000::/17", "2001::/32", "64:ff9b::/96")),
    ({"trusted_cidrs": [f"{n}.0.0.0/8" for n in range(256)]},
     "trusted_cidrs: 256 networks have more than 268435456 IPv4 addresses together, a large part of the internet, so that a read by a stranger would pass. Write the networks that your reads come from: as much as sixteen /8 at most."),
    *(({"network_names": {wrong: "office"}}, f'network_names: "{wrong}" is no network that can have a name. Write CIDR notation, from /8 to /32 (IPv6: from /16 to /64), such as 203.0.113.0/24.')
      for wrong in ("0.0.0.0/0", "2000::/3", "office")),
    ({"network_names": {"203.0.113.7/24": "office"}},
     'network_names: "203.0.113.7/24" is no network, or has bits set after its length. Write its first address, such as 203.0.113.0/24.'),
    ({"network_names": {"203.0.113.0/24": "off\u202eice"}},
     'network_names: "off\u202eice" is no name. Write 1 to 60 characters without commas, quotes and line breaks, such as office.'),
    ({"network_names": {"203.0.113.0/24": "office, home"}},
     'network_names: "office, home" is no name. Write 1 to 60 characters without commas, quotes and line breaks, such as office.'),
    # Rotation.
    ({**ROTATION, "rotation_targets": {}},
     'rotation_targets is empty, and rotation needs it. Write at least one, such as { "prod/db" = { strategy = "generate", json_keys = ["password"] } }.'),
    ({**ROTATION, "rotation_targets": {f"s{n}": GENERATE for n in range(201)}},
     "rotation_targets: 201 secrets are given, and the rotator takes 200. Use several deployments, each with a name_prefix of its own."),
    ({**ROTATION, "rotation_targets": {"prod/db-Ab12Cd": GENERATE}},
     'rotation_targets: "prod/db-Ab12Cd" ends as an ARN does, in a hyphen and six characters. Write the name without them, or, where the name itself ends so, the full ARN.'),
    ({**ROTATION, "rotation_targets": {"rds!cluster-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab": GENERATE}},
     'rotation_targets: "rds!cluster-1a2b3c4d-aaaa-bbbb-cccc-1234567890ab" is managed by an AWS service, which alone may rotate it. Write strategy = "notify_only".'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**GENERATE, "json_keys": ["password", "password"]}}},
     'rotation_targets: json_keys of prod/db (["password","password"]) has a key twice, or spaces around one. Write each key once, as it stands in the JSON value.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {**GENERATE, "json_keys": [" password"]}}},
     'rotation_targets: json_keys of prod/db ([" password"]) has a key twice, or spaces around one. Write each key once, as it stands in the JSON value.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "notify_only"}}, "rotation_passwords": {"prod/db": {"password_length": 32, "character_classes": ["digits"], "exclude_characters": ""}}},
     'rotation_passwords: "prod/db" is no rotation target of strategy generate. Leave it out: there is none.'),
    *(({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"password_length": length, "character_classes": ["digits"], "exclude_characters": excluded}}},
       f'rotation_passwords: prod/db ({{"character_classes":["digits"],"exclude_characters":"{excluded}","password_length":{length}}}) makes passwords that can be guessed, or the same one again. Write a greater password_length, more character_classes or fewer exclude_characters: at least 40 bits, such as 13 digits or 8 characters of all classes.')
      for length, excluded in ((12, ""), (4096, "012345678"), (39, "23456789"))),
    *(({**ROTATION, "rotation_targets": {secret: GENERATE}},
       "rotation_targets: secretwatch/canary is the canary's own secret, which gives itself its value. Leave it out.")
      for secret in ("secretwatch/canary", "arn:aws:secretsmanager:us-east-1:123456789012:secret:secretwatch/canary-Ab12Cd")),
    ({**ROTATION, "rotation_targets": {"prod/db": {"strategy": "notify_only"}, "prod/api": {"strategy": "notify_only"}}, "rotation_mode": "rotate"},
     'rotation_mode: "rotate" has no effect, since strategy of each of rotation_targets is notify_only. Write generate or managed for those that should rotate, or leave rotation_mode out.'),
    # What the defaults say already, or another entry does.
    ({"signal_overrides": {"many_secrets": {"threshold": 10, "window_minutes": 10}, "root": {"enabled": True}, "batch": {"threshold": None, "enabled": False}}},
     'signal_overrides: many_secrets = {"threshold":10,"window_minutes":10}, root = {"enabled":true} has no effect: the catalogue says the same. Leave it out, or write what should differ.'),
    ({"alarm_overrides": {"RootRead": {"severity": "high"}, "SecretAccessed": {"band_width": 3, "period": 600}}},
     'alarm_overrides: RootRead = {"severity":"high"} has no effect: it is so by default. Leave it out, or write what should differ.'),
    ({"alarm_overrides": {"RootRead": {"notify": False}, "SecretTampering": {"notify": True}}},
     'alarm_overrides: RootRead = {"notify":false} has no effect: it is so by default. Leave it out, or write what should differ.'),
    ({"alarm_overrides": {"TrailTampering": {"notify": True}}},
     'alarm_overrides: TrailTampering = {"notify":true} has no effect: it is so by default. Leave it out, or write what should differ.'),
    ({"alarm_overrides": {"RootRead": {"notify": True}}, "enable_complete_path": False},
     'alarm_overrides: RootRead = {"notify":true} has no effect: it is so by default. Leave it out, or write what should differ.'),
    ({"disabled_alarms": ["SecretAccessed"], "enable_composite_alarm": True},
     'enable_composite_alarm: true needs an alarm that notifies and is not critical. Take one out of disabled_alarms, set notify = true for one in alarm_overrides, or set enable_composite_alarm = false.'),
    *(({"channels": {"a": CHANNELS["a"], "b": {"type": kind, "minimum_severity": "high", "webhook_parameter": "/x"}}, "channel_secrets": secrets, **HEARD},
       'channels: webhook_parameter of a ("/x"), b ("/x") is one and the same, so that notifications come twice, or in a form that their receiver does not take. Leave one of the channels out, or give each secrets of its own in channel_secrets.')
      for kind, secrets in (("slack", {}), ("slack", {"a": ["team-a/*"]}), ("slack", {"a": ["x", "y"], "b": ["y", "x"]}), ("teams", {"a": ["x"], "b": ["y"]}))),
    ({"create_trail": False, "log_group_name": "t", "enable_analytics": False, "trail_bucket_kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/1"},
     'trail_bucket_kms_key_arn: "arn:aws:kms:us-east-1:123456789012:key/1" has no effect with enable_analytics = false: only analytics reads the bucket. Leave it out, or set enable_analytics = true.'),
]

# Terraform's own words for what is of another type.
WRONG_TYPE: list[tuple[Given, str]] = [
    ({"signal_overrides": {"root": {"enabled": "perhaps"}}},
     'var.signal_overrides: a bool is required.'),
    ({"decoys": "honey"},
     'var.decoys: list of string required.'),
    ({"channels": {"a": {"type": "slack", "min_severity": "low", "webhook_parameter": "/x"}}},
     'var.channels: element "a": attribute "minimum_severity" is required.'),
    ({"working_hours": {"start": 8, "end": 18}},
     'var.working_hours: attributes "from" and "to" are required.'),
    ({**ROTATION, "rotation_targets": {"prod/db": {"stategy": "notify_only"}}},
     'var.rotation_targets: element "prod/db": attribute "strategy" is required.'),
    ({**ROTATION, "rotation_targets": {"prod/db": GENERATE}, "rotation_passwords": {"prod/db": {"pasword_length": 32}}},
     'var.rotation_passwords: element "prod/db": attributes "character_classes", "exclude_characters", and "password_length" are required.'),]
# fmt: on


LINKED = (
    {"create_kms_key", "kms_key_arn"},
    {"create_trail", "log_group_name", "trail_bucket_name", "log_archive_after_days", "log_expiration_days",
     "trail_topic_emails", "enable_analytics", "quicksight_principal_arns", "trail_name", "trail_bucket_kms_key_arn"},
    {"create_alerts_topic", "alerts_topic_arn", "alerts_topic_kms_key_arn"},
    {"channels", "channel_secrets", "signing_key_parameters", "header_parameters", "webhook_urls", "webhook_url_versions",
     "operations_emails", "alert_emails", "alert_phone_numbers", "parameter_kms_key_arns"},
    {"alarm_overrides", "disabled_alarms", "working_hours", "enable_composite_alarm", "enable_complete_path"},
    {"enable_digest", "digest_at", "digest_emails"},
    {"event_bus_name", "enable_fast_path", "enable_complete_path"},
    {"bedrock_model_id", "bedrock_inference_profile_arn", "bedrock_region", "guardrail_id", "guardrail_version",
     "summary_language", "model_calls_per_hour", "model_minimum_severity"},
    {"trusted_cidrs", "enable_rotation", "rotation_targets", "rotation_passwords", "rotation_mode", "rotations_per_hour",
     "rotation_cooldown_minutes", "rotation_exempt_principal_arns", "enable_canary", "name_prefix"},
)  # fmt: skip
"""Variables that rules look at together."""


def packed(rows: Sequence[tuple[Given, str]]) -> list[tuple[Given, list[str]]]:
    """Put rows that have nothing to do with each other into one set of inputs: Terraform reports all that is wrong."""
    packs: list[tuple[Given, list[str], set[str]]] = []
    for given, said in rows:
        touched = set(given).union(*(group for group in LINKED if group & given.keys()))
        free = next((pack for pack in packs if not pack[2] & touched), None)
        if free is None:
            packs.append((dict(given), [said], touched))
        else:
            free[0].update(given)
            free[1].append(said)
            free[2].update(touched)
    return [(given, said) for given, said, _ in packs]


def test_wrong_input_is_refused_with_variable_value_and_cure(inputs: Inputs) -> None:
    packs = packed(WRONG)
    outcomes = inputs.outcomes([given for given, _ in packs])
    missing = [
        (said, outcome.messages)
        for (_, expected), outcome in zip(packs, outcomes, strict=True)
        for said in expected
        if said not in outcome.messages
    ]
    assert missing == []


@pytest.mark.parametrize(("given", "said"), WRONG, ids=[said[:60] for _, said in WRONG])
def test_a_message_names_variable_value_and_cure(given: Given, said: str) -> None:
    assert len(WRONG) >= 40
    named = [name for name in given if re.search(rf"\b{name}\b", said)]
    assert named, "the variable"
    values = {json.dumps(value) for value in scalars(given)} | {str(value) for value in scalars(given)}
    absent = " is missing" in said or " is empty" in said or "must have the same channels" in said
    assert absent or any(value in said for value in values), "the value"
    assert re.search(r"\b([Ww]rite|[Ss]et|Give|[Ll]eave|Take|Use|Exclude)\b|needs json_keys", said), "the cure"


def scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for name, part in value.items():
            yield name
            yield from scalars(part)
    elif isinstance(value, list):
        for part in value:
            yield from scalars(part)
    else:
        yield "false" if value is False else "null" if value is None else value


def test_another_type_is_refused_by_terraform(inputs: Inputs) -> None:
    outcomes = inputs.outcomes([given for given, _ in WRONG_TYPE])
    for (_, said), outcome in zip(WRONG_TYPE, outcomes, strict=True):
        shown = [re.sub(r" declared at variables.tf:\S+:", ":", message) for message in outcome.messages]
        # Terraform 1.15 adds what was given: "…: list of string required, but have string."
        assert any(said.removesuffix(".") in message for message in shown), (said, shown)


# --- whatever a plan accepts, the functions accept ---------------------------------------------

ODD_TEXTS = [
    "", " ", "*", "x", "honey/*", "a\n", "é", "null", "?*", "*x", "[a-z]*", "a!b", "arn:*:role/x", "*user/*", "*user/é", None,
]  # fmt: skip
PRINCIPALS = [
    f"arn:aws:iam::123456789012:{x}"
    for x in ("role/x", "role/a/b:c/x", "user/x@y", "role/x\n", "role//x", "role/x/", "role/*")
] + ["", "x", None]
ODD_NUMBERS = [0, 1, 1.5, 0.5, -1, 15, 365, 366, 1000, 1001, 1440, 1441, 3650, 1e6, 1000001, "30", "1.5", None]
SEVERITIES = ["info", "critical", "loud", "", None]
NETWORKS = [
    "198.51.100.0/24", "198.51.100.7/24", "2001:db8::/32", "2001:DB8::1/32", "2001:db8::1/128", "::ffff:c000:200/120",
    "010.0.0.0/8", "10.0.0.0/08", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/255.0.0.0", " 10.0.0.0/8", "10.0.0.0/8\n",
    "fe80::%eth0/64", "0.0.0.0/0", "::/0", "fc00::/7", "1::2::3/128", "12345::/32", "1:2:3:4:5:6:7::/112", ":::/16",
    "::1:2:3:4:5:6:7:8/128", "2001:db8:0:0:0:0:0:0/64", "office", "::/104", "2002::/16", "2002::/24", "2001::/39", "64:ff9b::/104", "0.0.0.0/8", "10.0.0.0/-1", "١.0.0.0/8", None,
]  # fmt: skip
SECRETS = [
    "prod/db",
    "a b",
    "prod/*",
    "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/api-Ab12Cd",
    "é",
    "x" * 513,
    "prod-Ab12Cd",
    "prod-abcdef",
    "rds!db-1",
    f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{'x' * 512}-abcdef",
]


def draw(chance: random.Random) -> Given:
    """Return inputs of which about one value is odd: with several, most sets would be refused for another reason."""
    one: Callable[[list[Any]], Any] = chance.choice

    def few(options: list[Any]) -> list[Any]:
        return [one(options) for _ in range(one([0, 1, 1, 1, 2]))]

    def odd(usual: Any, others: list[Any]) -> Any:
        return one(others) if chance.random() < 0.4 else usual

    def some(**parts: Any) -> Given:
        return {name: value for name, value in parts.items() if chance.random() < 0.5}

    def override() -> Given:
        return some(
            enabled=one([True, False, "false", None]),
            severity=odd("high", SEVERITIES),
            threshold=odd(5, ODD_NUMBERS),
            window_minutes=odd(10, ODD_NUMBERS),
        )

    def channel() -> Given:
        return {
            "type": odd("webhook", ["slack", "slack_bot", "teams", "pagerduty", "pager", None]),
            "minimum_severity": odd("low", SEVERITIES),
            "webhook_parameter": odd("/x", ["x", "/a/b", "", "a/b", "/", None]),
            "digest": one([True, False, "true", None]),
            "slack_channel": odd(None, ["C0123456789", "#general", ""]),
            "mention": odd(None, ["@here", "S0123456789", "@alice", ""]),
            "mention_severity": odd(None, SEVERITIES),
        }

    def target() -> Given:
        strategy = odd("generate", ["managed", "notify_only", "rotate", None])
        base = {"generate": GENERATE, "managed": MANAGED}.get(strategy, {"strategy": strategy})
        return {**base, **({"json_keys": few(["password", " key", "", None])} if chance.random() < 0.2 else {})}

    def password() -> Given:
        return {
            "password_length": odd(32, [8, 12, 13, 39, 40, 32.5, "16", 4096, 4097, 7]),
            "character_classes": odd(["digits", "lowercase"], [[], ["runes"], ["digits", None]]),
            "exclude_characters": odd("", ["\"'@/", "0123456789", "012345678", "23456789", None]),
        }

    def rotation() -> Given:
        given: Given = {**ROTATION, "rotation_targets": {odd("prod/db", SECRETS): target(), "other": GENERATE}}
        return given | some(
            rotation_mode=odd("rotate", ["dry_run", "", "Rotate", None]),
            rotate_unknown=one([True, "true", None]),
            rotation_cooldown_minutes=odd(15, ODD_NUMBERS),
            rotations_per_hour=odd(10, ODD_NUMBERS),
            rotation_passwords={"other": password()},
            rotation_exempt_principal_arns=few(PRINCIPALS),
        )

    choices: list[Given] = [
        {"trusted_cidrs": few(NETWORKS)},
        {"trusted_cidrs": few(NETWORKS)},
        {"network_names": {odd("10.0.0.0/8", NETWORKS): odd("office", ODD_TEXTS)}},
        {"trusted_vpc_endpoint_ids": few(["vpce-0123456789abcdef0", "vpce-1", "", None])},
        {"audit_retention_days": one(ODD_NUMBERS)},
        {"history_days": one(ODD_NUMBERS)},
        {"learning_days": one(ODD_NUMBERS)},
        {"quiet_minutes": one(ODD_NUMBERS)},
        {"digest_at": one(["07:00", "7:00", "24:00", "00:29", "00:30", "23:59", "07:00\n", "", None])},
        {"decoys": few(ODD_TEXTS)},
        {"automation": few(ODD_TEXTS)},
        {"signal_overrides": {odd("many_secrets", ["root", "enumerate_then_read", "roots"]): override()}},
        {"channels": {odd("a", ["b-1", "c d", ""]): channel()}, **HEARD},
        {"channels": CHANNELS, "channel_secrets": {"a": few(ODD_TEXTS)}, **HEARD},
        {"channels": {"a": channel()}, "signing_key_parameters": {"a": odd("/k", ["", "k k", "/x", None])}, **HEARD},
        {"bedrock_model_id": one(["amazon.nova-micro-v1:0", "us.amazon.nova-micro-v1:0", "", "x", None])},
        {"bedrock_region": one(["us-west-2", "", "here", None])},
        {"guardrail_id": odd("abc", ["", "A", None]), "guardrail_version": odd("1", ["DRAFT", "", "0", None])},
        {"summary_language": one(["German", "Brazilian Portuguese", "", "german", "E\n", None])},
        {"model_calls_per_hour": one(ODD_NUMBERS)},
        rotation(),
        rotation(),
        rotation(),
    ]
    return one(choices)  # type: ignore[no-any-return]


def read(outcome: Evaluated) -> None:
    """Read the settings as the functions do at cold start; raises SettingsError."""
    parsers = {
        "summarizer": SummarizerSettings,
        "rotator": RotatorSettings,
        "digest": DigestSettings,
        "notifier": NotifierSettings,
    }
    for name, given in outcome.functions.items():
        parsers[name].read(Environment(given.environment), Document(given.settings))  # type: ignore[attr-defined]
    parse_rules(outcome.rules)


@pytest.mark.parametrize("sets", [12, pytest.param(400, marks=pytest.mark.full)])
def test_whatever_a_plan_accepts_the_functions_accept(inputs: Inputs, sets: int) -> None:
    chance = random.Random(12)
    drawn = [draw(chance) for _ in range(sets)]
    outcomes = inputs.outcomes(drawn)
    accepted = [(given, outcome) for given, outcome in zip(drawn, outcomes, strict=True) if not outcome.messages]
    assert sets // 8 <= len(accepted) <= sets * 7 // 8, "draws must be right and wrong"
    for given, outcome in accepted:
        try:
            read(outcome)
        except SettingsError as error:
            pytest.fail(f"{given} was planned, then: {error}")


def test_what_looks_alike_and_has_an_effect_is_taken(inputs: Inputs) -> None:
    both = dict.fromkeys("ab", CHANNELS["a"])
    outcomes = inputs.outcomes(
        [
            {
                "channels": both,
                "channel_secrets": {"a": ["team-a/*"], "b": ["team-b/*"]},
                **HEARD,
                "signal_overrides": {"many_secrets": {"threshold": 10, "window_minutes": 20}},
                "alarm_overrides": {"SecretAccessed": {"band_width": 3, "period": 600}},
            },
            {**ROTATION, "rotation_targets": {"rds!db-1": {"strategy": "notify_only"}}},
            {
                **ROTATION,
                "rotation_targets": {"prod/db": GENERATE, "rds!db-1": {"strategy": "notify_only"}},
                "rotation_mode": "rotate",
            },
        ]
    )
    assert [outcome.messages for outcome in outcomes] == [()] * 3


def test_a_settings_error_is_found(inputs: Inputs) -> None:
    """The property above can fail: the functions refuse what no plan gives them."""
    (outcome,) = inputs.outcomes([{}])
    outcome.functions["summarizer"].settings["history"] = 1
    with pytest.raises(SettingsError):
        read(outcome)


# --- settings that grow ---------------------------------------------------------------------------

INLINE, MANAGED_POLICY, ATTACHED, ENVIRONMENT = 10_240, 6_144, 10, 4_096
"""Characters of a role's inline policies and of a managed policy, managed policies of a role, bytes of the
environment. AWS: "IAM and AWS STS quotas", "Lambda quotas"."""


def many(target: Given) -> Given:
    """Return inputs at their greatest numbers."""
    channel = {"type": "webhook", "minimum_severity": "info"}
    names = [f"channel-{n:02}-{'x' * 27}" for n in range(50)]
    return {
        "name_prefix": "p" * 20,
        **HEARD,
        "enable_rotation": True,
        "trusted_cidrs": [f"10.{n // 256}.{n % 256}.0/24" for n in range(1000)],
        "network_names": {f"11.{n // 256}.{n % 256}.0/24": f"office {n}" for n in range(3000)},
        "rotation_targets": {f"prod/some-service/db-{n:03}": target for n in range(200)},
        "channels": {name: channel | {"webhook_parameter": "/" + name * 4} for name in names},
        "signing_key_parameters": {name: "/k" + name * 4 for name in names},
        "header_parameters": {name: {f"X-{n}": f"/{n}" + name * 4 for n in range(2)} for name in names},
        "decoys": [f"honey/{n}/*" for n in range(200)],
        "automation": [f"arn:aws:iam::*:role/automation-{n}" for n in range(200)],
    }


@pytest.fixture(scope="module", params=["generate", pytest.param("managed", marks=pytest.mark.full)])
def large(plan: Planner, request: pytest.FixtureRequest) -> Plan:
    own_key = {**GENERATE, "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"}
    return plan(**many({"generate": own_key, "managed": MANAGED}[request.param]))


def test_settings_that_grow_fit(large: Plan) -> None:
    assert len(settings(large, "module.rotator")["rotation_targets"]) == 200
    assert len(settings(large, "module.notifier")["channels"]) == 50
    assert len(settings(large, "module.summarizer")["trusted_cidrs"]) == 1000
    assert len(settings(large, "module.summarizer")["network_names"].splitlines()) == 3000
    for function in large.resources("aws_lambda_function").values():
        # The notifier's are hidden until the key is made, whose ARN is in them.
        variables = function["environment"][0].get("variables") or {}
        assert sum(len(f"{name}{value}".encode()) for name, value in variables.items()) < ENVIRONMENT / 4


def test_policies_stay_within_iams_limits_and_reach_every_target(large: Plan) -> None:
    inline: dict[str, int] = {}
    for values in large.resources("aws_iam_role_policy").values():
        # A policy with the ARN of the key made in the same apply is unknown; it has one short statement.
        inline[values["role"]] = inline.get(values["role"], 0) + len(values.get("policy") or "x" * 400)
    assert max(inline.values()) <= INLINE, inline
    managed = large.resources("aws_iam_policy").values()
    assert max(len(policy["policy"]) for policy in managed) <= MANAGED_POLICY
    attached = [values["role"] for values in large.resources("aws_iam_role_policy_attachment").values()]
    assert len(attached) == len(managed)
    assert all(attached.count(role) <= ATTACHED for role in attached)
    allowed = json.dumps(
        [large.policies("module.rotator.aws_iam_role_policy.function"), *(p["policy"] for p in managed)]
    )
    assert all(f"secret:prod/some-service/db-{n:03}-??????" in allowed for n in range(200))
    read_parameters = json.dumps(
        [large.policies("module.notifier[0].aws_iam_role_policy.function"), *(p["policy"] for p in managed)]
    )
    assert all(f"parameter/k{name * 4}" in read_parameters for name in large_channels())


def large_channels() -> list[str]:
    return list(many(GENERATE)["channels"])


def test_what_no_role_could_hold_is_refused(inputs: Inputs) -> None:
    targets = {f"{n:03}{'x' * 500}": MANAGED for n in range(100)}
    (outcome,) = inputs.outcomes([{**ROTATION, "rotation_targets": targets}])
    (said,) = outcome.messages
    assert said.startswith("rotation_targets: 100 secrets need more IAM policy than one role can hold")
    assert "Use several deployments" in said


# --- values that are unknown at plan --------------------------------------------------------------

OWN: Given = {
    "terraform_data": {"unknown": {}},
    "aws_kms_key": {"own": {}},
    "aws_cloudwatch_log_group": {"own": {"name": "own"}},
    "aws_sns_topic": {"own": {"name": "own"}},
    "aws_ssm_parameter": {"own": {"name": "/own", "type": "SecureString", "value": "x"}},
    "aws_iam_policy": {"own": {"name": "own", "policy": "{}"}},
    "aws_iam_role": {"own": {"name": "own", "assume_role_policy": "{}"}},
    "aws_eip": {"own": {}},
}
UNKNOWN = "${terraform_data.unknown.id}"
OF_THE_SAME_APPLY: Given = {
    "create_kms_key": False,
    "kms_key_arn": "${aws_kms_key.own.arn}",
    "create_trail": False,
    "log_group_name": "${aws_cloudwatch_log_group.own.id}",
    "trail_bucket_name": UNKNOWN,
    **HEARD,
    "create_alerts_topic": False,
    "alerts_topic_arn": "${aws_sns_topic.own.arn}",
    "event_bus_name": UNKNOWN,
    "permissions_boundary_arn": "${aws_iam_policy.own.arn}",
    "channels": {
        "theirs": {"type": "slack", "minimum_severity": "info", "webhook_parameter": "${aws_ssm_parameter.own.id}"},
        "ours": {"type": "webhook", "minimum_severity": "info"},
    },
    "webhook_urls": {"ours": "https://hook.example/x"},
    "webhook_url_versions": {"ours": 1},
    "signing_key_parameters": {"ours": "${aws_ssm_parameter.own.id}"},
    "header_parameters": {"ours": {"Authorization": "${aws_ssm_parameter.own.id}"}},
    "enable_rotation": True,
    "trusted_cidrs": ["${aws_eip.own.public_ip}/32"],
    "trusted_vpc_endpoint_ids": [UNKNOWN],
    "rotation_targets": {
        "prod/db": {**GENERATE, "kms_key_arn": "${aws_kms_key.own.arn}"},
        "prod/api": {**MANAGED, "rotation_function_arn": UNKNOWN, "rotation_role_arn": "${aws_iam_role.own.arn}"},
    },
    "rotation_exempt_principal_arns": ["${aws_iam_role.own.arn}"],
    "bedrock_inference_profile_arn": UNKNOWN,
    "guardrail_id": UNKNOWN,
    "quicksight_principal_arns": [UNKNOWN],
}


def test_values_of_the_same_apply_are_taken(endpoint: str, terraform: None, tmp_path: Path) -> None:
    """Only switches and map keys have to be known at plan."""
    root = write_root(tmp_path / "root", REPOSITORY, OF_THE_SAME_APPLY, endpoint) / "main.tf.json"
    root.write_text(json.dumps({**json.loads(root.read_text()), "resource": OWN}))
    with workspace(root.parent) as opened:
        assert "0 to change, 0 to destroy" in opened.run("plan", "-no-color")
