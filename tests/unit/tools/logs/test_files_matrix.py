"""One synthetic attack in every container that people keep logs in: all of it is read, or the file is named."""

# ruff: noqa: E501 -- a container a line

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from secretwatch.record.envelopes import Decoded, Unreadable
from tests.records import awslogs, eventbridge, record
from tools.logs.files import read
from tools.report.__main__ import from_logs

Record = dict[str, Any]
NUMBER = 60
ATTACK: Sequence[Record] = [
    record(
        eventID=f"e{n:02}",
        eventTime=f"2026-03-01T10:{n:02}:00Z",
        userAgent='curl/8.5.0 \u00fc\u4e2d "quoted", a comma; and more',
        requestParameters={"secretId": f"prod/db-{n}"},
    )
    for n in range(NUMBER)
]


def text(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def lines(values: Sequence[object], end: str = "\n") -> bytes:
    return end.join(json.dumps(value, ensure_ascii=False) for value in values).encode()


S3 = text({"Records": ATTACK})
LINES = lines(ATTACK)


def table(names: Sequence[str], rows: Sequence[Sequence[object]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(names)
    writer.writerows(rows)
    return out.getvalue().encode()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(members: Mapping[str, bytes], mode: Any = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def half(first: bool) -> Sequence[Record]:
    return ATTACK[: NUMBER // 2] if first else ATTACK[NUMBER // 2 :]


def raw(one: Record) -> str:
    return json.dumps(one, ensure_ascii=False)


def splunk(one: Record) -> Mapping[str, Any]:
    return {
        "preview": False,
        "result": {"eventName": one["eventName"], "eventSource": one["eventSource"], "_raw": raw(one)},
    }


def athena_row(one: Record) -> Sequence[object]:
    documents = ("userIdentity", "requestParameters")
    return [json.dumps(one[name]) if name in documents else one.get(name, "") for name in ATHENA]


ATHENA = ("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
          "userAgent", "requestParameters", "eventID", "eventType", "recipientAccountId")  # fmt: skip
SQS = [{"messageId": str(n), "body": json.dumps(eventbridge(one))} for n, one in enumerate(ATTACK)]
SNS = [{"body": json.dumps({"Type": "Notification", "Message": json.dumps({"Records": [one]})})} for one in ATTACK]
CONTROL = {"messageType": "DATA_MESSAGE", "logGroup": "trail", "logStream": "s"}
FIREHOSE = [
    {**CONTROL, "logEvents": [{"id": str(n), "timestamp": 1, "message": raw(one)}]} for n, one in enumerate(ATTACK)
]
LOOKUP = [{"EventId": one["eventID"], "EventName": "GetSecretValue", "CloudTrailEvent": raw(one)} for one in ATTACK]
INSIGHTS = [[{"field": "@timestamp", "value": "2026"}, {"field": "@message", "value": raw(one)},
             {"field": "@ptr", "value": "x"}] for one in ATTACK]  # fmt: skip
LAKE = [[{"eventID": one["eventID"]}, {"eventName": one["eventName"]}, {"eventJson": raw(one)}] for one in ATTACK]
ELASTIC = {"took": 3, "hits": {"total": 60, "hits": [{"_index": "x", "_source": one} for one in ATTACK]}}

READ: Mapping[str, bytes] = {
    # --- containers
    "s3.json.gz": gzip.compress(S3),
    "s3.json": S3,
    "firehose-object": gzip.compress(lines(FIREHOSE, "")),
    "x.txt": LINES,
    "X.JSON": S3,
    "x.bz2": bz2.compress(S3),
    "x.xz": lzma.compress(S3),
    "x.zst": zstandard.compress(S3),
    "x.zip": zipped(**{"a/1.json": text({"Records": half(True)}), "a/2.json.gz": gzip.compress(text({"Records": half(False)}))}),
    "x.tar": tarred({"1.json": text({"Records": half(True)}), "2.json": text({"Records": half(False)})}),
    "x.tar.gz": tarred({"AWSLogs/1.json.gz": gzip.compress(S3)}, "w:gz"),
    "x.tar.bz2": tarred({"1.json": S3}, "w:bz2"),
    "x.tar.xz": tarred({"1.json": S3}, "w:xz"),
    "x.tar.zst": zstandard.compress(tarred({"1.json": S3})),
    "gz-in-gz.gz": gzip.compress(gzip.compress(S3)),
    "zip-in-zip.zip": zipped(**{"inner.zip": zipped(**{"1.json": S3})}),
    "zip-in-gz.gz": gzip.compress(zipped(**{"1.json": S3})),
    "cat.gz": gzip.compress(text({"Records": half(True)})) + gzip.compress(text({"Records": half(False)})),
    "cat.zst": zstandard.compress(text({"Records": half(True)})) + zstandard.compress(text({"Records": half(False)})),
    "cat.bz2": bz2.compress(text({"Records": half(True)})) + bz2.compress(text({"Records": half(False)})),
    "wrong-suffix.json": gzip.compress(S3),
    # --- encodings
    "bom.json": b"\xef\xbb\xbf" + S3,
    "utf-16.json": S3.decode().encode("utf-16"),
    "utf-16-le.json": LINES.decode().encode("utf-16-le").replace("ü中".encode("utf-16-le"), b""),
    "utf-16-be.json": b"\xfe\xff" + S3.decode().encode("utf-16-be"),
    "invalid-utf-8.json": S3.replace("ü".encode(), b"\xfc"),
    # --- documents
    "pretty.json": json.dumps({"Records": ATTACK}, indent=2).encode(),
    "list.json": text(ATTACK),
    "pretty-list.json": json.dumps(ATTACK, indent=4).encode(),
    "pretty-one-by-one.json": "\n".join(json.dumps(one, indent=2) for one in ATTACK).encode(),
    "lines.jsonl": LINES,
    "crlf.jsonl": lines(ATTACK, "\r\n"),
    "no-breaks.json": lines(ATTACK, ""),
    "two-lists.json": text({"Records": half(True)}) + b"\n" + text({"Records": half(False)}),
    "cat-lists.json": text({"Records": half(True)}) + text({"Records": half(False)}),
    "more-beside.json": text({"Records": half(True), "more": {"a": [1]}, "n": 3}) + text({"Records": half(False)}),
    "behind-others.json": text({"a": 1, "Records": ATTACK}),
    "sequence.json": "\x1e".join(map(raw, ATTACK)).encode(),
    # --- CloudWatch Logs
    "export.gz": gzip.compress("\n".join(f"2026-03-01T10:00:00.000Z {raw(one)}" for one in ATTACK).encode()),
    "tail.txt": "\n".join(f"2026-03-01T10:00:00.000000+00:00 123_CloudTrail_eu {raw(one)}" for one in ATTACK).encode(),
    "tail-pretty.txt": "\n".join(f"2026-03-01T10:00:00 s {json.dumps(one, indent=2)}" for one in ATTACK).encode(),
    "filter-log-events.json": text({"events": [{"message": raw(one), "timestamp": 1} for one in ATTACK], "searchedLogStreams": []}),
    "insights.json": text({"results": INSIGHTS, "statistics": {"recordsMatched": 60.0}, "status": "Complete"}),
    "insights.csv": table(["@timestamp", "@message"], [["2026", raw(one)] for one in ATTACK]),
    "subscription.json": text(awslogs(*ATTACK)),
    "subscriptions.jsonl": lines([awslogs(one) for one in ATTACK]),
    "firehose.json": lines(FIREHOSE),
    # --- other parts of AWS
    "lookup-events.json": text({"Events": LOOKUP}),
    "lookup-events-pages.json": text({"Events": LOOKUP[:30], "NextToken": "x"}) + b"\n" + text({"Events": LOOKUP[30:]}),
    "lookup-events.yaml": yaml.safe_dump({"Events": LOOKUP}, allow_unicode=True).encode(),
    "lookup-events.txt": "\n".join(f"EVENTS\tAKIA\t{raw(one)}\te1\tGetSecretValue" for one in ATTACK).encode(),
    "eventbridge.jsonl": lines([eventbridge(one) for one in ATTACK]),
    "eventbridge-cat.json": lines([eventbridge(one) for one in ATTACK], ""),
    "sqs.json": text({"Records": SQS}),
    "sns-in-sqs.json": text({"Records": SNS}),
    "lake.json": text({"QueryResultRows": LAKE}),
    "lake.csv.gz": gzip.compress(table(["eventID", "eventJson"], [[one["eventID"], raw(one)] for one in ATTACK])),
    "athena.csv": table([name.lower() for name in ATHENA], [athena_row(one) for one in ATTACK]),
    "ocsf.jsonl": lines([{"class_uid": 6003, "api": {"operation": "GetSecretValue"}, "raw_data": raw(one)} for one in ATTACK]),
    # --- others' products
    "splunk.json": lines([splunk(one) for one in ATTACK]),
    "splunk.csv": table(["_time", "eventName", "requestParameters.tags{}.key", "_raw"],
                        [["2026", "GetSecretValue", "", raw(one)] for one in ATTACK]),
    "splunk-raw.csv": table(["_raw"], [[raw(one)] for one in ATTACK]),
    "semicolons.csv": b"sep=;\n" + table(["time", "raw"], [["2026", raw(one)] for one in ATTACK], ";"),
    "tabs.tsv": table(["time", "message"], [["2026", raw(one)] for one in ATTACK], "\t"),
    "elastic.json": text(ELASTIC),
    "elastic-original.jsonl": lines([{"event": {"action": "GetSecretValue", "original": raw(one)}, "aws": {}} for one in ATTACK]),
    "panther.jsonl": lines([{**one, "p_log_type": "AWS.CloudTrail", "p_any_ip_addresses": ["1.2.3.4"]} for one in ATTACK]),
    "wazuh.jsonl": lines([{"timestamp": "x", "rule": {"id": "1"}, "data": {"integration": "aws", "aws": one}} for one in ATTACK]),
}  # fmt: skip

NAMED: Mapping[str, tuple[bytes, str]] = {
    "empty.json": (b"", "the file is empty"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\2" * 20, "neither text nor a known container"),
    "lake.parquet": (b"PAR1" + bytes(400), "Parquet: export it as JSON lines first"),
    "notes.md": (b"# Notes\n\nNothing here.\n", "not JSON"),
    "garbage.gz": (b"\x1f\x8b" + b"no gzip at all" * 20, "garbage.gz: "),
    "locked.zip": (zipped(**{"a.json": S3}).replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"), "encrypted"),
    "ocsf.json": (lines([{"class_uid": 6003, "api": {"operation": "GetSecretValue"}}]), "OCSF without the record"),
    "ecs.json": (lines([{"event": {"action": "GetSecretValue"}, "aws": {"cloudtrail": {}}}]), "Elastic's fields without"),
    "sentinel.json": (lines([{"Type": "AWSCloudTrail", "EventName": "GetSecretValue"}]), "Sentinel's columns"),
    "console.csv": (table(["Event name", "Event time", "User name"], [["GetSecretValue", "2026", "x"]]), "the console's CSV"),
    "athena-struct.csv": (table(["useridentity", "eventname", "eventsource"], [["{type=IAMUser}", "GetSecretValue", "s"]]),
                          "column useridentity is no JSON"),
    "lake-rows.json": (text({"QueryResultRows": [[{"eventName": "GetSecretValue"}, {"userIdentity": "{type=IAMUser}"}]]}),
                       "select eventJson"),
    "six-deep.gz": (gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(gzip.compress(S3)))))), "within each other"),
}  # fmt: skip


def counted(file: Path) -> tuple[int, list[str]]:
    contents = list(read(file))
    ids = {content.record["eventID"] for content in contents if isinstance(content, Decoded)}  # type: ignore[index]
    return len(ids), [content.reason for content in contents if isinstance(content, Unreadable)]


def reported(path: Path) -> int:
    return from_logs(str(path), 30, lambda: None, lambda _: None).findings.total


@pytest.mark.parametrize("name", READ)
def test_backtest_and_report_read_the_whole_attack(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(READ[name])
    assert counted(file) == (NUMBER, [])
    assert reported(tmp_path) == NUMBER


@pytest.mark.parametrize("name", NAMED)
def test_what_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    content, reason = NAMED[name]
    file = tmp_path / name
    file.write_bytes(content)
    number, problems = counted(file)
    assert number == 0
    assert any(problem.startswith(name) and reason in problem for problem in problems), problems
    (tmp_path / "other.json").write_bytes(S3)
    report = from_logs(str(tmp_path), 30, lambda: None, lambda _: None)
    assert report.findings.total == NUMBER
    assert any(reason in problem for problem in report.problems), report.problems


CUT: Mapping[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress,
}  # fmt: skip


@pytest.mark.parametrize("kind", CUT)
@pytest.mark.parametrize("place", ["", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01"])
def test_of_a_file_that_was_cut_what_is_there_is_read(tmp_path: Path, kind: str, place: str) -> None:
    noise = [
        {**one, "requestID": base64.b64encode(bytes(range(n, n + 90)) * 9).decode()} for n, one in enumerate(ATTACK)
    ]
    whole = CUT[kind](text({"Records": noise}))
    file = tmp_path / place / f"cut.json.{kind}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(whole[:-40])
    number, problems = counted(file)
    assert len(problems) == 1
    assert problems[0].startswith(file.name)
    if kind == "gz":  # of the others a block is whole or nothing
        assert number > 0
        assert reported(tmp_path) == number


def test_one_broken_record_costs_one_record(tmp_path: Path) -> None:
    broken = S3.replace(b'"eventID": "e30"', b'"eventID": e30')
    for name in ("a.json", "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/a.json"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(broken)
        number, (problem,) = counted(file)
        assert number == NUMBER - 1
        assert problem == "a.json, line 1: not JSON: Expecting value"
    assert reported(tmp_path / "AWSLogs") == NUMBER - 1


def test_the_line_of_what_is_broken_is_said(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(LINES.replace(b'"eventID": "e07"', b'"eventID": e07'))
    number, (problem,) = counted(file)
    assert (number, problem) == (NUMBER - 1, "a.jsonl, line 8: not JSON: Expecting value")


def test_copies_in_other_files_count_once(tmp_path: Path) -> None:
    place = tmp_path / "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01"
    place.mkdir(parents=True)
    (place / "1.json.gz").write_bytes(gzip.compress(S3))
    (place / "2.json").write_bytes(S3)
    (tmp_path / "lines.zst").write_bytes(zstandard.compress(LINES))
    report = from_logs(str(tmp_path), 30, lambda: None, lambda _: None)
    assert report.findings.total == NUMBER
    assert report.copies == 2 * NUMBER


def test_a_link_back_and_a_broken_one_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/a.json").write_bytes(S3)
    (tmp_path / "logs/back").symlink_to(tmp_path)
    (tmp_path / "logs/gone.json").symlink_to(tmp_path / "nowhere.json")
    report = from_logs(str(tmp_path / "logs"), 30, lambda: None, lambda _: None)
    assert report.findings.total == NUMBER
    assert [problem for problem in report.problems if "gone.json" in problem] == [
        "gone.json: No such file or directory"
    ]


def test_a_member_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    members = {"a.json": text({"Records": half(True)}), "b.parquet": b"PAR1" + bytes(40), "c.gz": b"\x1f\x8bno gzip",
               "d.json": text({"Records": half(False)})}  # fmt: skip
    for name, content in {"x.zip": zipped(**members), "x.tar": tarred(members)}.items():
        file = tmp_path / name
        file.write_bytes(content)
        number, problems = counted(file)
        assert number == NUMBER
        assert [problem.partition(":")[0] for problem in problems] == [f"{name}/b.parquet", f"{name}/c.gz"]


def test_a_member_with_a_wrong_checksum_hides_no_other(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.json", text({"Records": half(True)}))
        archive.writestr("b.json", text({"Records": half(False)}))
    file = tmp_path / "x.zip"
    file.write_bytes(out.getvalue().replace(b'"e00"', b'"e99"', 1))
    number, problems = counted(file)
    assert number >= NUMBER // 2, "all of the other member"
    assert len(problems) == 1
    assert problems[0].startswith("x.zip/a.json: Bad CRC-32")


def test_a_digest_in_an_archive_is_known(tmp_path: Path) -> None:
    digest = "AWSLogs/1/CloudTrail-Digest/eu-west-1/2026/03/01/d.json"
    (tmp_path / "x.zip").write_bytes(zipped(**{digest: b'{"awsAccountId": "1"}', "b.json": S3}))
    assert counted(tmp_path / "x.zip") == (NUMBER, [])


def test_a_folder_of_ones_own_is_no_digest(tmp_path: Path) -> None:
    (tmp_path / "CloudTrail-Digest_backup").mkdir()
    (tmp_path / "CloudTrail-Digest_backup/a.json").write_bytes(S3)
    assert counted(tmp_path / "CloudTrail-Digest_backup/a.json") == (NUMBER, [])
