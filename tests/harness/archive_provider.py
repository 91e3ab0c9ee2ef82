"""A stand-in for the hashicorp/archive provider, where no registry can be reached.

It speaks Terraform's plugin protocol 6 over gRPC from inside this process; Terraform is
told by TF_REATTACH_PROVIDERS. Only ``data "archive_file"`` with ``source`` blocks exists:
what the modules use. Zips differ from the real provider's in bytes, not in content.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import msgpack
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

ADDRESS = "registry.terraform.io/hashicorp/archive"
_SINGLE_DATE = (2049, 1, 1, 0, 0, 0)
_SET = 3  # NestedBlock.NestingMode

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {"string": _FIELD.TYPE_STRING, "bytes": _FIELD.TYPE_BYTES, "bool": _FIELD.TYPE_BOOL, "int": _FIELD.TYPE_INT64}

# The messages of tfplugin6.proto that the calls below use: name → field → (number, type).
# A leading + is a repeated field, a leading % a map from string.
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Empty": {},
    "Value": {"msgpack": (1, "bytes"), "json": (2, "bytes")},
    "Attribute": {"name": (1, "string"), "type": (2, "bytes"), "required": (4, "bool"), "optional": (5, "bool"),
                  "computed": (6, "bool")},
    "Nested": {"type_name": (1, "string"), "block": (2, "Block"), "nesting": (3, "int")},
    "Block": {"version": (1, "int"), "attributes": (2, "+Attribute"), "blocks": (3, "+Nested")},
    "Schema": {"version": (1, "int"), "block": (2, "Block")},
    "Schemas": {"provider": (1, "Schema"), "data": (3, "%Schema")},
    "Diagnostic": {"severity": (1, "int"), "summary": (2, "string"), "detail": (3, "string")},
    "Diagnostics": {"diagnostics": (1, "+Diagnostic")},
    "Validated": {"diagnostics": (2, "+Diagnostic")},
    "ProviderConfig": {"config": (1, "Value")},
    "Request": {"type_name": (1, "string"), "config": (2, "Value")},
    "Answer": {"state": (1, "Value"), "diagnostics": (2, "+Diagnostic")},
}  # fmt: skip


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name="archive_stand_in.proto", package="standin", syntax="proto3")
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


MESSAGE = _messages()
_COMPUTED = ("id", "output_md5", "output_sha", "output_sha256", "output_base64sha256", "output_sha512",
             "output_base64sha512")  # fmt: skip


def _schemas(_request: Any) -> Any:
    attribute, text, number = MESSAGE["Attribute"], b'"string"', b'"number"'
    block = MESSAGE["Block"](
        attributes=[
            attribute(name="type", type=text, required=True),
            attribute(name="output_path", type=text, required=True),
            attribute(name="output_size", type=number, computed=True),
            *(attribute(name=name, type=text, computed=True) for name in _COMPUTED),
        ]
    )
    source = MESSAGE["Block"](
        attributes=[attribute(name=name, type=text, required=True) for name in ("content", "filename")]
    )
    block.blocks.append(MESSAGE["Nested"](type_name="source", block=source, nesting=_SET))
    empty = MESSAGE["Schema"](block=MESSAGE["Block"]())
    return MESSAGE["Schemas"](provider=empty, data={"archive_file": MESSAGE["Schema"](block=block)})


def zip_of(files: dict[str, str]) -> bytes:
    """Return a zip of name → content, the same bytes whenever the files are the same."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _SINGLE_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


class ArchiveProvider:
    """The provider while ``with`` runs; ``environment`` tells Terraform where it is."""

    def __init__(self, working_directory: Path) -> None:
        self._cwd = working_directory
        self._folder = tempfile.TemporaryDirectory(prefix="archive-")
        self._server = grpc.server(ThreadPoolExecutor(max_workers=4))

    def __enter__(self) -> ArchiveProvider:
        calls: dict[str, tuple[str, Callable[[Any], Any]]] = {
            "GetProviderSchema": ("Empty", _schemas),
            "ValidateProviderConfig": ("ProviderConfig", lambda _: MESSAGE["Validated"]()),
            "ConfigureProvider": ("Request", lambda _: MESSAGE["Diagnostics"]()),
            "ValidateDataResourceConfig": ("Request", lambda _: MESSAGE["Diagnostics"]()),
            "ReadDataSource": ("Request", self._read),
            "StopProvider": ("Empty", lambda _: MESSAGE["Empty"]()),
        }
        handlers = {name: _unary(request, answer) for name, (request, answer) in calls.items()}
        self._server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("tfplugin6.Provider", handlers)])
        self._socket = str(Path(self._folder.name, "s"))
        self._server.add_insecure_port(f"unix:{self._socket}")
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait()
        self._folder.cleanup()

    @property
    def environment(self) -> dict[str, str]:
        where = {"Network": "unix", "String": self._socket}
        entry = {"Protocol": "grpc", "ProtocolVersion": 6, "Pid": os.getpid(), "Test": True, "Addr": where}
        return {"TF_REATTACH_PROVIDERS": json.dumps({ADDRESS: entry})}

    def _read(self, request: Any) -> Any:
        config = msgpack.unpackb(request.config.msgpack, raw=False)
        data = zip_of({source["filename"]: source["content"] for source in config["source"]})
        path = self._cwd / config["output_path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sha256, sha512 = hashlib.sha256(data), hashlib.sha512(data)
        config |= {
            "id": hashlib.sha1(data).hexdigest(),
            "output_size": len(data),
            "output_md5": hashlib.md5(data).hexdigest(),
            "output_sha": hashlib.sha1(data).hexdigest(),
            "output_sha256": sha256.hexdigest(),
            "output_base64sha256": base64.b64encode(sha256.digest()).decode(),
            "output_sha512": sha512.hexdigest(),
            "output_base64sha512": base64.b64encode(sha512.digest()).decode(),
        }
        return MESSAGE["Answer"](state=MESSAGE["Value"](msgpack=msgpack.packb(config)))


def _unary(request: str, answer: Callable[[Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda message, _context: answer(message),
        request_deserializer=MESSAGE[request].FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
