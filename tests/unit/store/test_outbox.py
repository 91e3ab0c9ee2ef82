from __future__ import annotations

from dataclasses import replace
from typing import Any

from secretwatch.detect.catalogue import Severity
from secretwatch.notify.notice import Kind, Notice
from secretwatch.store.outbox import notice_key
from secretwatch.store.store import Store
from secretwatch.store.table import encode
from tests.documents import TABLE

NOTICE = Notice("n1", Kind.ACCESS, Severity.INFO, "title", (), "2026-01-31T12:00:00Z")


def test_a_notice_is_kept_once_and_marked(store: Store) -> None:
    store.outbox.keep(NOTICE)
    store.outbox.keep(replace(NOTICE, title="another"))
    assert store.outbox.kept(["n1", "n2"]) == {"n1": (NOTICE, False)}
    store.outbox.mark_published("n1")
    assert store.outbox.kept(["n1"]) == {"n1": (NOTICE, True)}


def test_a_notice_of_another_version_is_not_published_again(store: Store, dynamodb: Any) -> None:
    dynamodb.put_item(TableName=TABLE, Item=encode({**notice_key("n1"), "state": "pending", "body": '{"version": 0}'}))
    assert store.outbox.kept(["n1"]) == {}
