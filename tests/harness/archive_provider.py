"""A stand-in for the hashicorp/archive provider, where no registry can be reached.

Only ``data "archive_file"`` with ``source`` blocks exists: what the modules use. Zips differ from
the real provider's in bytes, not in content.
"""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from pathlib import Path

from tests.harness.plugin import Json, Plugin

ADDRESS = "registry.terraform.io/hashicorp/archive"
_SINGLE_DATE = (2049, 1, 1, 0, 0, 0)
_TEXT = {"type": "string"}
_ARCHIVE_FILE: Json = {
    "attributes": {
        "type": {**_TEXT, "required": True},
        "output_path": {**_TEXT, "required": True},
        "output_size": {"type": "number", "computed": True},
        **{
            name: {**_TEXT, "computed": True}
            for name in ("id", "output_md5", "output_sha", "output_sha256", "output_base64sha256", "output_sha512",
                         "output_base64sha512")
        },
    },
    "blocks": {
        "source": {
            "nesting": "set",
            "attributes": {name: {**_TEXT, "required": True} for name in ("content", "filename")},
            "blocks": {},
        }
    },
}  # fmt: skip


def zip_of(files: dict[str, str]) -> bytes:
    """Return a zip of name → content, the same bytes whenever the files are the same."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _SINGLE_DATE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


class ArchiveProvider(Plugin):
    """The provider; relative paths are relative to the working directory of Terraform, not of this process."""

    address = ADDRESS

    def __init__(self, working_directory: Path) -> None:
        super().__init__()
        self._cwd = working_directory

    def schemas(self) -> tuple[Json, Json, Json]:
        """Return the schema of the one data source."""
        return self.empty, {}, {"archive_file": _ARCHIVE_FILE}

    def read(self, name: str, config: Json) -> Json:
        """Write the zip and return its hashes."""
        data = zip_of({source["filename"]: source["content"] for source in config["source"]})
        path = self._cwd / config["output_path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        sha256, sha512 = hashlib.sha256(data), hashlib.sha512(data)
        return config | {
            "id": hashlib.sha1(data).hexdigest(),
            "output_size": len(data),
            "output_md5": hashlib.md5(data).hexdigest(),
            "output_sha": hashlib.sha1(data).hexdigest(),
            "output_sha256": sha256.hexdigest(),
            "output_base64sha256": base64.b64encode(sha256.digest()).decode(),
            "output_sha512": sha512.hexdigest(),
            "output_base64sha512": base64.b64encode(sha512.digest()).decode(),
        }
