"""The schema of aws provider 6: names, types, what is required, computed, write-only or deprecated.

``python -m tests.harness.aws_schema`` reads it out of PyPI's cdktn-provider-aws, whose classes are
generated from the provider's own schema, and writes tests/fixtures/aws_provider_6.json with the
resource types and data sources that this repository uses. Run it when one is added.

What the package does not carry:

- deprecations: a list below, taken from pulumi-aws 7.51.1, which is made from provider 6 as well;
- numbers of blocks, beyond "at most one" and "at least one";
- what is in a QuickSight dashboard's ``definition``: that comes from provider 5.100's own schema, as
  far as the modules use it, so that there nothing is proved about 6.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.terraform import REPOSITORY, workspace

PACKAGE = "cdktn-provider-aws==25.8.1"
FIXTURE = REPOSITORY / "tests" / "fixtures" / "aws_provider_6.json"

Json = dict[str, Any]

_DEPRECATED = {
    "data.aws_iam_policy_document": ["override_json", "source_json"],
    "data.aws_partition": ["id"],
    "data.aws_region": ["id", "name"],
    "data.aws_service": ["id"],
    "aws_cloudwatch_event_rule": ["is_enabled"],
    "aws_dynamodb_table": ["global_secondary_index.hash_key", "global_secondary_index.range_key"],
    "aws_s3_bucket": [
        "acceleration_status", "acl", "bucket_domain_name", "cors_rule", "grant", "lifecycle_rule", "logging",
        "object_lock_configuration", "policy", "replication_configuration", "request_payer",
        "server_side_encryption_configuration", "versioning", "website", "website_domain", "website_endpoint",
    ],
    "aws_s3_bucket_lifecycle_configuration": ["expected_bucket_owner", "rule.prefix"],
    "aws_s3_bucket_server_side_encryption_configuration": ["expected_bucket_owner"],
    "aws_s3_bucket_versioning": ["expected_bucket_owner"],
}  # fmt: skip

_FROM_FIVE = {"aws_quicksight_dashboard": "definition"}

_CLASS = re.compile(r"^class (\w+) extends cdktn\.\w+ \{$(.*?)^\}$", re.M | re.S)
_FLAGS = re.compile(
    r"^    // (?P<name>\w+) - computed: (?P<computed>\w+), optional: (?P<optional>\w+), required: (?P<required>\w+)$"
)
_GETTER = re.compile(r"(?P<set>Fn\.tolist\()?this\.(?:get(?P<kind>\w+)Attribute|interpolationForAttribute)\(")
_NESTED = re.compile(r"= new (?P<name>\w+?)(?P<kind>OutputReference|List)\(this, \"\w+\"(?:, (?P<set>true|false))?\)")
_HCL_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(.*?\{$(.*?)^\}$", re.M | re.S)
_HCL_ATTRIBUTE = re.compile(r"^ {8,12}(\w+): \{\s+value: (.*?),\s+isBlock: (\w+),\s+type: \"(\w+)\",\s+"
                            r"storageClassType: \"(\w+)\"", re.M | re.S)  # fmt: skip
_SIMPLE = {"String": "string", "Number": "number", "Boolean": "bool"}
_TYPES: dict[str, Any] = {
    **_SIMPLE,
    "List": ["list", "string"],
    "NumberList": ["list", "number"],
    **{f"{name}Map": ["map", kind] for name, kind in _SIMPLE.items()},
}
_STORED: dict[str, Any] = {name.lower(): kind for name, kind in _SIMPLE.items()} | {
    f"{name.lower()}{shape}": [shape.lower(), kind] for name, kind in _SIMPLE.items() for shape in ("List", "Map")
}


@dataclass(frozen=True)
class _Source:
    """One generated file: its classes, and what each attribute becomes in HCL."""

    classes: dict[str, str]
    hcl: dict[str, dict[str, tuple[str, str, str, str]]]

    @classmethod
    def of(cls, text: str) -> _Source:
        classes = dict(_CLASS.findall(text))
        hcl = {name: _hcl(body) for name, body in _HCL_FUNCTION.findall(text)}
        for name, body in classes.items():
            if "synthesizeHclAttributes" in body:
                hcl[_lower(name)] = _hcl(body[body.index("synthesizeHclAttributes") :])
        return cls(classes, hcl)

    def block(self, class_name: str, base: str) -> Json:
        """Return attributes and blocks of a class; ``base`` names it in the HCL functions."""
        attributes: Json = {}
        blocks: Json = {}
        for name, flags, body in _members(self.classes[class_name]):
            nested = _NESTED.search(body)
            if nested is None:
                attributes[name] = {"type": _type(body), **flags}
            elif "computed" in flags:
                attributes[name] = {"type": self._object_type(nested), **flags}
            else:
                blocks[name] = self._nested(base, name, nested, "required" in flags)
        return {"attributes": attributes, "blocks": blocks}

    def _nested(self, base: str, name: str, nested: re.Match[str], required: bool) -> Json:
        shape = self.hcl[_lower(base)][name][2]
        block = self.block(f"{nested['name']}OutputReference", nested["name"])
        single = nested["kind"] == "OutputReference"
        return {
            "nesting": "single" if shape == "struct" else shape,
            **({"min": 1} if required else {}),
            **({"max": 1} if single and shape != "struct" else {}),
            **block,
        }

    def _object_type(self, nested: re.Match[str]) -> list[Any]:
        """Return the type of a computed attribute that is a list or set of objects."""
        inner = self.block(f"{nested['name']}OutputReference", nested["name"])
        fields = {name: attribute["type"] for name, attribute in inner["attributes"].items()}
        return ["set" if nested["set"] == "true" else "list", ["object", fields]]

    def provider(self) -> Json:
        """Return the provider's own configuration: its class has no flags, so that all is optional."""

        def block(base: str) -> Json:
            attributes: Json = {}
            blocks: Json = {}
            for name, (value, is_block, shape, stored) in self.hcl[base].items():
                if is_block == "false":
                    kind = _STORED[stored]
                    attributes[name] = {"type": ["set", kind[1]] if shape == "set" else kind, "optional": True}
                else:
                    inner = re.search(r"(\w+)ToHclTerraform", value)
                    assert inner is not None
                    blocks[name] = {"nesting": shape, **block(inner[1])}
            return {"attributes": attributes, "blocks": blocks}

        found = block("awsProvider")
        found["attributes"].pop("alias")  # Terraform's own, not the provider's
        return found


def _members(body: str) -> Iterator[tuple[str, Json, str]]:
    """Yield each attribute of a class: name, flags that are set, the code that follows."""
    lines = body.splitlines()
    starts = [(number, match) for number, line in enumerate(lines) if (match := _FLAGS.match(line))]
    ends = [number for number, _ in starts[1:]] + [len(lines)]
    for (number, match), end in zip(starts, ends, strict=True):
        flags: Json = {flag: True for flag in ("required", "optional", "computed") if match[flag] == "true"}
        if re.search(rf"^ {{12}}{match['name']}: this\.markWriteOnlyAttribute\(", body, re.M):
            flags["write_only"] = True
        yield match["name"], flags, "\n".join(lines[number:end])


def _type(body: str) -> Any:
    getter = _GETTER.search(body)
    assert getter is not None, body
    if getter["kind"] is None:
        return "dynamic"  # a list of lists or of maps: the package does not say of what
    kind = _TYPES[getter["kind"]]
    return ["set", kind[1]] if getter["set"] else kind


def _hcl(body: str) -> dict[str, tuple[str, str, str, str]]:
    return {name: (value, is_block, shape, stored)
            for name, value, is_block, shape, stored in _HCL_ATTRIBUTE.findall(body)}  # fmt: skip


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]


def _terraform_text() -> str:
    """Return all of this repository's Terraform, one file after the other."""
    files = [*REPOSITORY.glob("*.tf"), *REPOSITORY.glob("modules/**/*.tf"), *REPOSITORY.glob("examples/**/*.tf")]
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(files))


def used() -> tuple[list[str], list[str]]:
    """Return the resource types and the data sources of aws that this repository's Terraform names."""
    found = set(re.findall(r'^(resource|data) "(aws_\w+)"', _terraform_text(), re.M))
    resources, data = ({name for kind, name in found if kind == wanted} for wanted in ("resource", "data"))
    return sorted(resources), sorted(data)


def _read(archive: Path, resources: list[str], data: list[str]) -> Json:
    places = {f"package/lib/{name.removeprefix('aws_').replace('_', '-')}/index.js": ("resources", name)
              for name in resources}  # fmt: skip
    places |= {f"package/lib/data-aws-{name.removeprefix('aws_').replace('_', '-')}/index.js": ("data", name)
               for name in data}  # fmt: skip
    places["package/lib/provider/index.js"] = ("provider", "aws")
    found: Json = {"version": "", "provider": {}, "resources": {}, "data": {}}
    with zipfile.ZipFile(archive) as wheel:
        (inner,) = [name for name in wheel.namelist() if name.endswith(".jsii.tgz")]
        with tarfile.open(fileobj=io.BytesIO(wheel.read(inner)), mode="r:gz") as package:
            for member in package:
                if member.name in places:
                    kind, name = places.pop(member.name)
                    file = package.extractfile(member)
                    assert file is not None
                    text = file.read().decode()
                    found["version"] = found["version"] or re.findall(r"providerVersion: '([0-9.]+)'", text)[0]
                    source = _Source.of(text)
                    if kind == "provider":
                        found[kind] = source.provider()
                    else:
                        (class_name,) = [c for c, body in source.classes.items() if "static tfResourceType" in body]
                        found[kind][name] = source.block(class_name, class_name)
    assert not places, f"the package does not have {sorted(places)}"
    for path, names in _DEPRECATED.items():
        kind, name = ("data", path.removeprefix("data.")) if path.startswith("data.") else ("resources", path)
        for block in [found[kind][name]] if name in found[kind] else []:
            for attribute in names:
                _mark(block, attribute.split("."))
    return found


def _mark(block: Json, path: list[str]) -> None:
    for name in path[:-1]:
        block = block["blocks"][name]
    place = block["attributes"] if path[-1] in block["attributes"] else block["blocks"]
    place[path[-1]]["deprecated"] = True


def _five() -> Json:
    """Return the block types that the package calls untyped, from provider 5.100."""
    required = {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}
    words = set(re.findall(r"\w+", _terraform_text()))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.tf.json").write_text(json.dumps({"terraform": {"required_providers": required}}))
        with workspace(Path(folder)) as terraform:
            answer = json.loads(terraform.run("providers", "schema", "-json"))
    (provider,) = answer["provider_schemas"].values()
    types = {name: provider["resource_schemas"][name]["block"]["block_types"][block]
             for name, block in _FROM_FIVE.items()}  # fmt: skip
    return {name: {_FROM_FIVE[name]: _from_cli(block, words)} for name, block in types.items()}


def _from_cli(found: Json, words: set[str]) -> Json:
    """Return a block of ``terraform providers schema`` in the fixture's words, without blocks that nobody uses."""
    flags = ("type", "required", "optional", "computed")
    attributes = found["block"].get("attributes", {})
    blocks = found["block"].get("block_types", {})
    return {
        "nesting": found["nesting_mode"],
        **({"min": found["min_items"]} if "min_items" in found else {}),
        **({"max": found["max_items"]} if "max_items" in found else {}),
        "attributes": {n: {flag: a[flag] for flag in flags if flag in a} for n, a in attributes.items()},
        "blocks": {n: _from_cli(block, words) for n, block in blocks.items() if n in words},
    }


def main() -> None:
    """Download the package and write the fixture."""
    resources, data = used()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        subprocess.run(command, check=True)
        (archive,) = Path(folder).glob("*.whl")
        found = _read(archive, resources, data)
    for name, blocks in _five().items():
        for block in blocks:
            found["resources"][name]["attributes"].pop(block)
        found["resources"][name]["blocks"] |= blocks
    FIXTURE.parent.mkdir(exist_ok=True)
    FIXTURE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(f"{FIXTURE.relative_to(REPOSITORY)}: aws {found['version']}, {len(resources)} resources, {len(data)} data")


if __name__ == "__main__":
    main()
