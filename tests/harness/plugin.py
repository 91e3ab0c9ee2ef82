"""A Terraform provider inside this process: plugin protocol 6 over gRPC, found by TF_REATTACH_PROVIDERS.

Nothing is installed, and the lock file stays as it is. A provider says what its schema is and answers
data sources; ``Plugin`` does the rest. Of the protocol there is what ``validate``, ``plan`` and data
sources need: nothing is ever created.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar, Self

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Json = dict[str, Any]

UNKNOWN = msgpack.ExtType(0, b"\x00")
"""A value that is known after apply, as Terraform writes it in MessagePack."""

_NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
_ERROR, _WARNING = 1, 2

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _FIELD.TYPE_STRING, "bytes": _FIELD.TYPE_BYTES, "bool": _FIELD.TYPE_BOOL, "int": _FIELD.TYPE_INT64}

# The messages of tfplugin6.proto that the calls below use: name → field → (number, type).
# A leading + is a repeated field, a leading % a map from string.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Empty": {},
    "Value": {"msgpack": (1, "bytes"), "json": (2, "bytes")},
    "Attribute": {"name": (1, "string"), "type": (2, "bytes"), "required": (4, "bool"), "optional": (5, "bool"),
                  "computed": (6, "bool"), "deprecated": (9, "bool"), "write_only": (11, "bool")},
    "Nested": {"type_name": (1, "string"), "block": (2, "Block"), "nesting": (3, "int"), "min_items": (4, "int"),
               "max_items": (5, "int")},
    "Block": {"version": (1, "int"), "attributes": (2, "+Attribute"), "blocks": (3, "+Nested"),
              "deprecated": (6, "bool")},
    "Schema": {"version": (1, "int"), "block": (2, "Block")},
    "Schemas": {"provider": (1, "Schema"), "resources": (2, "%Schema"), "data": (3, "%Schema")},
    "Diagnostic": {"severity": (1, "int"), "summary": (2, "string"), "detail": (3, "string")},
    "Diagnostics": {"diagnostics": (1, "+Diagnostic")},
    "Validated": {"diagnostics": (2, "+Diagnostic")},
    "ProviderConfig": {"config": (1, "Value")},
    "Request": {"type_name": (1, "string"), "config": (2, "Value")},
    "PlanRequest": {"type_name": (1, "string"), "proposed": (3, "Value"), "config": (4, "Value")},
    "Answer": {"state": (1, "Value"), "diagnostics": (2, "+Diagnostic")},
}  # fmt: skip


class PluginError(Exception):
    """The provider refuses; Terraform shows the message as an error."""


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="stand_in.proto", package="standin", syntax="proto3")
    for message, fields in _MESSAGES.items():
        target = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            label = _FIELD.LABEL_REPEATED if kind[0] in "+%" else _FIELD.LABEL_OPTIONAL
            plain = kind.lstrip("+%")
            if kind[0] == "%":
                entry = target.nested_type.add(name=f"{name.capitalize()}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=_FIELD.LABEL_OPTIONAL, type=_FIELD.TYPE_STRING)
                _add(entry, "value", 2, _FIELD.LABEL_OPTIONAL, plain)
                plain = f"{message}.{entry.name}"
            _add(target, name, number, label, plain)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {m: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"standin.{m}")) for m in _MESSAGES}


def _add(target: Any, name: str, number: int, label: Any, kind: str) -> None:
    if kind in _TYPES:
        target.field.add(name=name, number=number, label=label, type=_TYPES[kind])
    else:
        target.field.add(name=name, number=number, label=label, type=_FIELD.TYPE_MESSAGE, type_name=f".standin.{kind}")


_MESSAGE = _messages()


class Plugin:
    """Serves one provider while ``with`` runs.

    A block is ``{"attributes": {name: {"type": …, "required": …}}, "blocks": {name: {"nesting": …, **block}}}``,
    types as in ``terraform providers schema``.
    """

    address: ClassVar[str]
    empty: ClassVar[Json] = {"attributes": {}, "blocks": {}}

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="provider-")
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))
        self._socket = str(Path(self._folder.name, "s"))

    def schemas(self) -> tuple[Json, Json, Json]:
        """Return the block of the provider's configuration, of each resource type, of each data source."""
        raise NotImplementedError

    def configure(self, config: Json) -> None:
        """Take the provider's configuration."""

    def read(self, name: str, config: Json) -> Json:
        """Return what a data source answers; raises PluginError."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        calls: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "GetProviderSchema": ("Empty", self._schemas),
            "ValidateProviderConfig": ("ProviderConfig", lambda _: _MESSAGE["Validated"]()),
            "ConfigureProvider": ("Request", self._configure),
            "ValidateDataResourceConfig": ("Request", lambda request: self._remarks(2, request)),
            "ValidateResourceConfig": ("Request", lambda request: self._remarks(1, request)),
            "PlanResourceChange": ("PlanRequest", self._plan),
            "ReadDataSource": ("Request", self._read),
            "StopProvider": ("Empty", lambda _: _MESSAGE["Empty"]()),
        }
        handlers = {name: _unary(request, answer) for name, (request, answer) in calls.items()}
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)])
        self._server.add_insecure_port(f"unix:{self._socket}")
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()
        self._folder.cleanup()

    def attach(self, environment: dict[str, str]) -> None:
        """Let the Terraform that runs in ``environment`` find this provider, beside those found already."""
        where = {"Network": "unix", "String": self._socket}
        entry = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": where}
        others = json.loads(environment.get("TF_REATTACH_PROVIDERS", "{}"))
        environment["TF_REATTACH_PROVIDERS"] = json.dumps({**others, self.address: entry})

    def _schemas(self, _request: Any) -> Any:
        provider, resources, data = self.schemas()
        return _MESSAGE["Schemas"](
            provider=_schema(provider),
            resources={name: _schema(block) for name, block in resources.items()},
            data={name: _schema(block) for name, block in data.items()},
        )

    def _configure(self, request: Any) -> Any:
        self.configure(_decode(request.config))
        return _MESSAGE["Diagnostics"]()

    def _remarks(self, kind: int, request: Any) -> Any:
        """Say what providers say themselves of arguments; the rest of a schema Terraform checks."""
        block = self.schemas()[kind][request.type_name]
        remarks = sorted(set(_remarks(block, _decode(request.config), request.type_name)))
        return _MESSAGE["Diagnostics"](diagnostics=[_diagnostic(*remark) for remark in remarks])

    def _plan(self, request: Any) -> Any:
        proposed = _decode(request.proposed)
        planned = None if proposed is None else _planned(self.schemas()[1][request.type_name], proposed)
        return _MESSAGE["Answer"](state=_encode(planned))

    def _read(self, request: Any) -> Any:
        try:
            return _MESSAGE["Answer"](state=_encode(self.read(request.type_name, _decode(request.config))))
        except PluginError as error:
            summary = f"{request.type_name} cannot be answered"
            return _MESSAGE["Answer"](diagnostics=[_diagnostic(_ERROR, summary, str(error))])


def _decode(value: Any) -> Any:
    return msgpack.unpackb(value.msgpack, raw=False)


def _encode(value: Any) -> Any:
    return _MESSAGE["Value"](msgpack=msgpack.packb(value))


def _diagnostic(severity: int, summary: str, detail: str) -> Any:
    return _MESSAGE["Diagnostic"](severity=severity, summary=summary, detail=detail)


def _schema(block: Json) -> Any:
    return _MESSAGE["Schema"](block=_block(block))


def _block(block: Json) -> Any:
    flags = ("required", "optional", "computed", "deprecated", "write_only")
    return _MESSAGE["Block"](
        deprecated=block.get("deprecated", False),
        attributes=[
            _MESSAGE["Attribute"](
                name=name,
                type=json.dumps(attribute["type"]).encode(),
                **{flag: attribute[flag] for flag in flags if flag in attribute},
            )
            for name, attribute in block["attributes"].items()
        ],
        blocks=[
            _MESSAGE["Nested"](
                type_name=name,
                block=_block(nested),
                nesting=_NESTING[nested["nesting"]],
                min_items=nested.get("min", 0),
                max_items=nested.get("max", 0),
            )
            for name, nested in block["blocks"].items()
        ],
    )


def _planned(block: Json, value: Any) -> Any:
    """Return what a resource will be: as configured, and what the provider computes unknown."""
    if not isinstance(value, dict):
        return value
    planned = dict(value)
    for name, attribute in block["attributes"].items():
        if attribute.get("write_only"):
            planned[name] = None
        elif planned[name] is None and attribute.get("computed"):
            planned[name] = UNKNOWN
    for name, nested in block["blocks"].items():
        inner = planned[name]
        planned[name] = [_planned(nested, one) for one in inner] if isinstance(inner, list) else _planned(nested, inner)
    return planned


def _remarks(block: Json, value: Any, path: str) -> list[tuple[int, str, str]]:
    """Return severity, summary and path of each argument that is deprecated, or not for the user to set."""
    if not isinstance(value, dict):
        return []
    found = []
    for name, entry in {**block["attributes"], **block["blocks"]}.items():
        if value[name] in (None, []):
            continue
        if entry.get("deprecated"):
            found.append((_WARNING, "Argument is deprecated", f"{path}.{name}"))
        if entry.get("computed") and not entry.get("optional"):
            found.append((_ERROR, "Value for unconfigurable attribute", f"{path}.{name}"))
    for name, nested in block["blocks"].items():
        inner = value[name]
        for one in inner if isinstance(inner, list) else [inner]:
            found += _remarks(nested, one, f"{path}.{name}")
    return found


def _unary(request: str, answer: Callable[[Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda message, _context: answer(message),
        request_deserializer=_MESSAGE[request].FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
