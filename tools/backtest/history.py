"""The history in order of time, each access once, in memory that does not grow with it.

A temporary SQLite database does it: it is nameless, in the folder for temporary files (``TMPDIR``
names another), and gone when the process ends. Only accesses are in it, no other record.
"""

from __future__ import annotations

import marshal
import pickle
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from secretwatch.detect.memory import HOUR, Memory
from secretwatch.detect.signals import Finding
from secretwatch.detect.story import Story
from secretwatch.record.access import Call, SecretAccess
from secretwatch.record.actor import Actor
from secretwatch.record.principal import Session

_CACHE_KB = 64_000
_ROWS_AT_ONCE = 2_000
_CALLS_KEPT = 20_000
_NAMES_KEPT = 300_000
"""Most habits and moments of all memories that are held at once; the rest is on disk."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TABLES = (
    """CREATE TABLE accesses(time INTEGER, key BLOB, rank BLOB, call INTEGER, body BLOB,
       PRIMARY KEY (time, key)) WITHOUT ROWID""",
    "CREATE TABLE calls(number INTEGER PRIMARY KEY, body BLOB)",
    "CREATE TABLE memories(actor BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID",
    "CREATE TABLE actors(actor BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID",
    """CREATE TABLE findings(actor BLOB, time INTEGER, event BLOB, signal TEXT, body BLOB,
       PRIMARY KEY (actor, time, event, signal)) WITHOUT ROWID""",
    "CREATE TABLE stories(start INTEGER, id TEXT, body BLOB, PRIMARY KEY (start, id)) WITHOUT ROWID",
)


class History:
    """The accesses, what is remembered of their actors, and what was found: everything that may be large."""

    def __init__(self) -> None:
        self._db = _temporary(*_TABLES)
        self._calls = _Calls(self._db)
        self._waiting: list[tuple[int, bytes, bytes, int, bytes]] = []
        self._memories: OrderedDict[str, tuple[Memory, int]] = OrderedDict()
        self._names = 0
        self.judged_as: dict[str, Actor] = {}
        """Key of an actor → who is judged in its stead, where that is another."""

    # --- accesses -------------------------------------------------------------------------

    def add(self, access: SecretAccess) -> None:
        """Take in an access; of several records of one call the one that knows most of its caller stays."""
        event_id, time, call, session, shared = access[:5]
        microseconds = (time - _EPOCH) // _MICROSECOND
        key = (shared,) if shared else (event_id, call.event_name, *call.secret_names, call.error_code or "")
        poor = call.principal.type == "AWSAccount"
        rank = f"{int(poor)}{event_id}" if shared else ""
        body = marshal.dumps((event_id, microseconds, tuple(session), shared))
        self._waiting.append((microseconds // 1_000_000, _digest(key), _bytes(rank), self._calls.number(call), body))
        if len(self._waiting) >= _ROWS_AT_ONCE:
            self._write()

    def _write(self) -> None:
        self._db.executemany(
            "INSERT INTO accesses VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
            " SET rank = excluded.rank, call = excluded.call, body = excluded.body WHERE excluded.rank < rank",
            self._waiting,
        )
        self._waiting = []

    def __len__(self) -> int:
        self._write()
        (number,) = self._db.execute("SELECT COUNT(*) FROM accesses").fetchone()
        return int(number)

    def first(self) -> int | None:
        """Return the time of the first access, epoch seconds; None if there is none."""
        self._write()
        (time,) = self._db.execute("SELECT MIN(time) FROM accesses").fetchone()
        return None if time is None else int(time)

    def accesses(self) -> Iterator[SecretAccess]:
        """Yield every access once, in order of time."""
        self._write()
        for number, body in self._db.execute("SELECT call, body FROM accesses ORDER BY time, key"):
            event_id, microseconds, session, shared = marshal.loads(body)  # noqa: S302 -- written above, by us
            time = _EPOCH + microseconds * _MICROSECOND
            yield SecretAccess(event_id, time, self._calls.of(number), Session(*session), shared)

    def chunks(self, size: int) -> Iterator[list[SecretAccess]]:
        """Yield the accesses in chunks of about a size."""
        return chunked(self.accesses(), size)

    # --- memories -------------------------------------------------------------------------

    def memory(self, actor: str) -> Memory:
        """Return what is remembered of an actor."""
        known = self._memories.get(actor)
        if known is not None:
            self._memories.move_to_end(actor)
            return known[0]
        row = self._db.execute("SELECT body FROM memories WHERE actor = ?", (_bytes(actor),)).fetchone()
        memory: Memory = pickle.loads(row[0]) if row else Memory()  # noqa: S301 -- written below, by us
        self._hold(actor, memory)
        return memory

    def remember(self, actor: str, memory: Memory) -> None:
        """Keep what is remembered of an actor."""
        self._names -= self._memories.pop(actor, (memory, 0))[1]
        self._hold(actor, memory)

    def memories(self) -> Iterator[tuple[str, Memory]]:
        """Yield each actor's key with what is remembered of it."""
        for actor, (memory, _) in self._memories.items():
            self._store(actor, memory)
        for actor, body in self._db.execute("SELECT actor, body FROM memories ORDER BY actor"):
            yield actor.decode("utf-8", "surrogatepass"), pickle.loads(body)  # noqa: S301 -- written below, by us

    def _store(self, actor: str, memory: Memory) -> None:
        self._db.execute("INSERT OR REPLACE INTO memories VALUES (?, ?)", (_bytes(actor), pickle.dumps(memory)))

    def _hold(self, actor: str, memory: Memory) -> None:
        weight = 20 + len(memory.moments) * 5 + sum(map(len, memory.habits.values()))
        self._memories[actor] = memory, weight
        self._names += weight
        while self._names > _NAMES_KEPT and len(self._memories) > 1:
            other, (kept, weight) = self._memories.popitem(last=False)
            self._names -= weight
            self._store(other, kept)

    # --- what was found -------------------------------------------------------------------

    def find(self, actor: Actor, findings: Iterable[Finding]) -> None:
        """Keep findings about an actor; one that is kept already is replaced."""
        key = _bytes(actor.key)
        rows = [(key, f.time, _bytes(f.event_id), f.signal, pickle.dumps(f)) for f in findings]
        if rows:
            self._db.execute("INSERT OR IGNORE INTO actors VALUES (?, ?)", (key, pickle.dumps(actor)))
            self._db.executemany("INSERT OR REPLACE INTO findings VALUES (?, ?, ?, ?, ?)", rows)

    def found(self) -> Iterator[tuple[Actor, list[Finding]]]:
        """Yield each actor that something was found about, with its findings in order of time."""
        for key, body in self._db.execute("SELECT actor, body FROM actors ORDER BY actor"):
            rows = self._db.execute(
                "SELECT body FROM findings WHERE actor = ? ORDER BY time, event, signal", (key,)
            ).fetchall()
            yield pickle.loads(body), [pickle.loads(row[0]) for row in rows]  # noqa: S301 -- written above, by us

    def keep_story(self, story: Story) -> None:
        """Keep a story."""
        self._db.execute("INSERT INTO stories VALUES (?, ?, ?)", (story.span[0], story.id, pickle.dumps(story)))

    def stories(self) -> Iterator[Story]:
        """Yield the stories in order of their beginning."""
        for (body,) in self._db.execute("SELECT body FROM stories ORDER BY start, id"):
            yield pickle.loads(body)  # noqa: S301 -- written above, by us


def chunked(accesses: Iterable[SecretAccess], size: int) -> Iterator[list[SecretAccess]]:
    """Yield accesses in order of time in chunks of about a size, never more than an hour, never within a second.

    Judging looks at seconds, and forgets by days: a chunk is then the same as its accesses one by one.
    """
    chunk: list[SecretAccess] = []
    start = last = 0
    for access in accesses:
        time = int(access.time.timestamp())
        if chunk and time != last and (len(chunk) >= size or time - start >= HOUR):
            yield chunk
            chunk = []
        if not chunk:
            start = time
        chunk.append(access)
        last = time
    if chunk:
        yield chunk


class Lines:
    """Lines for people, which are put in order of time."""

    def __init__(self) -> None:
        self._db = _temporary("CREATE TABLE lines(time INTEGER, number INTEGER PRIMARY KEY, text BLOB)")

    def add(self, time: int, text: str) -> None:
        """Keep a line of a time (epoch seconds)."""
        self._db.execute("INSERT INTO lines(time, text) VALUES (?, ?)", (time, _bytes(text)))

    def __iter__(self) -> Iterator[str]:
        """Yield the lines in order of time."""
        for (text,) in self._db.execute("SELECT text FROM lines ORDER BY time, number"):
            yield text.decode("utf-8", "replace")


def _temporary(*tables: str) -> sqlite3.Connection:
    """Return a temporary database: what does not fit into its cache is in a file without a name."""
    db = sqlite3.connect("", isolation_level=None)
    for pragma in (f"cache_size = -{_CACHE_KB}", "journal_mode = OFF", "synchronous = OFF"):
        db.execute(f"PRAGMA {pragma}")
    for table in tables:
        db.execute(table)
    db.execute("BEGIN")
    return db


class _Calls:
    """The distinct calls: of a poller's million reads there are a few."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers: dict[Call, int] = {}
        self._alike: dict[bytes, int] = {}
        self._read: dict[int, Call] = {}
        self._last = 0

    def number(self, call: Call) -> int:
        """Return what stands for a call."""
        number = self._numbers.get(call)
        if number is None:
            number = self._number(pickle.dumps(call))
            if len(self._numbers) >= _CALLS_KEPT:
                self._numbers.clear()
            self._numbers[call] = number
        return number

    def _number(self, body: bytes) -> int:
        alike = blake2b(body, digest_size=16).digest()
        number = self._alike.get(alike)
        if number is None:
            self._last += 1
            number = self._last
            self._db.execute("INSERT INTO calls VALUES (?, ?)", (number, body))
            if len(self._alike) >= _CALLS_KEPT:
                self._alike.clear()
            self._alike[alike] = number
        return number

    def of(self, number: int) -> Call:
        """Return the call of a number: the same object as long as it is in use."""
        call = self._read.get(number)
        if call is None:
            (body,) = self._db.execute("SELECT body FROM calls WHERE number = ?", (number,)).fetchone()
            if len(self._read) >= _CALLS_KEPT:
                self._read.clear()
            call = self._read[number] = pickle.loads(body)  # noqa: S301 -- written above, by us
        return call


def _digest(parts: tuple[str, ...]) -> bytes:
    return blake2b(_bytes("\x1f".join(parts)), digest_size=16).digest()


def _bytes(text: str) -> bytes:
    """Return a text as it is kept: a record's may hold what is no Unicode."""
    return text.encode("utf-8", "surrogatepass")
