"""The zip runs in Lambda: everything pinned is in it, with byte code, nothing else, the same bytes every time."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import package, zip_file

REQUIREMENTS = package.ROOT / "requirements.txt"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory, packaged) -> Path:
    folder = tmp_path_factory.mktemp("lambda")
    with zipfile.ZipFile(package.ZIP) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def names(packaged) -> set[str]:
    with zipfile.ZipFile(package.ZIP) as archive:
        return set(archive.namelist())


def test_every_pinned_wheel_is_in_the_zip(names):
    pins = zip_file.pinned(REQUIREMENTS)

    zip_file.check(package.ZIP, REQUIREMENTS)
    assert {"botocore", "msgspec", "orjson", "pynamodb"} <= pins.keys()
    assert any(name.startswith("orjson/orjson.") and name.endswith(".so") for name in names)


@pytest.mark.parametrize(
    ("taken_out", "put_in", "complaint"),
    [
        ("orjson-", "", "not in the zip: orjson=="),
        ("__pycache__/app.", "", "not in the zip: __pycache__/app."),
        ("", "localcloud/run.py", "does not belong into the zip: localcloud/run.py"),
        ("", "cli/main.py", "does not belong into the zip: cli/main.py"),
        ("", "click/__init__.py", "does not belong into the zip: click/__init__.py"),
        ("", "boto3/__init__.py", "does not belong into the zip: boto3/__init__.py"),
    ],
)
def test_a_zip_that_lacks_or_has_too_much_is_refused(tmp_path, taken_out, put_in, complaint):
    broken = tmp_path / "broken.zip"
    with zipfile.ZipFile(package.ZIP) as whole, zipfile.ZipFile(broken, "w") as archive:
        for name in whole.namelist():
            if not (taken_out and name.startswith(taken_out)):
                archive.writestr(name, b"")
        if put_in:
            archive.writestr(put_in, b"")

    with pytest.raises(zip_file.Incomplete, match=re.escape(complaint)):
        zip_file.check(broken, REQUIREMENTS)


def test_a_requirement_without_a_version_is_refused(tmp_path):
    loose = tmp_path / "requirements.txt"
    loose.write_text("orjson==3.13.0\nmsgspec>=0.22\n")

    with pytest.raises(zip_file.Incomplete, match="not pinned: msgspec>"):
        zip_file.pinned(loose)


def test_a_wheel_that_did_not_arrive_is_an_error(tmp_path):
    """Chalice only prints a line and goes on; a version that pip did not unpack is found by its record."""
    (tmp_path / "orjson-3.12.0.dist-info").mkdir()
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("orjson==3.13.0\n")

    with pytest.raises(zip_file.Incomplete, match=re.escape("not installed: orjson==3.13.0")):
        zip_file._check_versions(wanted, tmp_path)


def test_all_sources_have_byte_code_that_needs_no_check(unpacked):
    sources = list(unpacked.rglob("*.py"))
    tag = sys.implementation.cache_tag
    without = [path for path in sources if not (path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc").is_file()]
    flags = {int.from_bytes(path.read_bytes()[4:8], "little") for path in unpacked.rglob("*.pyc")}

    assert len(sources) > 100
    assert without == []
    assert flags == {0b01}  # PEP 552: hash-based, unchecked


def test_byte_code_names_no_folder_of_the_machine_that_built_it(unpacked):
    telling = [path for path in unpacked.rglob("*.pyc") if str(package.ROOT).encode() in path.read_bytes()]

    assert telling == []


def test_the_same_sources_give_the_same_bytes(tmp_path):
    archives = []
    for number in (1, 2):
        code = tmp_path / f"code-{number}"
        package._copy_code(package.BUILD / "source", code)
        for path in code.rglob("*"):
            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
        zip_file.compile_sources(code)
        zip_file.write(tmp_path / f"{number}.zip", [code])
        archives.append((tmp_path / f"{number}.zip").read_bytes())

    assert archives[0] == archives[1]


def test_a_source_that_does_not_compile_is_named(tmp_path):
    (tmp_path / "broken.py").write_text("def half(:\n")

    with pytest.raises(zip_file.Incomplete, match=r"broken\.py"):
        zip_file.compile_sources(tmp_path)


def test_nothing_is_made_again_when_nothing_has_changed():
    before = package.ZIP.stat().st_mtime_ns

    assert package.is_current()
    assert package.main() == 0
    assert package.ZIP.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "changed", ["chalicelib/settings.py", "infra/queues.yaml", ".chalice/policy-api.json", "app.py"]
)
def test_any_change_of_an_input_makes_it_again(tmp_path, monkeypatch, changed):
    for folder in ("chalicelib", "infra", ".chalice"):
        shutil.copytree(package.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "dep*"))
    for name in ("app.py", "requirements.txt"):
        shutil.copy(package.ROOT / name, tmp_path)
    monkeypatch.setattr(package, "ROOT", tmp_path)
    before = package.fingerprint()

    with (tmp_path / changed).open("a") as file:
        file.write("\n")

    assert package.fingerprint() != before


def test_the_page_about_the_api_is_in_the_zip(names):
    from chalicelib.api.docs import ASSETS

    held = {name.rpartition("/")[2] for name in names if "/swagger_ui/" in name}

    assert ASSETS.keys() - held == {"start.js"}


def test_what_forms_are_shown_with_is_in_the_zip_and_is_found_there(unpacked):
    program = """
from chalicelib.api import pages
from chalicelib.domain.form import Form
from chalicelib.domain.form_view import view
print(pages.form_page(view(Form("frm_a"), "de", {}), []))
print(pages.asset("leadger.js"))
"""
    shown = subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-B", "-c", program],
        env={"PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "<button>Absenden</button>" in shown
    assert "document.currentScript" in shown


def test_the_zip_is_small(names):
    assert package.ZIP.stat().st_size <= 25_000_000


def test_the_zip_alone_runs_everything_we_use(unpacked):
    """In an interpreter without site-packages, as in Lambda: what was pruned is not missed.

    Every module of ours, a client of every service we call down to a page and a waiter, signing, errors, phones.
    """
    program = """
import importlib, pathlib, sys
root = pathlib.Path(sys.argv[1])
modules = []
for path in sorted(root.glob("chalicelib/**/*.py")):
    name = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    modules.append(importlib.import_module(name))
assert len(modules) > 20, modules
import app
assert app.app.routes
foreign = [m.__name__ for m in modules if not m.__file__.startswith(str(root))]
assert not foreign, foreign

import botocore.session
session = botocore.session.get_session()
clients = {name: session.create_client(name) for name in ("dynamodb", "s3", "sqs", "sts")}
assert clients["dynamodb"].get_paginator("query")
assert clients["dynamodb"].get_waiter("table_exists")
assert clients["s3"].get_paginator("list_objects_v2")
assert clients["dynamodb"].meta.endpoint_url == "https://dynamodb.eu-central-1.amazonaws.com"
assert clients["dynamodb"].exceptions.TransactionCanceledException
link = clients["s3"].generate_presigned_url("get_object", Params={"Bucket": "leadger-files", "Key": "ä b.csv"})
assert link.startswith("https://leadger-files.s3.amazonaws.com/%C3%A4%20b.csv?"), link

from aws_lambda_powertools import Logger
Logger(service="leadger").info("packaged")
import phonenumbers
number = phonenumbers.parse("0176 04069012", "DE")
assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) == "+4917604069012"
import zoneinfo
assert zoneinfo.ZoneInfo("Europe/Berlin")
from pynamodb.models import Model
"""
    environment = {
        "PYTHONPATH": str(unpacked),
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }

    result = subprocess.run(
        [sys.executable, "-S", "-s", "-P", "-B", "-c", program, str(unpacked)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
