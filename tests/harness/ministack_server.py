"""Starts MiniStack with what this project needs of it corrected, and written down.

Run as ``python -m tests.harness.ministack_server``. Corrected, to be as on AWS: ``Converse``
is authorised as ``bedrock:InvokeModel`` on the model or inference profile called; topics
and rules invoke functions asynchronously, with retries and dead-letter queue; the attempts of
one invocation share a request id; queues gather batches; Athena
takes Trino's SQL with parameters; log events are found by JSON patterns; looking at a function's
concurrency, a rule and its targets is authorised as such. Loopback counts as TLS.

Written down, one JSON line each: every action authorised or denied and every function
that starts or ends (SECRETWATCH_CALLS names the file), and every Secrets Manager call, and
every change of a bucket's policy or of a rule, with the principal behind its access key, which
MiniStack's own CloudTrail leaves out as it does denials (SECRETWATCH_TRAIL).
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, cloudtrail, cloudwatch_logs, lambda_svc, sns, sqs

from tests.harness.filter_pattern import compile_pattern
from tools.report.sql import to_duckdb

BATCHING_WINDOW = 2.0
"""Seconds; the deployed window is longer, and the tests would wait for it."""
_ANSWERS = 200
"""Answers that are kept for who asks again."""
_KEY = re.compile(r"Credential=([^/,]+)/")
RECORDED = ("PutBucketPolicy", "DisableRule")
"""Calls to other services that are written down as well: some by which one can tamper with the watch."""
_PROFILE_STARTS = ("us.", "eu.", "apac.", "jp.", "au.", "global.", "us-gov.")


def _write(variable: str, entry: dict[str, Any]) -> None:
    with Path(os.environ[variable]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"time": time.time(), **entry}) + "\n")


def patch() -> None:
    """Replace the functions of MiniStack that decide on actions and denials and record calls."""
    extract_action = iam_actions.extract_iam_action
    extract_resource = iam_actions.extract_resource_arn
    denied_response = iam_actions.access_denied_response
    record_event = cloudtrail.record_event

    def action(service: str, method: str, path: str, headers: Any, *args: Any, **kwargs: Any) -> str | None:
        found: str | None = extract_action(service, method, path, headers, *args, **kwargs)
        found = "bedrock:InvokeModel" if found == "bedrock:Converse" else found
        if found == "lambda:PutFunctionConcurrency":
            found = f"lambda:{method.capitalize()}FunctionConcurrency"
        key = _KEY.search(headers.get("authorization", ""))
        _write("SECRETWATCH_CALLS", {"action": found, "key": key[1] if key else None})
        return found

    def resource(service: str, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        found = extract_resource(service, method, path, *args, **kwargs)
        if service in ("events", "eventbridge"):
            return _rule_arn(found, *args)
        if service != "bedrock-runtime" or not path.startswith("/model/"):
            return found
        model = unquote(path.split("/")[2])
        if model.startswith(_PROFILE_STARTS):
            return f"arn:aws:bedrock:{get_region()}:{get_account_id()}:inference-profile/{model}"
        return unquote(found)

    def denied(service: str, action: str, principal_arn: str, request_id: str, **kwargs: Any) -> Any:
        refusal = {"denied": action, "principal": principal_arn, "resource": kwargs.get("resource_arn")}
        _write("SECRETWATCH_CALLS", refusal)
        if action.startswith("secretsmanager:"):
            _write("SECRETWATCH_TRAIL", refusal | {"request_id": request_id, "region": get_region()})
        return denied_response(service, action, principal_arn, request_id, **kwargs)

    def record(**call: Any) -> None:
        if call["service"] == "secretsmanager" or call["event_name"] in RECORDED:
            credential = iam_evaluator.resolve_credential(call["access_key_id"])
            _write("SECRETWATCH_TRAIL", {**call, "principal": getattr(credential, "principal_arn", None)})
        record_event(**call)

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
    iam_actions.access_denied_response = denied
    cloudtrail.record_event = record
    _count_loopback_as_tls()
    _keep_request_id_over_attempts()
    _invoke_asynchronously()
    _gather_queue_batches()
    _understand_athena()
    _show_pending_subscriptions()
    _filter_log_events()


def _rule_arn(found: str, headers: dict[str, str], body: bytes, *_: Any) -> str:
    """A rule on the default bus is named without it, and a rule's targets are the rule's."""
    if headers.get("x-amz-target", "").endswith(".ListTargetsByRule"):
        request = json.loads(body)
        bus = request.get("EventBusName") or "default"
        found = f"{found.partition(':event-bus/')[0]}:rule/{bus}/{request['Rule']}"
    return found.replace(":rule/default/", ":rule/")


def _count_loopback_as_tls() -> None:
    """Bucket and topic policies that deny plain HTTP must not deny the whole local AWS."""
    resolve = iam_evaluator._resolve_condition_key

    def condition_key(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = condition_key


def _keep_request_id_over_attempts() -> None:
    """Attempts run one after the other in one thread, with the same event object: one request id."""
    execute, new_uuid, invoke = lambda_svc._execute_function, lambda_svc.new_uuid, lambda_svc.invoke_async_with_retry
    held = threading.local()
    due: Counter[int] = Counter()  # events whose thread has not begun; each is alive until then, so its id is its own

    def invoke_asynchronously(function: dict[str, Any], event: Any) -> None:
        due[id(event)] += 1
        _write("SECRETWATCH_CALLS", {"function": "started"})
        invoke(function, event)

    def execute_function(function: dict[str, Any], event: Any) -> Any:
        if getattr(held, "event", None) is not event:
            held.event, held.request_id = event, new_uuid()
        held.next = held.request_id
        if due[id(event)]:
            due[id(event)] -= 1
        else:
            _write("SECRETWATCH_CALLS", {"function": "started"})
        try:
            return execute(function, event)
        finally:
            _write("SECRETWATCH_CALLS", {"function": "ended"})

    def next_uuid() -> str:
        override, held.next = getattr(held, "next", None), None
        return override or str(new_uuid())

    lambda_svc._execute_function, lambda_svc.new_uuid = execute_function, next_uuid
    lambda_svc.invoke_async_with_retry = invoke_asynchronously


def _invoke_asynchronously() -> None:
    """SNS calls this from its own module, EventBridge as a thread's target; who invokes by the API waits."""
    execute = lambda_svc._execute_function_with_config_scope

    def execute_function(function: dict[str, Any], event: Any) -> Any:
        is_waited_for = threading.current_thread().name.startswith("ministack-lambda-invoke")
        if is_waited_for or sys._getframe(1).f_globals["__name__"] == lambda_svc.__name__:
            return execute(function, event)
        return lambda_svc.invoke_async_with_retry(function, event)

    lambda_svc._execute_function_with_config_scope = execute_function


def _gather_queue_batches() -> None:
    """A batch is handed over when its oldest message has waited for the window; a channel's queue has a short one."""
    receive = sqs._receive_messages_for_esm

    def receive_messages(queue_url: str, size: int) -> Any:
        now = time.time()
        waited = [now - message["visible_at"] for message in sqs._queues[queue_url]["messages"]]
        if max(waited, default=0) < (0.5 if "-channel-" in queue_url else BATCHING_WINDOW):
            return []
        return receive(queue_url, size)

    sqs._receive_messages_for_esm = receive_messages


def _understand_athena() -> None:
    """Athena speaks Trino's SQL, and puts ExecutionParameters, literals, in the places of question marks."""
    start = athena._start_query_execution

    def start_query_execution(data: dict[str, Any]) -> Any:
        parts = data["QueryString"].split("?")
        parameters = data.get("ExecutionParameters", [])
        if len(parts) - 1 != len(parameters):
            raise ValueError(f"{len(parts) - 1} question marks, {len(parameters)} parameters")
        filled = "".join(part + value for part, value in zip(parts, [*parameters, ""], strict=True))
        return start({**data, "QueryString": to_duckdb(filled)})

    athena._start_query_execution = start_query_execution


def _show_pending_subscriptions() -> None:
    """A subscription has no ARN to show until it is confirmed (AWS: "ListSubscriptionsByTopic")."""
    list_by_topic = sns._list_subscriptions_by_topic

    def list_subscriptions_by_topic(params: Any) -> Any:
        status, headers, body = list_by_topic(params)
        topic, _ = sns._get_topic(sns._p(params, "TopicArn"), "sns:ListSubscriptionsByTopic")
        for subscription in (topic or {}).get("subscriptions", ()):
            if not subscription["confirmed"]:
                body = body.replace(subscription["arn"].encode(), b"PendingConfirmation")
        return status, headers, body

    sns._list_subscriptions_by_topic = list_subscriptions_by_topic


def _filter_log_events() -> None:
    """MiniStack takes a JSON pattern for one that everything matches."""
    cloudwatch_logs._compile_filter_pattern = compile_pattern


def _name_bucket_policies(app: Any) -> None:
    """MiniStack's CloudTrail takes whatever is put on a bucket for its creation."""
    event_name = app._ct_event_name

    def named(service: str, method: str, path: str, headers: Any, query: Any) -> Any:
        if service == "s3" and method == "PUT" and "policy" in query:
            return "PutBucketPolicy"
        return event_name(service, method, path, headers, query)

    app._ct_event_name = named


def _answer_what_was_done(app: Any) -> None:
    """On a busy machine an answer can be lost: the client asks again, and gets the answer to what was done.

    AWS's clients number the attempts at one call. AWS: "Retry behavior" (AWS SDKs and Tools Reference Guide).
    """
    inner = app.app
    answers: OrderedDict[bytes, list[Any]] = OrderedDict()

    async def answering(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope.get("headers") or ())
        call = headers.get(b"amz-sdk-invocation-id")
        if call is None:
            await inner(scope, receive, send)
            return
        if call in answers:
            _write("SECRETWATCH_CALLS", {"answered again": call.decode("latin-1")})
            for message in answers[call]:
                await send(message)
            return
        said: list[Any] = []

        async def noting(message: Any) -> None:
            said.append(message)
            await send(message)

        try:
            await inner(scope, receive, noting)
        finally:
            if said and said[0].get("status", 500) < 300:
                answers[call] = said
                if len(answers) > _ANSWERS:
                    answers.popitem(last=False)

    app.app = answering


if __name__ == "__main__":
    patch()
    from ministack import app

    _name_bucket_policies(app)
    _answer_what_was_done(app)
    app.main()
