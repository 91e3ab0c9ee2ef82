"""make seed on the deployed stack: with no more than the printed policy, and what is usual is no news afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.e2e.conftest import Posts
from tests.harness.stack import Stack
from tests.harness.terraform import ACCOUNT, REGION, REPOSITORY
from tests.records import Record, record, user
from tools.seed.permissions import policy
from tools.verify.names import Names

NAMES = Names("secretwatch", "aws", REGION, ACCOUNT)


def read_by(name: str, days_ago: int) -> Record:
    time = datetime.now(UTC) - timedelta(days=days_ago)
    return record(
        userIdentity=user(name), eventTime=f"{time:%Y-%m-%dT%H:%M:%SZ}", requestParameters={"secretId": "other/db"}
    )


def seed(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user who may do what the printed policy allows."""
    iam = stack.aws.client("iam")
    keys = iam.create_access_key(UserName="seeder")["AccessKey"]
    return subprocess.run(
        [sys.executable, "-m", "tools.seed", *arguments],
        cwd=REPOSITORY,
        env={
            **os.environ,
            "PYTHONPATH": "lambda_src:.",
            "AWS_ENDPOINT_URL": stack.aws.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_was_usual_is_no_news_and_who_is_new_is(stack: Stack, name: str, posts: Posts, tmp_path: Path) -> None:
    iam = stack.aws.client("iam")
    iam.create_user(UserName="seeder")
    iam.put_user_policy(UserName="seeder", PolicyName="seed", PolicyDocument=json.dumps(policy(NAMES)))
    logs = tmp_path / "trail.jsonl"
    logs.write_text("\n".join(json.dumps(read_by(f"{name}-old", days)) for days in (9, 6, 3)))

    done = seed(stack, str(logs))
    assert (done.stderr, done.returncode) == ("settings: those of secretwatch-summarizer\n", 0)
    assert done.stdout.splitlines()[-1] == "1 actor, 1 secret, 3 days; from now on first reads are first reads"
    assert seed(stack, str(logs)).stdout.endswith("all of it is known in secretwatch-audit already\n")

    stack.trail.deliver([read_by(f"{name}-old", 0), read_by(f"{name}-new", 0)])
    posts.expect(1)
    assert posts.titles() == [f"user {name}-new read other/db"]
