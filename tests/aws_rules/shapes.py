"""AWS's own API models (botocore): enums, patterns, lengths and ranges of every planned argument.

Terraform's arguments carry the names of the API's members in another spelling; where they do not, the
table says which member is meant. What has no member (Terraform's own switches, what goes into another
call) is named too, so that a new argument is either compared or passed over knowingly.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import regex

from tests.aws_rules.planned import Planned, Resource
from tests.aws_rules.rule import Problem, rule


@dataclass(frozen=True, slots=True)
class Api:
    """The call that makes a resource, and where its arguments are called otherwise."""

    service: str
    operation: str
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Argument → member, or Operation:member where another call takes it."""
    passed_over: frozenset[str] = frozenset()
    """Arguments that no call takes in this form."""


_EVERYWHERE = frozenset({"tags", "tags_all", "id", "arn", "region", "timeouts", "force_destroy", "skip_destroy"})


def _api(service: str, operation: str, passed_over: str = "", **renamed: str) -> Api:
    return Api(service, operation, renamed, frozenset(passed_over.split()))


APIS = {
    "aws_accessanalyzer_analyzer": _api("accessanalyzer", "CreateAnalyzer"),
    "aws_athena_named_query": _api("athena", "CreateNamedQuery", query="QueryString", workgroup="WorkGroup"),
    "aws_athena_workgroup": _api("athena", "CreateWorkGroup", "state"),
    "aws_budgets_budget": _api(
        "budgets",
        "CreateBudget",
        "limit_amount limit_unit time_period_end time_period_start cost_types notification",
        name="Budget.BudgetName",
        budget_type="Budget.BudgetType",
        time_unit="Budget.TimeUnit",
    ),
    "aws_cloudtrail": _api(
        "cloudtrail",
        "CreateTrail",
        "enable_logging",
        enable_log_file_validation="EnableLogFileValidation",
        cloud_watch_logs_group_arn="CloudWatchLogsLogGroupArn",
        event_selector="PutEventSelectors:EventSelectors",
        advanced_event_selector="PutEventSelectors:AdvancedEventSelectors",
    ),
    "aws_cloudwatch_composite_alarm": _api(
        "cloudwatch", "PutCompositeAlarm", insufficient_data_actions="InsufficientDataActions", ok_actions="OKActions"
    ),
    "aws_cloudwatch_dashboard": _api("cloudwatch", "PutDashboard"),
    "aws_cloudwatch_event_bus": _api("events", "CreateEventBus"),
    "aws_cloudwatch_event_permission": _api("events", "PutPermission"),
    "aws_cloudwatch_event_rule": _api("events", "PutRule"),
    "aws_cloudwatch_event_target": _api(
        "events",
        "PutTargets",
        arn="Targets.Arn",
        role_arn="Targets.RoleArn",
        dead_letter_config="Targets.DeadLetterConfig",
        input_transformer="Targets.InputTransformer",
        retry_policy="Targets.RetryPolicy",
        target_id="Targets.Id",
    ),
    "aws_cloudwatch_log_group": _api(
        "logs", "CreateLogGroup", name="logGroupName", retention_in_days="PutRetentionPolicy:retentionInDays"
    ),
    "aws_cloudwatch_log_metric_filter": _api(
        "logs",
        "PutMetricFilter",
        name="filterName",
        pattern="filterPattern",
        metric_transformation="metricTransformations",
    ),
    "aws_cloudwatch_log_subscription_filter": _api("logs", "PutSubscriptionFilter", name="filterName"),
    "aws_cloudwatch_metric_alarm": _api("cloudwatch", "PutMetricAlarm", metric_query="Metrics", ok_actions="OKActions"),
    "aws_cloudwatch_query_definition": _api("logs", "PutQueryDefinition"),
    "aws_config_config_rule": _api(
        "config",
        "PutConfigRule",
        name="ConfigRule.ConfigRuleName",
        input_parameters="ConfigRule.InputParameters",
        source="ConfigRule.Source",
    ),
    "aws_dynamodb_table": _api(
        "dynamodb",
        "CreateTable",
        "hash_key range_key ttl point_in_time_recovery server_side_encryption",
        name="TableName",
        attribute="AttributeDefinitions",
        global_secondary_index="GlobalSecondaryIndexes",
    ),
    "aws_glue_catalog_database": _api(
        "glue", "CreateDatabase", name="DatabaseInput.Name", description="DatabaseInput.Description"
    ),
    "aws_glue_catalog_table": _api(
        "glue",
        "CreateTable",
        name="TableInput.Name",
        description="TableInput.Description",
        table_type="TableInput.TableType",
        parameters="TableInput.Parameters",
        partition_keys="TableInput.PartitionKeys",
        storage_descriptor="TableInput.StorageDescriptor",
        view_original_text="TableInput.ViewOriginalText",
        view_expanded_text="TableInput.ViewExpandedText",
    ),
    "aws_iam_role": _api(
        "iam", "CreateRole", "force_detach_policies", name="RoleName", assume_role_policy="AssumeRolePolicyDocument"
    ),
    "aws_iam_role_policy": _api("iam", "PutRolePolicy", name="PolicyName", role="RoleName", policy="PolicyDocument"),
    "aws_kms_alias": _api("kms", "CreateAlias", name="AliasName"),
    "aws_kms_key": _api("kms", "CreateKey", "enable_key_rotation is_enabled bypass_policy_lockout_safety_check"),
    "aws_lambda_event_source_mapping": _api("lambda", "CreateEventSourceMapping"),
    "aws_lambda_function": _api(
        "lambda", "CreateFunction", "filename source_code_hash reserved_concurrent_executions", kms_key_arn="KMSKeyArn"
    ),
    "aws_lambda_function_event_invoke_config": _api("lambda", "PutFunctionEventInvokeConfig"),
    "aws_lambda_permission": _api("lambda", "AddPermission"),
    "aws_quicksight_data_source": _api("quicksight", "CreateDataSource", "parameters", permission="Permissions"),
    "aws_quicksight_data_set": _api("quicksight", "CreateDataSet", "physical_table_map"),
    "aws_quicksight_refresh_schedule": _api("quicksight", "CreateRefreshSchedule", "schedule_id schedule"),
    "aws_s3_bucket": _api("s3", "CreateBucket", "object_lock_enabled"),
    "aws_s3_bucket_lifecycle_configuration": _api(
        "s3",
        "PutBucketLifecycleConfiguration",
        "rule",
        transition_default_minimum_object_size="TransitionDefaultMinimumObjectSize",
    ),
    "aws_s3_bucket_ownership_controls": _api("s3", "PutBucketOwnershipControls", rule="OwnershipControls.Rules"),
    "aws_s3_bucket_policy": _api("s3", "PutBucketPolicy"),
    "aws_s3_bucket_public_access_block": _api(
        "s3",
        "PutPublicAccessBlock",
        "block_public_acls block_public_policy ignore_public_acls restrict_public_buckets",
    ),
    "aws_s3_bucket_server_side_encryption_configuration": _api(
        "s3", "PutBucketEncryption", rule="ServerSideEncryptionConfiguration.Rules"
    ),
    "aws_s3_bucket_versioning": _api("s3", "PutBucketVersioning"),
    "aws_secretsmanager_secret": _api(
        "secretsmanager", "CreateSecret", "force_overwrite_replica_secret recovery_window_in_days"
    ),
    "aws_secretsmanager_secret_policy": _api(
        "secretsmanager", "PutResourcePolicy", "secret_arn", policy="ResourcePolicy"
    ),
    "aws_securityhub_account": _api("securityhub", "EnableSecurityHub", "auto_enable_controls"),
    "aws_securityhub_standards_subscription": _api(
        "securityhub", "BatchEnableStandards", standards_arn="StandardsSubscriptionRequests.StandardsArn"
    ),
    "aws_sns_topic": _api("sns", "CreateTopic", "content_based_deduplication fifo_topic kms_master_key_id"),
    "aws_sns_topic_policy": _api("sns", "SetTopicAttributes", "policy arn"),
    "aws_sns_topic_subscription": _api(
        "sns",
        "Subscribe",
        "confirmation_timeout_in_minutes endpoint_auto_confirms filter_policy filter_policy_scope "
        "raw_message_delivery redrive_policy",
    ),
    "aws_sqs_queue": _api(
        "sqs",
        "CreateQueue",
        "content_based_deduplication delay_seconds fifo_queue kms_master_key_id max_message_size "
        "message_retention_seconds policy receive_wait_time_seconds redrive_policy visibility_timeout_seconds",
        name="QueueName",
    ),
    "aws_sqs_queue_policy": _api("sqs", "SetQueueAttributes", "policy queue_url"),
    "aws_ssm_parameter": _api(
        "ssm", "PutParameter", "value_wo_version insecure_value value_wo has_value_wo", key_id="KeyId"
    ),
    "aws_vpc_endpoint": _api(
        "ec2", "CreateVpcEndpoint", "policy private_dns_enabled service_region", subnet_ids="SubnetIds"
    ),
}


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


@functools.cache
def _pattern(text: str) -> Any:
    """Compile a pattern of the API model; None where it is written in a dialect that is not understood here."""
    try:
        return regex.compile(text)
    except regex.error:
        return None


def _spelt(name: str) -> str:
    return name.replace("_", "").lower()


def _shape(api: Api, argument: str) -> Any:
    """Return the shape of an argument, or None where no member of the call has its name."""
    path = api.renamed.get(argument, argument)
    operation, _, path = path.rpartition(":")
    shape = _model(api.service).operation_model(operation or api.operation).input_shape
    for step in path.split("."):
        while shape is not None and shape.type_name == "list":
            shape = shape.member
        shape = _member(shape, step)
        if shape is None:
            return None
    return shape


def _member(shape: Any, name: str) -> Any:
    members = getattr(shape, "members", {})
    by_spelling = {_spelt(member): found for member, found in members.items()}
    found = by_spelling.get(_spelt(name))
    return found if found is not None else by_spelling.get(f"{_spelt(name)}s")


def unmapped(planned: Planned) -> set[str]:
    """Return the arguments that are neither compared nor passed over knowingly: "type.argument"."""
    return {
        f"{one.type}.{argument}"
        for one in planned.resources
        if one.type.startswith("aws_")
        for argument in _arguments(one)
        if _is_unmapped(one, argument)
    }


def _arguments(one: Resource) -> Iterator[str]:
    api = APIS.get(one.type)
    for argument, value in one.values.items():
        if value in (None, [], {}, ""):
            continue
        renamed = api is not None and argument in api.renamed
        if renamed or argument not in _EVERYWHERE:
            yield argument


def _is_unmapped(one: Resource, argument: str) -> bool:
    api = APIS.get(one.type)
    return api is None or (argument not in api.passed_over and _shape(api, argument) is None)


@rule(
    "api.model",
    page="AWS's API models, as botocore carries them",
    looks_at="every planned argument that is a member of the call which makes the resource",
    cure="a value of the enum, of the pattern, within lengths and range",
)
def _check(planned: Planned) -> Iterator[Problem]:
    for one in planned.resources:
        api = APIS.get(one.type)
        for argument in _arguments(one) if api else ():
            assert api is not None
            shape = None if argument in api.passed_over else _shape(api, argument)
            if shape is not None:
                for text in _against(shape, one.values[argument], argument):
                    yield one.address, text


def _against(shape: Any, value: Any, path: str) -> Iterator[str]:
    match shape.type_name:
        case "string":
            yield from _text(shape, str(value), path)
        case "integer" | "long" | "float" | "double":
            yield from _number(shape, value, path)
        case "list":
            items = value if isinstance(value, list) else [value]
            yield from _length(shape, len(items), path, "entries")
            for item in items:
                if item is not None:
                    yield from _against(shape.member, item, path)
        case "structure":
            for block in value if isinstance(value, list) else [value]:
                yield from _structure(shape, block, path)
        case "map" if isinstance(value, dict):
            for key, item in value.items():
                yield from _text(shape.key, key, f"{path} key")
                if item is not None:
                    yield from _against(shape.value, item, f"{path}[{key}]")


def _structure(shape: Any, block: Any, path: str) -> Iterator[str]:
    for name, item in (block or {}).items() if isinstance(block, dict) else ():
        member = _member(shape, name)
        if member is not None and item not in (None, [], {}, ""):
            yield from _against(member, item, f"{path}.{name}")


def _text(shape: Any, value: str, path: str) -> Iterator[str]:
    if shape.type_name != "string":
        return
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        yield f"{path} = {value!r} is none of {', '.join(allowed)}"
    yield from _length(shape, len(value), path, "characters")
    pattern = shape.metadata.get("pattern")
    compiled = _pattern(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield f"{path} = {value[:80]!r} does not match {pattern}"


def _length(shape: Any, length: int, path: str, what: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and length < least:
        yield f"{path} has {length} {what}, at least {least} are needed"
    if most is not None and length > most:
        yield f"{path} has {length} {what}, at most {most} are allowed"


def _number(shape: Any, value: Any, path: str) -> Iterator[str]:
    number = float(value)
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and number < float(least)) or (most is not None and number > float(most)):
        yield f"{path} = {value} is not between {least} and {most}"
