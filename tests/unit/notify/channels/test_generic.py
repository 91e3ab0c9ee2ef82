from __future__ import annotations

import hmac
import json

import pytest

from secretwatch.notify.channels import generic
from secretwatch.notify.notice import Notice
from tests.gallery import GALLERY


def test_a_program_gets_the_notice_itself() -> None:
    notice = GALLERY["hostile_names"]
    assert Notice.from_json(json.dumps(generic.render(notice))) == notice


@pytest.mark.parametrize(("status", "taken"), [(199, False), (200, True), (299, True), (300, False), (500, False)])
def test_any_success_is_one(status: int, taken: bool) -> None:
    assert generic.accepts(status, "whatever it says") is taken


def test_a_signature_is_of_time_and_body() -> None:
    header = generic.sign("the key", b"body", 1_800_000_000.9)[generic.SIGNATURE]
    digest = hmac.new(b"the key", b"1800000000.body", "sha256").hexdigest()
    assert header == f"t=1800000000,v1={digest}"
    others = (generic.sign("another", b"body", 1_800_000_000), generic.sign("the key", b"bodz", 1_800_000_000),
              generic.sign("the key", b"body", 1_800_000_001))  # fmt: skip
    assert all(other[generic.SIGNATURE] != header for other in others)
