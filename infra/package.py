"""Builds what is deployed: `.build/package/template.json` and `deployment.zip`. Run as `python -m infra.package`.

The real `chalice package` with our merge template; only the zip is made here and put where Chalice looks for one
that it made before, because Chalice's own holds no byte code, all of botocore's models, and lacks without an error
what had no wheel. Nothing is done when no input has changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
OUTPUT = BUILD / "package"
TEMPLATE = OUTPUT / "template.json"
ZIP = OUTPUT / "deployment.zip"
STAGE = "prod"
#: What CloudFormation takes; above 51,200 bytes only through S3.
MOST_TEMPLATE_BYTES = 1_000_000
#: Lambda's limit for the unpacked code.
MOST_UNPACKED_BYTES = 250 * 1024 * 1024


def architecture() -> str:
    """Lambda's name for this machine's processor: what runs here is what is deployed."""
    return "arm64" if platform.machine().lower() in {"arm64", "aarch64"} else "x86_64"


def fingerprint() -> str:
    """Hash of everything the package is made from."""
    digest = hashlib.sha256(repr((sys.version_info[:3], architecture())).encode())
    for path in sorted(_inputs()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_current() -> bool:
    """Whether the package there is was made from what is there now."""
    note = OUTPUT / "fingerprint"
    return TEMPLATE.is_file() and ZIP.is_file() and note.is_file() and note.read_text() == fingerprint()


def build() -> None:
    """Make the package afresh.

    Raises:
        infra.zip_file.Incomplete: a pinned wheel is missing, or the zip holds what does not belong there.
        ValueError: Chalice's own validation found the configuration wrong.
    """
    from infra import zip_file

    made_from = fingerprint()
    (OUTPUT / "fingerprint").unlink(missing_ok=True)
    wheels = _wheels()
    source = BUILD / "source"
    _copy_source(source)
    code = BUILD / "code"
    _copy_code(source, code)
    zip_file.compile_sources(code)
    archive = BUILD / "deployment.zip"
    zip_file.write(archive, [wheels, code])
    zip_file.check(archive, ROOT / "requirements.txt")
    _run_chalice(source, archive)
    _check_sizes()
    (OUTPUT / "fingerprint").write_text(made_from)


def main() -> int:
    """Bring the package up to date; 1 with a sentence if it cannot be made."""
    from infra.zip_file import Incomplete

    try:
        with _alone():
            if is_current():
                print(f"Package is up to date: {TEMPLATE.relative_to(ROOT)}, {ZIP.relative_to(ROOT)}")
                return 0
            build()
    except Incomplete as error:
        print(f"The package cannot be made: {error}", file=sys.stderr)
        return 1
    size = ZIP.stat().st_size / 1_000_000
    print(f"Packaged: {TEMPLATE.relative_to(ROOT)}, {ZIP.relative_to(ROOT)} ({size:.1f} MB)")
    return 0


@contextmanager
def _alone() -> Iterator[None]:
    """Wait for others who package in this checkout (tests run side by side, beside a `make run`)."""
    import fcntl

    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed, also by a kill
        yield


def _inputs() -> Iterator[Path]:
    yield ROOT / "app.py"
    yield ROOT / "requirements.txt"
    yield from (ROOT / ".chalice").glob("*.json")
    for folder in ("chalicelib", "infra"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _wheels() -> Path:
    """The unpacked, pruned and compiled wheels, made again only when the pins or the interpreter change."""
    from infra import zip_file

    version = "cp{}{}".format(*sys.version_info)
    requirements = ROOT / "requirements.txt"
    key = hashlib.sha256(requirements.read_bytes() + Path(zip_file.__file__).read_bytes() + sys.version.encode())
    folder = BUILD / "wheels" / f"{version}-{architecture()}-{key.hexdigest()[:16]}"
    if not folder.is_dir():
        print("Fetching the wheels for Lambda (once for these requirements)")
        shutil.rmtree(BUILD / "wheels", ignore_errors=True)
        fresh = folder.with_name("compiling")
        zip_file.install(requirements, fresh, abi=version, architecture=architecture())
        zip_file.compile_sources(fresh)
        fresh.rename(folder)
    return folder


def _copy_source(target: Path) -> None:
    """What Chalice is to see: the app without byte code and without anything of development."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    shutil.copy(ROOT / "app.py", target)
    shutil.copy(ROOT / "requirements.txt", target)
    shutil.copytree(ROOT / "chalicelib", target / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    (target / ".chalice").mkdir()
    for path in (ROOT / ".chalice").glob("*.json"):
        shutil.copy(path, target / ".chalice")


def _copy_code(source: Path, target: Path) -> None:
    """What goes into the zip beside the wheels: our code and the two files of Chalice that run in Lambda."""
    import chalice

    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source / "chalicelib", target / "chalicelib")
    shutil.copy(source / "app.py", target)
    (target / "chalice").mkdir()
    for name in ("__init__.py", "app.py"):
        shutil.copy(Path(chalice.__file__).parent / name, target / "chalice")


def _run_chalice(source: Path, archive: Path) -> None:
    """`chalice package --merge-template`, and the validation that only `chalice deploy` would do."""
    from chalice.cli.factory import CLIFactory
    from chalice.deploy.packager import DependencyBuilder, LambdaDeploymentPackager
    from chalice.deploy.validate import validate_configuration
    from chalice.utils import UI, OSUtils

    from infra.template import merge_template

    merge = BUILD / "merge.json"
    merge.write_text(json.dumps(merge_template()))
    # Only names of partitions are looked up with it, nothing is called.
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-central-1")
    sys.dont_write_bytecode = True
    factory = CLIFactory(str(source))
    config = factory.create_config_obj(STAGE, user_provided_params={"lambda_architecture": architecture()})
    # The app as it is copied, not the one in the checkout.
    sys.path.insert(0, str(source))
    validate_configuration(config)
    osutils = OSUtils()
    packager = LambdaDeploymentPackager(osutils, DependencyBuilder(osutils), UI(), architecture())
    made_before = Path(packager.deployment_package_filename(str(source), config.lambda_python_version))
    made_before.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(archive, made_before)
    output = BUILD / "chalice"
    shutil.rmtree(output, ignore_errors=True)
    options = factory.create_package_options()
    factory.create_app_packager(config, options, "cloudformation", "json", str(merge)).package_app(
        config, str(output), STAGE
    )
    if (output / "deployment.zip").read_bytes() != archive.read_bytes():
        raise RuntimeError("Chalice packaged a zip of its own: it looks for one under another name than it says")
    template: dict[str, Any] = json.loads((output / "sam.json").read_text())
    OUTPUT.mkdir(parents=True, exist_ok=True)
    # without blanks: each route costs a kilobyte and a half even so, and CloudFormation has its limit
    TEMPLATE.write_text(json.dumps(template, separators=(",", ":"), sort_keys=True) + "\n")
    shutil.copy(archive, ZIP)


def _check_sizes() -> None:
    import zipfile

    from infra.zip_file import Incomplete

    if TEMPLATE.stat().st_size > MOST_TEMPLATE_BYTES:
        raise Incomplete(f"the template has {TEMPLATE.stat().st_size} bytes, CloudFormation takes 1 MB")
    with zipfile.ZipFile(ZIP) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > MOST_UNPACKED_BYTES:
        raise Incomplete(f"unpacked it has {unpacked} bytes, Lambda takes 250 MB")


if __name__ == "__main__":
    sys.exit(main())
