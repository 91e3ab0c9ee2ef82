from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.documents import DOCUMENTS, VARIABLES
from tests.judging import judged
from tests.records import record
from tools.seed.__main__ import _parser
from tools.seed.settings import given_options, of_deployed, of_options

ADDRESS = "https://signed.example/package"


class Functions:
    """Lambda, with the summarizer's variables."""

    def get_function(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803
        assert FunctionName == "secretwatch-summarizer"
        variables = VARIABLES["summarizer"]
        return {"Configuration": {"Environment": {"Variables": variables}}, "Code": {"Location": ADDRESS}}


class Bucket:
    """S3, with newer ranges."""

    def __init__(self, lines: str | None = None) -> None:
        self.lines = lines

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if self.lines is None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        return {"Body": io.BytesIO(self.lines.encode())}


def package(**changes: Any) -> Callable[[str], bytes]:
    """Return what downloads the summarizer's package."""

    def download(address: str) -> bytes:
        assert address == ADDRESS
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as file:
            file.writestr("settings.json", json.dumps({**DOCUMENTS["summarizer"], **changes}))
        return zipped.getvalue()

    return download


def parsed(*arguments: str) -> argparse.Namespace:
    return _parser().parse_args(["logs", *arguments])


def test_the_settings_are_those_of_the_deployed_function() -> None:
    rules = {"people_roles": ["arn:*:iam::*:role/people-*"], "history_days": 14}
    settings = of_deployed(Functions(), "secretwatch-summarizer", Bucket(), package(rules=rules))
    assert settings.table == "secretwatch-audit"
    assert settings.judgement.tuning.history_days == 14
    assert settings.judgement.tuning.people_roles == ("arn:*:iam::*:role/people-*",)
    (office,) = judged(record(), trust=settings.judgement.trust)
    assert office.origin.trust == "trusted"
    assert settings.source == "those of secretwatch-summarizer"


def test_a_place_has_the_name_that_it_has_for_the_deployed_function() -> None:
    newer = "network,name\n203.0.113.0/24,a new region\n"
    settings = of_deployed(Functions(), "secretwatch-summarizer", Bucket(newer), package())
    (entry,) = judged(record(sourceIPAddress="203.0.113.9"), trust=settings.judgement.trust)
    assert entry.origin.place == "a new region"


def test_where_the_ranges_may_not_be_read_the_shipped_ones_are_used() -> None:
    settings = of_deployed(Functions(), "secretwatch-summarizer", Bucket(), package())
    assert settings.judgement.trust.ranges


@pytest.mark.parametrize(
    ("download", "cause"),
    [
        (package(unknown=1), "there is no setting 'unknown'"),
        (lambda _: b"no zip", "not a zip file"),
    ],
)
def test_settings_that_cannot_be_read_say_what_to_do(download: Callable[[str], bytes], cause: str) -> None:
    with pytest.raises(ValueError, match=rf"{cause}.*give the settings as options") as raised:
        of_deployed(Functions(), "secretwatch-summarizer", Bucket(), download)
    assert ADDRESS not in str(raised.value)


def test_options_count_instead_and_are_named() -> None:
    options = parsed("--trusted-cidrs", "203.0.113.0/24", "--history-days", "7")
    assert given_options(options) == ["trusted_cidrs", "history_days"]
    settings = of_options(options, "watch-audit")
    assert (settings.table, settings.judgement.tuning.history_days) == ("watch-audit", 7)
    assert settings.source == "by --trusted-cidrs, --history-days; all else by default"
    (entry,) = judged(record(sourceIPAddress="203.0.113.9"), trust=settings.judgement.trust)
    assert entry.origin.trust == "trusted"


def test_without_options_there_are_none() -> None:
    assert given_options(parsed("--days", "5", "--dry-run")) == []


def test_a_wrong_option_is_refused() -> None:
    with pytest.raises(ValueError, match="history_days must be a whole number"):
        of_options(parsed("--history-days", "0"), "watch-audit")
