"""AWS in memory, as far as the summarizer uses it: quick, deterministic, and ending an invocation at any call."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Any

import pytest
from botocore.exceptions import ClientError

from secretwatch.functions.summarizer import handler
from secretwatch.functions.summarizer.explainer import Explainer
from secretwatch.functions.summarizer.handler import Summaries, Summarizer
from secretwatch.functions.summarizer.settings import SummarizerSettings
from secretwatch.notify.notice import Notice
from secretwatch.notify.publisher import Publisher
from secretwatch.runtime.invocation import Invocation
from secretwatch.store import claims, table
from secretwatch.store.store import open_store
from tests.documents import TABLE

Item = dict[str, Any]
LEASE = 60.0


class Killed(BaseException):
    """The invocation ends here, as when Lambda kills it: nothing of it runs any more."""


class ConditionalCheckFailedException(ClientError):  # type: ignore[misc]  # noqa: N818, AWS names it
    pass


class TransactionCanceledException(ClientError):  # type: ignore[misc]  # noqa: N818, AWS names it
    pass


class Time:
    """A time that passes when somebody waits."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.waited: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.waited()


class World:
    """DynamoDB, S3 and SNS of one account; ``fate`` is asked before and after each call and may raise."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.items: dict[tuple[str, str], Item] = {}
        self.objects: dict[str, bytes] = {}
        self.published: list[Notice] = []
        self.excused: Counter[str] = Counter()
        """Notice → how often its publishing ended before anybody could note it."""
        self.fate: Callable[[str], None] = lambda when: None
        self._publishing: dict[int, str] = {}
        self.exceptions = type(
            "Exceptions",
            (),
            {
                "ConditionalCheckFailedException": ConditionalCheckFailedException,
                "TransactionCanceledException": TransactionCanceledException,
            },
        )

    def _call(self, effect: Callable[[], Any]) -> Any:
        me = threading.get_ident()
        try:
            self.fate("before")
            answer = effect()
            self.fate("after")
        except (ConditionalCheckFailedException, TransactionCanceledException):
            raise
        except BaseException:
            if me in self._publishing:
                self.excused[self._publishing.pop(me)] += 1
            raise
        return answer

    # --- DynamoDB ----------------------------------------------------------------------

    def batch_get_item(self, *, RequestItems: Item) -> Item:  # noqa: N803
        keys = RequestItems[TABLE]["Keys"]
        found = lambda: [self.items[_key(key)] for key in keys if _key(key) in self.items]  # noqa: E731
        return {"Responses": {TABLE: self._call(found)}}

    def batch_write_item(self, *, RequestItems: Item) -> Item:  # noqa: N803
        items = [request["PutRequest"]["Item"] for request in RequestItems[TABLE]]
        self._call(lambda: self.items.update({_key(item): item for item in items}))
        return {}

    def put_item(self, *, TableName: str, Item: Item, **conditions: Any) -> None:  # noqa: N803
        self._call(lambda: self._put(Item, conditions))

    def _put(self, item: Item, conditions: Item) -> None:
        self._check(_key(item), conditions)
        self.items[_key(item)] = item

    def update_item(self, *, TableName: str, Key: Item, UpdateExpression: str, **more: Any) -> None:  # noqa: N803
        def update() -> None:
            self._check(_key(Key), more)
            name, value = UpdateExpression.removeprefix("SET ").split(" = ")
            name = more.get("ExpressionAttributeNames", {}).get(name, name)
            self.items[_key(Key)] = {**self.items[_key(Key)], name: more["ExpressionAttributeValues"][value]}
            if Key["pk"]["S"].startswith("CLAIM#"):
                self._publishing.pop(threading.get_ident(), None)

        self._call(update)

    def transact_write_items(self, *, TransactItems: list[Item]) -> None:  # noqa: N803
        assert len(TransactItems) <= 100, "a transaction holds no more"

        def write() -> None:
            codes = ["None" if self._holds(_key(t["Put"]["Item"]), t["Put"]) else "ConditionalCheckFailed"
                     for t in TransactItems]  # fmt: skip
            if any(code != "None" for code in codes):
                response = {"Error": {"Code": "x"}, "CancellationReasons": [{"Code": code} for code in codes]}
                raise TransactionCanceledException(response, "TransactWriteItems")
            self.items.update({_key(t["Put"]["Item"]): t["Put"]["Item"] for t in TransactItems})

        self._call(write)

    def query(self, *, ExpressionAttributeValues: Item, **_: Any) -> Item:  # noqa: N803
        values = {name: value["S"] for name, value in ExpressionAttributeValues.items()}

        def found() -> list[Item]:
            inside = [key for key in self.items if key[0] == values[":pk"] and
                      values[":since"] <= key[1] <= values[":until"]]  # fmt: skip
            return [self.items[key] for key in sorted(inside)]

        return {"Items": self._call(found)}

    def _check(self, key: tuple[str, str], conditions: Item) -> None:
        if not self._holds(key, conditions):
            response = {"Error": {"Code": "ConditionalCheckFailedException"}, "Item": self.items.get(key, {})}
            raise ConditionalCheckFailedException(response, "PutItem")

    def _holds(self, key: tuple[str, str], conditions: Item) -> bool:
        condition = conditions.get("ConditionExpression")
        old, values = self.items.get(key), conditions.get("ExpressionAttributeValues", {})
        if condition is None:
            return True
        if condition == "attribute_not_exists(pk)":
            return old is None
        if condition == "version = :v":
            return old is not None and old["version"] == values[":v"]
        mine = old is not None and old["state"] == values[":taken"] and old["owner"] == values[":me"]
        if condition == "#s = :taken AND #o = :me":
            return mine
        assert condition == "attribute_not_exists(pk) OR (#s = :taken AND (#o = :me OR lease_until <= :now))"
        over = old is not None and int(old["lease_until"]["N"]) <= int(values[":now"]["N"])
        return old is None or mine or (old["state"] == values[":taken"] and over)

    # --- SNS and S3 --------------------------------------------------------------------

    def publish(self, *, Message: str, **_: Any) -> None:  # noqa: N803
        def effect() -> None:
            notice = Notice.from_json(json.loads(Message)["lambda"])
            assert notice is not None
            self.published.append(notice)
            self._publishing[threading.get_ident()] = notice.id

        self._call(effect)

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        self._call(lambda: self.objects.update({Key: Body}))

    # --- what a test asks --------------------------------------------------------------

    def of_kind(self, kind: str) -> Iterator[Item]:
        """Yield the items whose key begins so, decoded."""
        yield from (table.decode(item) for key, item in sorted(self.items.items()) if key[0].startswith(kind))


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


class Inline:
    """A pool without threads."""

    def __init__(self, **_: Any) -> None:
        pass

    def __enter__(self) -> Inline:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, function: Callable[[Any], Any], entries: Any) -> list[Any]:
        return [function(entry) for entry in entries]


def at_time(patch: pytest.MonkeyPatch, time: Time) -> None:
    """Let all that the summarizer runs see one time, and begin no threads of its own."""
    for module in (claims, table):
        patch.setattr(module, "clock", time)
    patch.setattr("secretwatch.runtime.invocation.time", time)
    patch.setattr(claims, "PATIENCE", 1.0)
    patch.setattr(handler, "ThreadPoolExecutor", Inline)


def summarizer_in(world: World, settings: SummarizerSettings) -> Summarizer:
    """Return a summarizer without a model that knows nothing of earlier invocations."""
    store = open_store(world, TABLE, now=world.time.time)
    return Summarizer(settings, store, Explainer(None, None), Summaries(world, "b"), Publisher(world, settings.topic))


def invoke(summarizer: Summarizer, event: Any, identity: str, time: Time) -> bool:
    """Handle an event; return whether all of it was."""
    try:
        return not (summarizer.handle(event, Invocation(identity, time.now + LEASE, time.now)) or {}).get(
            "batchItemFailures"
        )
    except Exception:
        return False


def together(world: World, dice: random.Random, work: Sequence[Callable[[], bool]]) -> list[bool]:
    """Do several things at once, taking turns at each call: whose turn it is, the dice decide."""
    turns = [threading.Semaphore(0) for _ in work]
    back, mine = threading.Semaphore(0), threading.local()
    done: list[Future[bool]] = [Future() for _ in work]
    fate = world.fate

    def turn(when: str = "before") -> None:
        if when == "before":
            back.release()
            turns[mine.number].acquire()

    def run(number: int) -> None:
        mine.number = number
        turns[number].acquire()
        try:
            done[number].set_result(work[number]())
        except Killed:
            done[number].set_result(False)
        except BaseException as error:
            done[number].set_exception(error)
        back.release()

    def in_turn(when: str) -> None:
        turn(when)
        fate(when)

    world.fate, world.time.waited = in_turn, turn
    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    while waiting := [number for number, future in enumerate(done) if not future.done()]:
        turns[dice.choice(waiting)].release()
        back.acquire()
    for thread in threads:
        thread.join()
    world.fate, world.time.waited = fate, lambda: None
    return [future.result() for future in done]
