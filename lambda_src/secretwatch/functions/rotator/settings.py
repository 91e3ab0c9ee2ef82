"""The rotator's settings."""

from __future__ import annotations

from dataclasses import dataclass

from secretwatch.functions.rotator.passwords import LEAST_BITS, alphabets, is_guessable
from secretwatch.functions.rotator.policy import CHARACTER_CLASSES, FORMATS, STRATEGIES, Generation, Policy, Target
from secretwatch.functions.settings import RETENTION_DAYS, trust_policy
from secretwatch.record.origin import TrustPolicy
from secretwatch.record.secret_id import ends_like_an_arn, parse_secret_id
from secretwatch.runtime.formats import is_iam_principal, looks_like
from secretwatch.runtime.settings import Document, Environment

MAX_TARGETS = 200
PASSWORD_LENGTH = (8, 4096)


@dataclass(frozen=True, slots=True)
class RotatorSettings:
    """What Terraform set."""

    table: str
    topic: str
    freeze_parameter: str | None
    retention_days: int
    trust: TrustPolicy
    targets: tuple[Target, ...]
    policy: Policy
    cooldown_minutes: int
    rotations_per_hour: int
    security_hub: bool

    @classmethod
    def read(cls, environment: Environment, document: Document) -> RotatorSettings:
        """Return the settings; raises SettingsError naming the variable or the setting."""
        settings = cls(
            table=environment.text("AUDIT_TABLE"),
            topic=environment.text("ALERTS_TOPIC_ARN"),
            freeze_parameter=environment.optional("FREEZE_PARAMETER"),
            retention_days=document.whole("audit_retention_days", *RETENTION_DAYS),
            trust=trust_policy(document),
            targets=tuple(_target(*entry) for entry in document.parts("rotation_targets", MAX_TARGETS).items()),
            policy=Policy(
                exempt=_principals(document, "rotation_exempt_principal_arns"),
                dry_run=document.choice("rotation_mode", ("dry_run", "rotate")) == "dry_run",
                rotate_unknown=document.flag("rotate_unknown"),
            ),
            cooldown_minutes=document.whole("rotation_cooldown_minutes", 1, 1440),
            rotations_per_hour=document.whole("rotations_per_hour", 1, 1000),
            security_hub=document.flag("enable_security_hub_findings"),
        )
        document.finish()
        return settings


def _target(secret: str, part: Document) -> Target:
    strategy, parsed = part.choice("strategy", STRATEGIES), parse_secret_id(secret)
    if not looks_like("secret_name", parse_secret_id(secret, full=True).name):
        raise part.error("the name", "must be that of a secret, or its full ARN")
    if not parsed.is_arn and ends_like_an_arn(secret):
        raise part.error("the name", "ends as an ARN does: write it without that, or the full ARN")
    if "!" in parsed.name and strategy != "notify_only":
        raise part.error("strategy", "must be notify_only: the secret is managed by an AWS service")
    target = Target(
        secret=parsed,
        strategy=strategy,
        generation=_generation(part) if strategy == "generate" else None,
        exempt=_principals(part, "exempt_principal_arns"),
    )
    part.finish()
    return target


def _principals(part: Document, name: str) -> frozenset[str]:
    arns = part.texts(name)
    for arn in arns:
        if not is_iam_principal(arn):
            raise part.error(name, f"must be ARNs of IAM roles or users without wildcards, not {arn!r}")
    return frozenset(arns)


def _generation(part: Document) -> Generation:
    classes = part.texts("character_classes")
    if not classes or not set(classes) <= set(CHARACTER_CLASSES):
        raise part.error("character_classes", f"must be some of {', '.join(CHARACTER_CLASSES)}")
    keys = part.texts("json_keys")
    if len(set(keys)) < len(keys) or any(key != key.strip() for key in keys):
        raise part.error("json_keys", "must not have a key twice, nor spaces around one")
    generation = Generation(
        json_keys=keys,
        password_length=part.whole("password_length", *PASSWORD_LENGTH),
        character_classes=classes,
        exclude_characters=part.optional_text("exclude_characters") or "",
        format=None if part.value("format") is None else part.choice("format", FORMATS),
    )
    if keys and generation.format == "text":
        raise part.error("format", "must not be text where json_keys names keys")
    if not all(alphabets(generation)):
        raise part.error("exclude_characters", "leaves nothing of a character class")
    if is_guessable(generation):
        raise part.error("password_length", f"and the characters left make passwords of less than {LEAST_BITS} bits")
    return generation
