"""DuckDB in Athena's place: CloudTrail's log files, asked with Athena's SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from tools.report.sql import NOBODY, ONCE, Declared, to_duckdb, view

MEMORY_LIMIT = "1GB"
_LEAST_OBJECT = 1 << 20
_LARGEST_OBJECT = 1 << 30
_LARGEST_RATIO = 200
"""How much smaller gzip makes a log file at most; what is smaller still is read record by record."""
_PLACE = r"AWSLogs/(?:o-[^/]+/)?([0-9]+)/CloudTrail/([^/]+)/([0-9]{4}/[0-9]{2}/[0-9]{2})/"
_TEXTS = ("eventID", "eventTime", "eventSource", "eventName", "eventType", "awsRegion", "sourceIPAddress", "userAgent",
          "errorCode", "errorMessage", "vpcEndpointId", "recipientAccountId",
          "sharedEventID", "sessionCredentialFromConsole")  # fmt: skip
_DOCUMENTS = ("requestParameters", "responseElements", "additionalEventData", "serviceEventDetails")
_IDENTITY = ("type", "arn", "principalId", "accountId", "accessKeyId", "userName", "invokedBy")
_SHAPE = {
    "Records": [
        {
            **dict.fromkeys(_TEXTS, "VARCHAR"),
            "userIdentity": {
                **dict.fromkeys(_IDENTITY, "VARCHAR"),
                "onBehalfOf": {"userId": "VARCHAR"},
                "sessionContext": {"sourceIdentity": "VARCHAR", "sessionIssuer": {"arn": "VARCHAR"}},
            },
            **dict.fromkeys(_DOCUMENTS, "JSON"),
            "resources": [{"ARN": "VARCHAR"}],
        }
    ]
}
"""What of a log file is read; a field of another type becomes null, as Athena's SerDe has it."""


class UnreadableError(Exception):
    """A log file that DuckDB could not read; the message says which and why."""


class Lake:
    """The calls to Secrets Manager of the log files that were loaded.

    With a ``database`` file, memory stays below MEMORY_LIMIT however many files are loaded:
    what does not fit goes to disk beside it.
    """

    def __init__(self, database: Path | None = None, declared: Declared = NOBODY) -> None:
        self._view = to_duckdb(view(declared).replace(ONCE, ""))  # copies are counted: drop_copies
        self._connection = duckdb.connect(str(database or ":memory:"))
        self._connection.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{MEMORY_LIMIT}'")
        # The order of the rows means nothing here, and keeping it takes memory.
        self._connection.execute("SET preserve_insertion_order = false")
        self._view_logs("SELECT NULL::VARCHAR AS json, '' AS filename WHERE false")
        self._connection.execute(f"CREATE TABLE secret_calls AS {self._view}")

    def load(self, files: Sequence[Path]) -> None:
        """Add the calls that log files hold; of several of which one is broken, none. Raises UnreadableError."""
        paths = [str(file) for file in files]
        size = min(max([_LEAST_OBJECT, *map(_unzipped_size, files)]) + 1, _LARGEST_OBJECT)
        self._view_logs(
            f"SELECT json, filename FROM read_json_objects({paths!r}, format = 'unstructured', filename = true, "
            f"maximum_object_size = {size})"
        )
        try:
            self._connection.execute(f"INSERT INTO secret_calls {self._view}")
        except duckdb.Error as error:
            raise UnreadableError(f"{', '.join(file.name for file in files)}: {str(error).splitlines()[0]}") from error

    def drop_copies(self) -> int:
        """Keep each call once, in however many files its record is; return how many rows went."""
        before = self._count()
        self._connection.execute(
            "DELETE FROM secret_calls WHERE event_id <> '' AND rowid NOT IN "
            "(SELECT min(rowid) FROM secret_calls GROUP BY event_id, event_name)"
        )
        return before - self._count()

    def _count(self) -> int:
        ((number,),) = self._connection.execute("SELECT count(*) FROM secret_calls").fetchall()
        return int(number)

    def ask(self, athena: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of one of Athena's queries."""
        return self._connection.execute(to_duckdb(athena), list(parameters)).fetchall()

    def close(self) -> None:
        """Let go of the database file."""
        self._connection.close()

    def _view_logs(self, source: str) -> None:
        """Make the columns of modules/analytics' table from rows of ``json`` and ``filename``.

        The place of a file says account, region and day, as for Athena; of files that lie
        elsewhere the records do.
        """
        fields = [f"r.{name} AS {name.lower()}" for name in _TEXTS]
        fields += [f"CAST(r.{name} AS VARCHAR) AS {name.lower()}" for name in _DOCUMENTS]
        sql = f"""CREATE OR REPLACE VIEW cloudtrail_logs AS
            SELECT {", ".join(fields)}, r.userIdentity AS useridentity, r.resources AS resources,
                COALESCE(NULLIF(regexp_extract(filename, '{_PLACE}', 1), ''), r.recipientAccountId, '') AS account,
                COALESCE(NULLIF(regexp_extract(filename, '{_PLACE}', 2), ''), r.awsRegion, '') AS region,
                COALESCE(NULLIF(regexp_extract(filename, '{_PLACE}', 3), ''),
                    replace(substr(r.eventTime, 1, 10), '-', '/'), '') AS day
            FROM (
                SELECT unnest(from_json(json, '{json.dumps(_SHAPE)}').Records) AS r, filename
                FROM ({source})
            )"""
        self._connection.execute(sql)


def _unzipped_size(file: Path) -> int:
    """Return a file's size in bytes once unzipped: gzip keeps it in its last four bytes (RFC 1952).

    Of a file that was cut they say anything: not more than such a file can hold.
    """
    with file.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            return file.stat().st_size
        stream.seek(-4, 2)
        return min(int.from_bytes(stream.read(4), "little"), file.stat().st_size * _LARGEST_RATIO)
