"""KMS: which service must be allowed what on the key of which thing, with the condition keys that it sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tests.aws_rules.planned import Key, Planned, Resource, Statement
from tests.aws_rules.policy import Request, allows, as_list
from tests.aws_rules.rule import Problem, rule
from tests.aws_rules.topics import publishers
from tools.verify import key_uses
from tools.verify.key_uses import KeyUse

KEY_PATHS = {
    "aws_cloudtrail": "kms_key_id",
    "aws_cloudwatch_log_group": "kms_key_id",
    "aws_sns_topic": "kms_master_key_id",
    "aws_sqs_queue": "kms_master_key_id",
    "aws_dynamodb_table": "server_side_encryption.kms_key_arn",
    "aws_lambda_function": "kms_key_arn",
    "aws_s3_bucket_server_side_encryption_configuration": (
        "rule.apply_server_side_encryption_by_default.kms_master_key_id"
    ),
    "aws_ssm_parameter": "key_id",
    "aws_athena_workgroup": "configuration.result_configuration.encryption_configuration.kms_key_arn",
}
"""Resource type → where it names its key."""


def _lacking(keys: list[Key], use: KeyUse) -> Iterator[str]:
    for key in keys:
        for action in use.actions:
            if not allows(key.statements, Request(action, service=use.service, context=use.sends)):
                yield f"the policy of {key.label} does not let {use.service} {action}"


def _problems(planned: Planned, resource: Resource, use: KeyUse) -> Iterator[Problem]:
    for text in _lacking(planned.keys(resource, KEY_PATHS[resource.type]), use):
        yield resource.address, text


def trail_arn(planned: Planned, trail: Resource) -> str:
    """Return the ARN that a planned trail will have."""
    return planned.arn("cloudtrail", f"trail/{trail.values['name']}")


@rule(
    "kms.trail",
    page='"Configure AWS KMS key policies for CloudTrail"',
    looks_at="the key of a trail",
    cure="let cloudtrail.amazonaws.com GenerateDataKey* with the trail's encryption context, and DescribeKey",
)
def _trail(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        for use in key_uses.of_trail(planned, trail_arn(planned, trail)):
            yield from _problems(planned, trail, use)


@rule(
    "kms.trail-bucket-key",
    page='"Configure AWS KMS key policies for CloudTrail"',
    looks_at="a trail whose bucket has an S3 Bucket Key",
    cure="turn the bucket key off for this bucket, or let CloudTrail kms:Decrypt without its own encryption context",
)
def _trail_bucket_key(planned: Planned) -> Iterator[Problem]:
    """With a bucket key, the context may be the bucket's ARN; and CloudTrail must be able to decrypt."""
    for trail in planned.of("aws_cloudtrail"):
        use = key_uses.of_trail_bucket(planned, trail_arn(planned, trail), trail.values["s3_bucket_name"])
        for encryption in planned.of("aws_s3_bucket_server_side_encryption_configuration"):
            if encryption.get("bucket") == trail.values["s3_bucket_name"] and encryption.get("rule.bucket_key_enabled"):
                yield from _problems(planned, encryption, use)


@rule(
    "kms.trail-topic",
    page='"Amazon SNS topic policy for CloudTrail"',
    looks_at="the key of a topic that a trail publishes to",
    cure="let cloudtrail.amazonaws.com GenerateDataKey* and Decrypt without the trail's encryption context",
)
def _trail_topic(planned: Planned) -> Iterator[Problem]:
    for trail in planned.of("aws_cloudtrail"):
        for topic in planned.of("aws_sns_topic"):
            if topic.values["name"] == trail.values.get("sns_topic_name"):
                topic_arn = planned.arn("sns", topic.values["name"])
                use = key_uses.of_trail_topic(planned, trail_arn(planned, trail), topic_arn)
                yield from _problems(planned, topic, use)


@rule(
    "kms.log-group",
    page='"Encrypt log data in CloudWatch Logs using AWS Key Management Service"; for China unproven',
    looks_at="the key of a log group",
    cure="let logs.<region>.amazonaws.com (in China .amazonaws.com.cn) Encrypt*, Decrypt*, ReEncrypt*, "
    "GenerateDataKey* and Describe*",
)
def _log_group(planned: Planned) -> Iterator[Problem]:
    for group in planned.of("aws_cloudwatch_log_group"):
        yield from _problems(planned, group, key_uses.of_log_group(planned, group.values["name"]))


@rule(
    "kms.topic-publishers",
    page='"Managing Amazon SNS encryption keys and costs"',
    looks_at="the key of a topic that alarms, EventBridge rules, budgets or buckets publish to",
    cure="let the service GenerateDataKey* and Decrypt; for events.amazonaws.com without a condition",
)
def _topic_publishers(planned: Planned) -> Iterator[Problem]:
    for topic in planned.of("aws_sns_topic"):
        for service in sorted(publishers(planned, topic) & set(key_uses.TOPIC_PUBLISHERS)):
            yield from _problems(planned, topic, key_uses.of_topic(planned, service))


@rule(
    "kms.queue-senders",
    page='"Amazon SQS Key management"',
    looks_at="the key of a queue that EventBridge or SNS sends to, dead-letter queues included",
    cure="let events.amazonaws.com or sns.amazonaws.com GenerateDataKey* and Decrypt without a condition: that the "
    "service sends aws:SourceAccount here is unproven, and the queue's own policy pins rule and topic",
)
def _queue_senders(planned: Planned) -> Iterator[Problem]:
    from tests.aws_rules.queues import senders

    for queue in planned.of("aws_sqs_queue"):
        for service in sorted({service for service, _ in senders(planned, queue)}):
            yield from _problems(planned, queue, key_uses.of_queue(service))


@rule(
    "kms.roles-may-use",
    page='"Key policies in AWS KMS"',
    looks_at="a function and the keys of what it writes to: topics, queues, table, bucket, its own environment",
    cure="grant the function's role kms:Decrypt and kms:GenerateDataKey on each of these keys",
)
def _roles_may_use(planned: Planned) -> Iterator[Problem]:
    """A role that may use a queue but not the queue's key is refused. Keys of the same apply have no ARN yet."""
    for role in planned.of("aws_iam_role"):
        statements = planned_role_statements(planned, role)
        granted = [r for s in statements if _is_key_grant(s) for r in as_list(s["Resource"])]
        made_here = _key_policy_is_unknown(planned, role)
        for thing in _things_of(planned, statements):
            for key in planned.keys(thing, KEY_PATHS[thing.type]):
                known = key.label.startswith("arn:")
                if (known and key.label not in granted) or (not known and not made_here):
                    yield role.address, f"may use {thing.address} and not its key {key.label}"


def planned_role_statements(planned: Planned, role: Resource) -> list[Statement]:
    """Return the statements of a role's inline policies that are known at plan."""
    return [statement for policy in policies_of(planned, role) for statement in policy.statements()]


def policies_of(planned: Planned, role: Resource) -> list[Resource]:
    """Return a role's inline policies."""
    name = role.values.get("name")
    return [
        policy
        for policy in planned.of("aws_iam_role_policy")
        if (name is not None and policy.values.get("role") == name)
        or (policy.is_unknown("role") and role in planned.referred(policy, "role", "aws_iam_role"))
    ]


def _is_key_grant(statement: Statement) -> bool:
    actions = as_list(statement["Action"])
    return statement["Effect"] == "Allow" and {"kms:Decrypt", "kms:GenerateDataKey"} <= set(actions)


def _key_policy_is_unknown(planned: Planned, role: Resource) -> bool:
    return any(policy.is_unknown("policy") for policy in policies_of(planned, role))


def _things_of(planned: Planned, statements: list[Statement]) -> Iterator[Resource]:
    arns: dict[str, Callable[[Resource], str]] = {
        "aws_sqs_queue": lambda r: planned.arn("sqs", r.values["name"]),
        "aws_sns_topic": lambda r: planned.arn("sns", r.values["name"]),
        "aws_dynamodb_table": lambda r: planned.arn("dynamodb", f"table/{r.values['name']}"),
        "aws_s3_bucket_server_side_encryption_configuration": lambda r: (
            f"arn:{planned.partition}:s3:::{r.get('bucket')}"
        ),
        "aws_ssm_parameter": lambda r: planned.arn("ssm", f"parameter/{r.values['name'].lstrip('/')}"),
    }
    named = [r for s in statements if s["Effect"] == "Allow" for r in as_list(s["Resource"])]
    for kind, arn_of in arns.items():
        for thing in planned.of(kind):
            arn = arn_of(thing)
            if any(name == arn or name.startswith(f"{arn}/") for name in named):
                yield thing


@rule(
    "kms.account-administers",
    page='"Default key policy"',
    looks_at="every key's policy",
    cure="let the root principal of the key's own account kms:*, without which no IAM policy and no administrator can "
    "use the key",
)
def _account_administers(planned: Planned) -> Iterator[Problem]:
    for key in planned.of("aws_kms_key"):
        statements = key.statements()
        if statements and not any(
            statement["Effect"] == "Allow"
            and "kms:*" in as_list(statement["Action"])
            and _own_root(planned) & set(as_list(statement["Principal"].get("AWS", [])))
            for statement in statements
        ):
            yield key.address, "no statement lets the account administer the key"


def _own_root(planned: Planned) -> set[str]:
    return {f"arn:{planned.partition}:iam::{planned.account}:root", planned.account}


@rule(
    "kms.foreign-root",
    page='"Allowing users in other accounts to use a KMS key"',
    looks_at="every key's policy",
    cure="no root principal of another account: it lets that account give the key to whomever it likes",
)
def _foreign_root(planned: Planned) -> Iterator[Problem]:
    for key in planned.of("aws_kms_key"):
        for statement in key.statements():
            principal = statement["Principal"]
            named = as_list(principal.get("AWS", [])) if isinstance(principal, Mapping) else [principal]
            for one in named:
                if (one.endswith(":root") or one.isdigit() or one == "*") and one not in _own_root(planned):
                    yield key.address, f"{statement.get('Sid')} lets {one} {statement['Action']}"


@rule(
    "kms.usable",
    page='"Encrypt log data in CloudWatch Logs using AWS Key Management Service", "CreateTrail", '
    '"Asymmetric keys in AWS KMS"',
    looks_at="every key that something is encrypted with",
    cure="an enabled key with key_usage ENCRYPT_DECRYPT and customer_master_key_spec SYMMETRIC_DEFAULT: none of the "
    "services here takes another",
)
def _usable(planned: Planned) -> Iterator[Problem]:
    for key in planned.of("aws_kms_key"):
        if key.values.get("is_enabled") is False:
            yield key.address, "is disabled"
        if (key.values.get("key_usage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
            yield key.address, f"is for {key.values['key_usage']}"
        if (key.values.get("customer_master_key_spec") or "SYMMETRIC_DEFAULT") != "SYMMETRIC_DEFAULT":
            yield key.address, f"is {key.values['customer_master_key_spec']}"
