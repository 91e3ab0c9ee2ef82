from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError, ProfileNotFound

from tests.unit.tools.verify.sound import NAMES, NOW, FakeAws, RefusedError
from tools.verify.__main__ import main
from tools.verify.deployment import Deployment


class Session:
    """boto3's session; ``client`` may be replaced by what raises."""

    def __init__(self, client: Callable[[str], Any], region: str | None = NAMES.region) -> None:
        self._client = client
        self.region_name = region

    def client(self, service: str, **_: Any) -> Any:
        return self._client(service)

    def get_partition_for_region(self, region: str) -> str:
        return "aws-cn" if region.startswith("cn-") else "aws"


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


@pytest.fixture(autouse=True)
def no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)


@pytest.fixture
def session(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Session:
    session = Session(aws.client)
    monkeypatch.setattr(boto3, "Session", lambda region_name: session)
    monkeypatch.setattr("tools.verify.__main__.Deployment", partial(Deployment, now=NOW.timestamp))
    return session


def raising(error: Exception) -> Callable[[str], Any]:
    """Return clients every call of which raises."""

    def fail(**_: Any) -> None:
        raise error

    return lambda _: SimpleNamespace(get_caller_identity=fail)


@pytest.mark.usefixtures("session")
def test_as_text_every_line_has_its_mark_and_the_last_one_counts(aws: FakeAws, capsys: Any) -> None:
    aws.answers["ssm:GetParameter"] = {"Parameter": {"Value": "on"}}
    assert main(["--prefix", "watch"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("✓ identity")
    frozen = next(number for number, line in enumerate(lines) if line.startswith("✗ rotation: freeze"))
    assert lines[frozen + 1].startswith("    → ")
    assert "✗" in lines[-1]


@pytest.mark.usefixtures("session")
def test_as_json_every_line_is_an_object(capsys: Any) -> None:
    assert main(["--prefix", "watch", "--format", "json"]) == 0
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {tuple(result) for result in results} == {("name", "state", "detail", "cure")}
    assert {result["state"] for result in results} <= {"ok", "failed", "skipped"}


@pytest.mark.usefixtures("session")
def test_where_nothing_failed_the_exit_code_is_0() -> None:
    assert main(["--prefix", "watch"]) == 0


@pytest.mark.usefixtures("session")
def test_of_another_prefix_it_says_that_there_is_nothing(aws: FakeAws, capsys: Any) -> None:
    gone = RefusedError("ResourceNotFoundException")
    aws.answers |= {"lambda:GetFunction": gone, "dynamodb:DescribeTable": gone, "cloudwatch:DescribeAlarms": {}}
    assert main(["--prefix", "wotch"]) == 2
    out = capsys.readouterr().out
    assert "nothing called wotch-… is in eu-west-1, account 123456789012" in out
    assert "make verify PREFIX=" in out


@pytest.mark.usefixtures("session")
def test_in_another_region_it_says_where_the_trail_is_at_home(aws: FakeAws, capsys: Any) -> None:
    gone = RefusedError("ResourceNotFoundException")
    aws.answers |= {"lambda:GetFunction": gone, "dynamodb:DescribeTable": gone, "cloudwatch:DescribeAlarms": {}}
    aws.change("cloudtrail:DescribeTrails", lambda a: a["trailList"][0].update(HomeRegion="us-east-1"))
    assert main(["--prefix", "watch"]) == 2
    assert "AWS_REGION=us-east-1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "set AWS_PROFILE and AWS_REGION, or log in"),
        (EndpointConnectionError(endpoint_url="https://sts.example"), "look at the network"),
    ],
)
def test_without_credentials_or_network_it_says_so_and_ends(
    session: Session, error: Exception, said: str, capsys: Any
) -> None:
    session._client = raising(error)
    assert main([]) == 2
    out = capsys.readouterr().out
    assert "✗ identity" in out
    assert said in out
    assert len(out.splitlines()) == 2


def test_with_credentials_that_expired_it_says_so(session: Session, aws: FakeAws, capsys: Any) -> None:
    aws.answers["sts:GetCallerIdentity"] = RefusedError("ExpiredToken", "The security token has expired")
    assert main([]) == 2
    assert "or log in" in capsys.readouterr().out


def test_a_program_gets_an_object_even_if_nothing_could_run(session: Session, capsys: Any) -> None:
    session.region_name = None
    assert main(["--format", "json"]) == 2
    assert main(["--format", "json", "--prefix", "No"]) == 2
    printed = capsys.readouterr()
    assert printed.err == ""
    objects = [json.loads(line) for line in printed.out.splitlines()]
    assert [(found["name"], found["state"]) for found in objects] == [("identity", "failed")] * 2


@pytest.mark.usefixtures("session")
def test_who_may_look_at_nothing_is_told_so_by_the_exit_code_too(aws: FakeAws, capsys: Any) -> None:
    for action in set(aws.answers) - {"sts:GetCallerIdentity"}:
        aws.answers[action] = RefusedError("AccessDenied", "no")
    assert main(["--prefix", "watch"]) == 2
    lines = capsys.readouterr().out.splitlines()
    assert "these credentials may not call cloudtrail:DescribeTrails" in "".join(lines)
    assert "1 ✓, 0 ✗" in lines[-1]


@pytest.mark.usefixtures("session")
def test_stopped_by_hand_it_says_so_and_shows_no_traceback(aws: FakeAws, capsys: Any) -> None:
    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    aws.answers["dynamodb:GetItem"] = interrupt
    assert main(["--prefix", "watch"]) == 2
    printed = capsys.readouterr()
    assert "stopped" in printed.err
    assert "✓ trail: logging" in printed.out


@pytest.mark.usefixtures("session")
def test_of_another_prefix_it_names_those_that_there_are(aws: FakeAws, capsys: Any) -> None:
    gone = RefusedError("ResourceNotFoundException")
    aws.answers |= {"lambda:GetFunction": gone, "dynamodb:DescribeTable": gone, "cloudwatch:DescribeAlarms": {}}
    assert main(["--prefix", "wotch"]) == 2
    assert "make verify PREFIX=watch (AWS_REGION=eu-west-1)" in capsys.readouterr().out


@pytest.mark.usefixtures("session")
def test_a_deployment_of_which_only_the_trail_is_left_is_looked_at(aws: FakeAws, capsys: Any) -> None:
    gone = RefusedError("ResourceNotFoundException")
    aws.answers |= {"lambda:GetFunction": gone, "dynamodb:DescribeTable": gone, "cloudwatch:DescribeAlarms": {}}
    assert main(["--prefix", "watch"]) == 1
    assert "✗ function: summarizer" in capsys.readouterr().out


@pytest.mark.parametrize("region", [None, ""])
def test_without_a_region_it_says_what_to_set(session: Session, capsys: Any, region: str | None) -> None:
    session.region_name = region
    assert main([]) == 2
    assert "no region is set" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "region"), [([], "eu-north-1"), (["--region", "eu-west-2"], "eu-west-2")])
def test_the_region_is_the_one_that_is_given(
    arguments: list[str], region: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.setattr(boto3, "Session", lambda region_name: Session(raising(NoCredentialsError()), region_name))
    assert main(["--permissions", *arguments]) == 0
    assert f":{region}:" in capsys.readouterr().out


def test_with_a_profile_that_is_not_there_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    def missing(region_name: str | None) -> None:
        raise ProfileNotFound(profile="prod")

    monkeypatch.setattr(boto3, "Session", missing)
    assert main([]) == 2
    assert "prod" in capsys.readouterr().err


@pytest.mark.parametrize("prefix", ["", "Watch", "arn:aws:x", "-watch"])
def test_a_prefix_that_is_none_is_refused(prefix: str, capsys: Any) -> None:
    assert main([f"--prefix={prefix}"]) == 2
    assert "small letters, digits and hyphens" in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["-1", "soon", "1e9", "nan"])
def test_a_timeout_that_is_none_is_refused(seconds: str, capsys: Any) -> None:
    with pytest.raises(SystemExit) as ended:
        main([f"--timeout={seconds}"])
    assert ended.value.code == 2
    assert "is not a number of seconds" in capsys.readouterr().err


def test_the_permissions_need_no_credentials_and_fit_the_partition(session: Session, capsys: Any) -> None:
    session.region_name = "cn-north-1"
    assert main(["--prefix", "watch", "--permissions"]) == 0
    document = json.loads(capsys.readouterr().out)
    resources = [
        r for s in document["Statement"] for r in ([s["Resource"]] if isinstance(s["Resource"], str) else s["Resource"])
    ]
    assert "arn:aws-cn:lambda:cn-north-1:*:function:watch-summarizer" in resources
    assert not any(resource.endswith("watch-*") for resource in resources)
    assert {resource.split(":")[1] for resource in resources if resource != "*"} == {"aws-cn"}


@pytest.mark.usefixtures("session")
@pytest.mark.parametrize("after", [1, 20, 60])
def test_once_the_credentials_have_expired_it_stops_and_says_so(aws: FakeAws, after: int, capsys: Any) -> None:
    answer, calls = aws.answer, iter(range(10_000))

    def expiring(action: str, parameters: Any) -> Any:
        if next(calls) >= after:
            raise RefusedError("ExpiredTokenException", "The security token is expired")
        return answer(action, parameters)

    aws.answer = expiring  # type: ignore[method-assign]
    assert main(["--prefix", "watch"]) == 2
    out = capsys.readouterr().out
    assert out.splitlines()[-2].startswith("✗ identity")
    assert "stopped, nothing after the line before was looked at" in out
    assert "log in" in out.splitlines()[-1]


@pytest.mark.usefixtures("session")
def test_an_answer_without_trails_is_no_trail(aws: FakeAws) -> None:
    gone = RefusedError("ResourceNotFoundException")
    aws.answers |= {"lambda:GetFunction": gone, "dynamodb:DescribeTable": gone, "cloudwatch:DescribeAlarms": {}}
    aws.answers["cloudtrail:DescribeTrails"] = {}
    assert main(["--prefix", "watch"]) == 2
