"""The backtest as its user meets it: options in, lines out."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.records import Record, record, role, user
from tools.backtest.__main__ import main

KEYS = {"event_id", "event_time", "event_name", "secrets", "principal", "account", "region", "outcome", "source",
        "network", "signals", "severity", "would_notify", "would_rotate", "reason", "actor", "session",
        "access_key_id", "user_agent", "story", "message"}  # fmt: skip
OPTIONS = ["--trusted-cidrs", "198.51.100.0/24", "--rotation-targets", "prod/db"]
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
Capture = pytest.CaptureFixture[str]


def at(minutes: float) -> str:
    return (START + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(event_id: str, minutes: float, secret: str = "prod/db", **changes: Any) -> Record:
    return record(eventID=event_id, eventTime=at(minutes), requestParameters={"secretId": secret}, **changes)


def write(folder: Path, *records: Any) -> str:
    file = folder / "trail.json"
    file.write_text(json.dumps({"Records": records}))
    return str(file)


def rows(capsys: Capture, logs: str, *options: str) -> dict[str, dict[str, Any]]:
    assert main([logs, "--format", "jsonl", *options]) == 0
    return {row["event_id"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}


def table(capsys: Capture, logs: str, *options: str) -> list[str]:
    assert main([logs, *options]) == 0
    return capsys.readouterr().out.splitlines()


@pytest.fixture
def logs(tmp_path: Path) -> str:
    return write(
        tmp_path,
        read("office", 0),
        read("office", 0),
        read("stranger", 1440, sourceIPAddress="203.0.113.66"),
        read("garbled", 2880, sourceIPAddress="999.1.1.1"),
        read("refused", 2881, errorCode="AccessDenied", sourceIPAddress="203.0.113.66"),
        record(eventID="other", eventSource="s3.amazonaws.com"),
        record(eventID="broken", eventTime="never"),
        *(read(f"job-{n}", 1440 * n, userIdentity=role("job")) for n in range(25)),
    )


def test_every_access_is_a_line_once(logs: str, capsys: Capture) -> None:
    found = rows(capsys, logs, *OPTIONS)
    assert {name for name in found if not name.startswith("job")} == {"office", "stranger", "garbled", "refused"}
    assert all(row.keys() == KEYS for row in found.values())
    assert list(found.values()) == sorted(found.values(), key=lambda row: str(row["event_time"]))


def test_what_would_have_notified_and_rotated(logs: str, capsys: Capture) -> None:
    found = rows(capsys, logs, *OPTIONS)
    would = {name: (row["would_notify"], row["would_rotate"]) for name, row in found.items()}
    assert would["office"] == (True, False)
    assert would["stranger"] == (True, True)
    assert would["garbled"] == (True, False)
    assert would["refused"] == would["job-7"] == (False, False)
    assert found["stranger"]["severity"] == "high"
    assert "untrusted_network" in found["stranger"]["signals"]
    assert found["garbled"]["network"] == "unknown"
    assert found["garbled"]["reason"].endswith("rotation: it cannot be determined where the read came from")


def test_a_story_opens_gets_worse_counts_and_ends(tmp_path: Path, capsys: Capture) -> None:
    logs = write(
        tmp_path,
        read("first", 0),
        read("again", 1),
        read("abroad", 30, sourceIPAddress="203.0.113.66", userAgent="curl/8"),
        read("abroad again", 31, sourceIPAddress="203.0.113.66", userAgent="curl/8"),
        read("other secret", 40, "prod/other"),
        read("afterwards", 45),
        read("much later", 200),
    )
    found = rows(capsys, logs, "--trusted-cidrs", "198.51.100.0/24")
    assert {name: row["message"] for name, row in found.items()} == {
        "first": "opened",
        "again": "counted",
        "abroad": "escalated",
        "abroad again": "counted",
        "other secret": "counted",
        "afterwards": "digest",
        "much later": "digest",
    }
    assert len({found[name]["story"] for name in ("first", "again", "abroad", "abroad again", "other secret")}) == 1
    assert found["afterwards"]["story"] is found["much later"]["story"] is None
    assert found["other secret"]["signals"] == ["first_reader"]
    assert found["abroad again"]["signals"] == []
    assert found["abroad again"]["severity"] == "info"
    assert found["abroad"]["severity"] == "high"


def test_people_who_share_a_role_are_actors_of_their_own(tmp_path: Path, capsys: Capture) -> None:
    shared = "AWSReservedSSO_Developers_0123456789abcdef"
    logs = write(tmp_path, *(read(name, n, userIdentity=role(shared, f"{name}@corp.example"))
                             for n, name in enumerate(("ann", "ben"))))  # fmt: skip
    found = rows(capsys, logs)
    assert found["ann"]["message"] == found["ben"]["message"] == "opened"
    assert found["ann"]["story"] != found["ben"]["story"]
    assert found["ann"]["actor"] != found["ben"]["actor"]
    assert found["ann"]["principal"] == found["ben"]["principal"]
    assert (found["ben"]["session"], found["ben"]["access_key_id"]) == ("ben@corp.example", "ASIASYNTHETIC0000000")


def theft(
    thief: str = "stolen-tool/1.0", terraform: str = "HashiCorp Terraform/1.9 terraform-provider-aws/5"
) -> list[Record]:
    refresh = [
        record(eventID=f"tf-{n}", eventTime=at(n / 60), userAgent=f"APN/1.0 {terraform}",
               requestParameters={"secretId": f"app/{n}", "versionId": f"{n:08}-0000-0000-0000-000000000000"})
        for n in range(20)
    ]  # fmt: skip
    listing = record("ListSecrets", eventID="list", eventTime=at(1), userAgent=thief, requestParameters=None)
    return [*refresh, listing, *(read(f"steal-{n}", 1 + n / 60, f"vault/{n}", userAgent=thief) for n in range(1, 21))]


def test_the_line_of_a_theft_names_thief_agent_and_secrets_and_tells_terraform_apart(
    tmp_path: Path, capsys: Capture
) -> None:
    first = table(capsys, write(tmp_path, *theft()), "--trusted-cidrs", "198.51.100.0/24")[0]
    assert first.startswith("2026-01-05T09:00:00Z  high      user alice read 20 secrets from 198.51.100.7 (trusted)")
    assert "with stolen-tool/1.0, access key AKIASYNTHETIC0000000: " in first
    assert all(f"vault/{n}" in first for n in range(1, 21))
    assert "app/" not in first
    assert "besides 20 accesses with Terraform" in first
    assert "many_secrets" in first
    assert "enumerate_then_read" in first


def test_lines_are_in_order_of_their_first_message(tmp_path: Path, capsys: Capture) -> None:
    long = [read(f"a{n}", 50 * n, f"s{n}", userIdentity=role("long")) for n in range(6)]
    short = read("b", 10, userIdentity=role("short"))
    found = [line for line in table(capsys, write(tmp_path, *long, short)) if " story " in line]
    assert [("role long" in line, "role short" in line) for line in found] == [(True, False), (False, True)]
    assert "read 6 secrets" in found[0]


def test_a_line_counts_what_came_in_the_quiet_minutes_after(tmp_path: Path, capsys: Capture) -> None:
    logs = write(tmp_path, read("first", 0), read("again", 20), read("late", 100))
    assert "user alice read prod/db ×2 from" in table(capsys, logs)[0]


def test_the_summary_says_what_was_read_and_what_was_left_out(logs: str, capsys: Capture) -> None:
    text = "\n".join(table(capsys, logs, *OPTIONS))
    assert "user alice read prod/db from 203.0.113.66 (untrusted)" in text
    assert "ROTATES prod/db" in text
    assert "32 records: 29 about secrets on 25 days" in text
    assert "1 record came more than once" in text
    assert "1 rotation of a secret" in text
    assert "1 × record broken: eventTime is not a time" in text
    assert "1 × other event source" in text


def test_a_hostile_record_holds_up_nobody_elses(tmp_path: Path, capsys: Capture) -> None:
    deep = json.dumps(read("deep", 0, "nested")).replace('"nested"', '{"a":' * 700 + "1" + "}" * 700)
    (tmp_path / "trail.json").write_text(f"{deep}\n{json.dumps(read('plain', 1))}\n")
    text = "\n".join(table(capsys, str(tmp_path)))
    assert "user alice read prod/db from" in text
    assert "1 × record deep: it is nested too deeply to be kept" in text


def test_channels_get_what_their_severity_and_secrets_ask_for(tmp_path: Path, capsys: Capture) -> None:
    logs = write(
        tmp_path,
        read("low", 0, "team-a/x", userIdentity=role("one")),
        read("high", 1, "team-b/x", userIdentity=role("two"), sourceIPAddress="203.0.113.66"),
    )
    channels = {name: {"type": "slack", "minimum_severity": severity, "webhook_parameter": "/x"}
                for name, severity in (("all", "low"), ("loud", "high"), ("team-a", "low"))}  # fmt: skip
    lines = table(capsys, logs, "--trusted-cidrs", "198.51.100.0/24", "--channels", json.dumps(channels),
                  "--channel-secrets", '{"team-a": ["team-a/*"]}')  # fmt: skip
    received = [line.split(", ")[0] for line in lines if line.startswith("channel")]
    assert received == [
        "channel all (low and above): 2 messages",
        "channel loud (high and above): 1 message",
        "channel team-a (low and above): 1 message",
    ]


def test_without_channels_one_at_medium_is_meant(logs: str, capsys: Capture) -> None:
    lines = table(capsys, logs, "--trusted-cidrs", "198.51.100.0/24")
    assert any(line.startswith("channel default (medium and above): 1 message, 0.0 a day") for line in lines)


# --- rotation -----------------------------------------------------------------------------


def abroad(event_id: str, minutes: float, secret: str = "prod/db", **changes: Any) -> Record:
    return read(event_id, minutes, secret, sourceIPAddress="203.0.113.66", **changes)


def test_a_cooldown_and_the_hours_limit_hold_rotations_back(tmp_path: Path, capsys: Capture) -> None:
    logs = write(
        tmp_path,
        abroad("one", 0),
        abroad("within", 13),
        abroad("covered", 14),
        abroad("after", 16),
        abroad("another", 20, "prod/other"),
        abroad("an hour later", 81, "prod/other"),
    )
    options = [
        "--trusted-cidrs",
        "198.51.100.0/24",
        "--rotation-targets",
        "prod/db,prod/other",
        "--rotations-per-hour",
        "3",
    ]
    found = rows(capsys, logs, *options)
    assert {name: row["would_rotate"] for name, row in found.items()} == {
        "one": True,
        "within": True,
        "covered": False,
        "after": False,
        "another": True,
        "an hour later": True,
    }
    assert found["covered"]["reason"].endswith("rotation: the secret was rotated within the cooldown")
    assert "maximum of rotations per hour" in found["after"]["reason"]
    longer = rows(capsys, logs, *options, "--rotation-cooldown-minutes", "60")
    assert longer["within"]["would_rotate"], "when the cooldown ends"
    assert not longer["after"]["would_rotate"]


def test_mode_targets_and_exemptions_are_the_rotators(tmp_path: Path, capsys: Capture) -> None:
    logs = write(tmp_path, abroad("plain", 0), abroad("function", 1, "prod/fn", userIdentity=role("rotation-fn")),
                 abroad("notify", 2, "prod/notify"),
                 read("unknown", 3, "prod/unknown", sourceIPAddress="10.1.2.3"))  # fmt: skip
    targets = {
        "prod/db": {"strategy": "generate", "json_keys": ["password"]},
        "prod/fn": {"strategy": "managed", "rotation_role_arn": "arn:aws:iam::123456789012:role/rotation-fn"},
        "prod/notify": {"strategy": "notify_only"},
        "prod/unknown": {"strategy": "generate", "json_keys": []},
    }
    options = ["--trusted-cidrs", "198.51.100.0/24", "--rotation-targets", json.dumps(targets)]
    found = rows(capsys, logs, *options)
    assert {name: row["would_rotate"] for name, row in found.items()} == {
        "plain": True,
        "function": False,
        "notify": False,
        "unknown": False,
    }
    assert rows(capsys, logs, *options, "--rotate-unknown")["unknown"]["would_rotate"]
    assert not rows(capsys, logs, *options, "--rotation-mode", "dry_run")["plain"]["would_rotate"]
    exempt = ["--rotation-exempt-principal-arns", "arn:aws:iam::123456789012:user/alice"]
    assert not rows(capsys, logs, *options, *exempt)["plain"]["would_rotate"]


def test_messages_of_the_rotator_reach_the_channels(tmp_path: Path, capsys: Capture) -> None:
    lines = table(capsys, write(tmp_path, abroad("one", 0)), "--trusted-cidrs", "198.51.100.0/24")
    rotated = table(capsys, write(tmp_path, abroad("one", 0)), *OPTIONS)
    assert any("channel default (medium and above): 1 message," in line for line in lines)
    assert any("channel default (medium and above): 2 messages," in line for line in rotated)


def test_a_rotation_outside_of_every_story_has_its_line(tmp_path: Path, capsys: Capture) -> None:
    logs = write(tmp_path, *(abroad(f"day-{n}", 1440 * n) for n in range(3)))
    found = [line for line in table(capsys, logs, *OPTIONS) if "ROTATES" in line]
    assert len(found) == 3
    assert "ROTATES prod/db: user alice read it from 203.0.113.66 (untrusted)" in found[2]


# --- tuning -------------------------------------------------------------------------------


def noisy(job: str = "job", address: str = "198.51.100.7") -> list[Record]:
    """A job that reads twelve secrets that are new for it within a minute, every day."""
    return [
        read(f"{job}-{day}-{n}", 1440 * day + n / 60, f"{job}/{day}/{n}", userIdentity=role(job),
             sourceIPAddress=address, userAgent="Boto3/1.34")
        for day in range(25)
        for n in range(12)
    ]  # fmt: skip


def test_noisy_automation_is_named_with_the_setting_that_helps(tmp_path: Path, capsys: Capture) -> None:
    logs = write(tmp_path, *noisy())
    text = "\n".join(table(capsys, logs))
    key = "arn:aws:iam::123456789012:role/job"
    assert f"noisy: {key}, " in text
    assert f'0 are left with: automation = ["{key}"]' in text
    tuned = "\n".join(table(capsys, logs, "--automation", key))
    assert "noisy" not in tuned
    assert "channel default (medium and above): 0 messages" in tuned


def test_who_cannot_be_helped_hides_nobody_who_can(tmp_path: Path, capsys: Capture) -> None:
    people = [
        read(f"{name}-{day}-{n}", 1440 * day + n / 60, f"{name}/{day}/{n}", userIdentity=user(name))
        for name in ("ann", "ben", "cay", "dan")
        for day in range(9)
        for n in range(12)
    ]
    lines = table(capsys, write(tmp_path, *people, *noisy()[: 12 * 7]))
    assert [line.partition(",")[0] for line in lines if line.startswith("noisy: ")] == [
        *(f"noisy: arn:aws:iam::123456789012:user/{name}" for name in ("ann", "ben", "cay")),
        "noisy: arn:aws:iam::123456789012:role/job",
    ]
    assert any('automation = ["arn:aws:iam::123456789012:role/job"]' in line for line in lines)


def test_what_is_below_medium_is_no_noise_whatever_a_channel_asks_for(tmp_path: Path, capsys: Capture) -> None:
    low = [read(f"r{n}", 1440 * n, f"job/{n}", userIdentity=role("job")) for n in range(20)]
    lines = table(capsys, write(tmp_path, *low), "--channels", '{"all": {"type": "slack", "minimum_severity": "info"}}')
    assert any(line.startswith("channel all (info and above): 20 messages") for line in lines)
    assert not [line for line in lines if line.startswith("noisy")]


def test_what_was_announced_is_counted_and_told_to_nobody(tmp_path: Path, capsys: Capture) -> None:
    logs = write(tmp_path, *(read(f"m{n}", n * 0.1, f"prod/{n}", userIdentity=role("mover")) for n in range(12)))
    assert any("many_secrets" in line for line in table(capsys, logs))
    expectation = {"actor": "arn:*:role/mover", "secret": "prod/*", "until": "2026-01-05", "why": "we move"}
    file = tmp_path / "expectations.json"
    file.write_text(json.dumps([expectation]))
    for options in (["--expectations", f"@{file}"], ["--rules", json.dumps({"expectations": [expectation]})]):
        lines = table(capsys, logs, *options)
        assert "0 messages about 0 stories" in lines
        assert "expected: 12 notable accesses of arn:*:role/mover on prod/* until 2026-01-05: we move" in lines
        assert {row["reason"].partition(";")[0] for row in rows(capsys, logs, *options).values()} == {
            "it was expected: nobody is notified"
        }
    expectation["until"] = "2026-01-04"
    assert any("many_secrets" in line for line in table(capsys, logs, "--expectations", json.dumps([expectation])))


def test_what_was_high_for_a_new_place_is_never_proposed_to_be_silenced(tmp_path: Path, capsys: Capture) -> None:
    elsewhere = [
        read(f"moved-{n}", 1440 * n + 600, f"moved/{n}", userIdentity=role("job"), sourceIPAddress=f"{40 + n}.7.7.7")
        for n in range(25)
    ]
    text = "\n".join(table(capsys, write(tmp_path, *noisy(), *elsewhere), "--trusted-cidrs", "198.51.100.0/24"))
    assert "noisy: arn:aws:iam::123456789012:role/job" in text
    assert "no setting should lower" in text
    assert "automation =" not in text
    assert "trusted_cidrs =" not in text


def test_an_endpoint_that_nobody_listed_is_proposed(tmp_path: Path, capsys: Capture) -> None:
    known = [read(f"k-{n}", n, userIdentity=role(f"service-{n}")) for n in range(9)]
    moved = [
        read(f"m-{n}", 3000 + n, userIdentity=role(f"service-{n}"), sourceIPAddress="", vpcEndpointId="vpce-0a1b2c3d")
        for n in range(9)
    ]
    channels = '{"all": {"type": "slack", "minimum_severity": "low"}}'
    options = ["--trusted-cidrs", "198.51.100.0/24", "--channels", channels,
               "--signal-overrides", '{"first_network": {"enabled": false}}']  # fmt: skip
    text = "\n".join(table(capsys, write(tmp_path, *known, *moved), *options))
    assert 'if vpce-0a1b2c3d is yours, 9 messages less with: trusted_vpc_endpoint_ids = ["vpce-0a1b2c3d"]' in text
    tuned = "\n".join(
        table(capsys, write(tmp_path, *known, *moved), *options, "--trusted-vpc-endpoint-ids", "vpce-0a1b2c3d")
    )
    assert "channel all (low and above): 18 messages" in text
    assert "channel all (low and above): 9 messages" in tuned


def test_the_whole_tuning_comes_as_json_or_as_a_file(logs: str, tmp_path: Path, capsys: Capture) -> None:
    rules = '{"untrusted_network": {"severity": "critical"}, "people_roles": ["arn:*:iam::*:role/engineers"]}'
    (tmp_path / "rules.txt").write_text(rules)
    for given in (rules, f"@{tmp_path / 'rules.txt'}"):
        assert rows(capsys, logs, *OPTIONS, "--rules", given)["stranger"]["severity"] == "critical"


def test_a_network_with_a_name_is_one_place(tmp_path: Path, capsys: Capture) -> None:
    """AWS's by region as they are shipped, and the user's; without either each /16 is a place."""
    places = ["3.250.0.1", "54.170.7.7", "3.5.0.1", "203.0.113.66", "8.8.8.8"]
    logs = write(tmp_path, *(read(f"r{n}", n * 180, sourceIPAddress=place) for n, place in enumerate(places)))
    names = tmp_path / "networks.csv"
    names.write_text("# ours\n203.0.113.0/24,office\n8.8.0.0/16,office\n")
    options = ["--trusted-cidrs", "192.0.2.0/24", "--network-names", f"@{names}"]
    new = {f"r{n}": "untrusted_network" in rows(capsys, logs, *options)[f"r{n}"]["signals"] for n in range(5)}
    assert new == {"r0": True, "r1": False, "r2": True, "r3": True, "r4": False}
    assert "untrusted_network" in rows(capsys, logs, *options[:2])["r4"]["signals"]


def test_learning_begins_with_the_day_of_the_first_record(tmp_path: Path, capsys: Capture) -> None:
    shell = {"userAgent": "aws-cli/2.15 exec-env/CloudShell"}
    logs = write(tmp_path, *(read(f"d{n}", n * 1440, userIdentity=user(f"u{n}"), **shell) for n in range(3)))
    severities = {name: row["severity"] for name, row in rows(capsys, logs, "--learning-days", "2").items()}
    assert severities == {"d0": "low", "d1": "low", "d2": "medium"}
    assert rows(capsys, logs)["d0"]["severity"] == "medium", "by default nothing is learnt"


def test_options_are_parts_of_the_tuning(logs: str, capsys: Capture) -> None:
    decoy = rows(capsys, logs, "--rules", '{"decoys": ["other/*"]}', "--decoys", '["prod/*"]')
    assert decoy["job-7"]["severity"] == "critical"
    quiet = rows(
        capsys, logs, "--quiet-minutes", "1440", "--signal-overrides", '{"first_reader": {"severity": "medium"}}'
    )
    assert quiet["office"]["severity"] == "medium"
    forgetful = rows(capsys, logs, "--history-days", "365", "--automation", "*role/job")
    assert forgetful["job-0"]["severity"] == "info"


def test_the_canarys_own_reads_are_no_story(tmp_path: Path, capsys: Capture) -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:watch/canary-Ab12Cd"
    role_arn = "arn:aws:iam::123456789012:role/canary"
    logs = write(tmp_path, read("canary", 0, secret, userIdentity=role("canary")), read("alice", 1, secret))
    found = rows(capsys, logs, "--canary-principal-arn", role_arn, "--canary-secret-arn", secret,
                 "--own-principal-arns", role_arn)  # fmt: skip
    assert (found["canary"]["message"], found["alice"]["severity"]) == ("digest", "critical")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rules", '{"x": 1}'], "--rules: 'x' is neither a signal nor a setting"),
        (["--rules", "[1]"], "--rules must be a JSON object, not [1]"),
        (["--rules", "{quiet_minutes: 3}"], "--rules is not JSON"),
        (["--rules", "@nowhere.json"], "--rules: nowhere.json cannot be read"),
        (["--quiet-minutes", "-1"], "quiet_minutes must be a whole number from 0 to 1440"),
        (["--people-roles", "*"], "people_roles must be patterns of role ARNs"),
        (["--trusted-cidrs", "office"], "'office' is not a network in CIDR notation"),
        (["--trusted-cidrs", "0.0.0.0/0"], "trusts a large part of the internet"),
        (["--network-names", "office"], "network_names is wrong: line 1: after the network"),
        (["--network-names", "@none.csv"], "--network-names: none.csv cannot be read"),
        (["--channels", '{"ops": {"type": "mail", "minimum_severity": "low"}}'], "type must be one of slack"),
        (["--channels", '{"ops": "slack"}'], "--channels: ops must be an object"),
        (["--channel-secrets", '{"ops": ["a"]}'], "there is no channel 'ops'"),
        (["--rotation-targets", '{"db": {"strategy": "explode"}}'], "strategy must be one of generate"),
        (["--rotation-targets", "db", "--rotation-mode", "rehearse"], "rotation_mode must be one of dry_run, rotate"),
        (["--rotation-targets", "db", "--rotations-per-hour", "0"], "rotations_per_hour must be a whole number"),
        (["--canary-secret-arn", "watch/canary"], "go together, two ARNs"),
    ],
)
def test_wrong_options_are_named(logs: str, capsys: Capture, options: list[str], message: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([logs, *options])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
