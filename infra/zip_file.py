"""The deployment zip: the pinned wheels and our own code, with byte code, the same bytes for the same input."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

#: Services whose models botocore needs at run time: what chalicelib/store calls, and STS for roles of other accounts.
SERVICES = frozenset({"dynamodb", "s3", "sqs", "sts"})
#: Never needed at run time: tests and type stubs of wheels, scripts, records of the installer.
_LEFT_OUT = re.compile(
    r"(^|/)(tests?|__pycache__)/|^bin/|^[^/]+\.data/|\.(pyi|pyc|pxd|pyx|c|h)$|(^|/)py\.typed$"
    r"|\.dist-info/(?!METADATA$|licenses?/|LICEN[CS]E|NOTICE)"
)
#: The oldest time a zip can hold; a real one would change the bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class Incomplete(Exception):
    """The zip would not run, or holds what does not belong into it."""


def install(requirements: Path, target: Path, *, abi: str, architecture: str) -> None:
    """Unpack the wheels of the pinned requirements, with what they need, for Lambda.

    Chalice's own builder: wheels for Amazon Linux whatever this machine is, sources built where there is no wheel.

    Args:
        abi: as in wheel names, e.g. `cp311`.
        architecture: `x86_64` or `arm64`.
    Raises:
        Incomplete: a requirement has no wheel for Lambda. (Chalice itself prints a line and goes on without it.)
    """
    from chalice.deploy.packager import DependencyBuilder, MissingDependencyError
    from chalice.utils import OSUtils

    fresh = target.with_name(target.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        DependencyBuilder(OSUtils(), architecture=architecture).build_site_packages(abi, str(requirements), str(fresh))
    except MissingDependencyError as error:
        names = ", ".join(sorted(package.identifier for package in error.missing))
        raise Incomplete(f"no wheel for Lambda ({abi}, {architecture}): {names}") from error
    for path in sorted(_prunable(fresh)):
        path.unlink()
    _check_versions(requirements, fresh)
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def compile_sources(folder: Path) -> None:
    """Put byte code beside every source, valid whatever the source's time stamp says.

    Without it each cold start compiles everything (454 instead of 205 ms). `unchecked-hash`: time stamps do not
    survive the zip. A process of its own with a fixed hash seed makes the same byte code every time.

    Raises:
        Incomplete: a source does not compile; with the compiler's words.
    """
    command = [sys.executable, "-X", "utf8", "-m", "compileall", "-q", "-f", "-j", "1"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(folder), str(folder)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    result = subprocess.run(
        command, check=False, env={**environment, "PYTHONHASHSEED": "0"}, capture_output=True, text=True
    )
    if result.returncode:
        raise Incomplete(f"it does not compile:\n{result.stdout}{result.stderr}".rstrip())


def write(zip_path: Path, folders: Iterable[Path]) -> None:
    """Write the zip: names in order, one time for all, so that the same input gives the same bytes."""
    files = {name: path for folder in folders for name, path in _files(folder)}
    fresh = zip_path.with_name(zip_path.name + ".new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # unix, also when packaged elsewhere
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, files[name].read_bytes())
    fresh.replace(zip_path)


def check(zip_path: Path, requirements: Path) -> None:
    """See that everything pinned is in the zip, with byte code, and nothing else of ours.

    Raises:
        Incomplete: says what is missing or too much.
    """
    with zipfile.ZipFile(zip_path) as archive:
        names = set(archive.namelist())
    held = {_distribution(name) for name in names if ".dist-info/" in name}
    if missing := pinned(requirements).items() - held:
        raise Incomplete(f"not in the zip: {', '.join(sorted('=='.join(pair) for pair in missing))}")
    tag = sys.implementation.cache_tag
    ours = {"app.py", "chalice/app.py", "chalicelib/__init__.py"}
    compiled = {re.sub(r"([^/]+)\.py$", rf"__pycache__/\1.{tag}.pyc", name) for name in ours}
    if missing_files := (ours | compiled) - names:
        raise Incomplete(f"not in the zip: {', '.join(sorted(missing_files))}")
    ours_of_development = ("tests/", "localcloud/", "infra/", "cli/", "benchmarks/", "docs/")
    foreign = (*ours_of_development, "boto3/", "chalice/cli/", "click/", "rich/", "ministack/")
    if too_much := [name for name in sorted(names) if name.startswith(foreign)]:
        raise Incomplete(f"does not belong into the zip: {', '.join(too_much[:5])}")


def pinned(requirements: Path) -> dict[str, str]:
    """Normalised name → version of every pinned requirement.

    Raises:
        Incomplete: a line is not of the form name==version.
    """
    pins = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        found = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!]+)", line)
        if not found:
            raise Incomplete(f"{requirements.name}: not pinned: {line}")
        pins[_normal(found[1])] = found[2]
    return pins


def _check_versions(requirements: Path, folder: Path) -> None:
    held = {_distribution(f"{path.name}/") for path in folder.glob("*.dist-info")}
    if missing := pinned(requirements).items() - held:
        raise Incomplete(f"not installed: {', '.join(sorted('=='.join(pair) for pair in missing))}")


def _distribution(name: str) -> tuple[str, str]:
    """(normalised name, version) from `msgspec-0.22.0.dist-info/METADATA`."""
    distribution, _, version = name.partition(".dist-info/")[0].rpartition("-")
    return _normal(distribution), version


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path


def _prunable(folder: Path) -> Iterator[Path]:
    for name, path in _files(folder):
        if _LEFT_OUT.search(name) or _is_foreign_service(name):
            yield path


def _is_foreign_service(name: str) -> bool:
    """A botocore model of a service nobody here calls. Plain files in data/ (endpoints, retries) are shared by all."""
    parts = name.split("/")
    return parts[:2] == ["botocore", "data"] and len(parts) > 3 and parts[2] not in SERVICES
