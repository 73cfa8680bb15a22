"""The house keeps its rules: who imports whom, what a cold start loads, what must be declared once."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHALICELIB = ROOT / "chalicelib"
TRIGGERS = sorted(f"chalicelib.triggers.{path.stem}" for path in (CHALICELIB / "triggers").glob("[!_]*.py"))
#: Modules that no cold start may load: each is loaded inside the function that needs it, or never.
HEAVY = (
    "boto3",
    "s3transfer",
    "pydantic",
    "jinja2",
    "python_calamine",
    "selectolax",
    "rapidfuzz",
    "jwt",
    "email_validator",
    "phonenumbers",
    "pynamodb",
    "altcha",
    # for the document alone
    "chalicelib.api.openapi",
    "chalicelib.api.schemas",
)
#: Registry → the folder or module it lives in.
REGISTRIES = {
    "DOORS": "chalicelib/api",
    "SOURCES": "chalicelib/sources",
    "PROVIDERS": "chalicelib/sources/telephony",
    "FIELD_TYPES": "chalicelib/domain",
    "WORK": "chalicelib/services",
}


def test_imports_go_down_only_and_never_sideways():
    result = lint_imports(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "rule"),
    [
        ("domain/lead.py", "import chalicelib.store.leads", "Down only"),
        ("api/health.py", "import chalicelib.triggers.sweep", "Down only"),
        ("domain/lead.py", "import botocore.session", "no AWS"),
        ("services/intake.py", "import chalice", "services"),
        ("services/verify.py", "import cli", "Nothing that is deployed"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path, module, line, rule):
    shutil.copytree(CHALICELIB, tmp_path / "chalicelib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    with (tmp_path / "chalicelib" / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")

    result = lint_imports(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    assert any(rule in found and found.endswith("BROKEN") for found in result.stdout.splitlines())


@pytest.mark.parametrize("module", ["app", *TRIGGERS])
def test_an_import_loads_nothing_heavy_and_touches_nothing(module):
    """No client, no environment of ours, no connection: those are made when first needed."""
    watched = f"""
import os, socket, sys

read, heavy = [], {HEAVY!r}
getitem = type(os.environ).__getitem__
def watch(environ, key):
    if key.startswith("LEADGER_"):
        read.append(key)
    return getitem(environ, key)
type(os.environ).__getitem__ = watch
def refuse(*args, **keywords):
    raise AssertionError("something connects at import")
socket.socket.connect = refuse

import {module}

assert not read, f"read at import: {{read}}"
loaded = [name for name in heavy if name in sys.modules]
assert not loaded, f"loaded at import: {{loaded}}"
if "botocore.client" in sys.modules:
    import gc
    from botocore.client import BaseClient
    clients = [thing for thing in gc.get_objects() if isinstance(thing, BaseClient)]
    assert not clients, f"made at import: {{clients}}"
"""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LEADGER_", "AWS_"))}

    result = subprocess.run(
        [sys.executable, "-c", watched], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("told", ["taken in", "refused"])
def test_a_post_of_a_form_that_a_script_made_needs_no_templates(told, desk):
    """150 ms of a cold start: for who is shown a page, not for `fetch`."""
    from chalicelib.store import records

    records.put("FORM", "frm_demo", {"name": "Demo", "fields": [{"field": "email", "required": True}]})
    for name in [name for name in sys.modules if name.partition(".")[0] in ("jinja2", "markupsafe")]:
        del sys.modules[name]

    reply = desk.post({"email": "joerg@example.org" if told == "taken in" else "joerg@"})

    assert reply.status == (200 if told == "taken in" else 422)
    assert "jinja2" not in sys.modules


def test_sibling_path_variables_have_one_name():
    """API Gateway refuses two names in one place; Chalice does not look."""
    from app import app

    assert clashes(app.routes) == []


def test_a_clash_of_path_variables_is_found():
    assert clashes(["/v1/leads/{lead_id}", "/v1/leads/{id}/timeline"]) == ["/v1/leads/: {id} beside {lead_id}"]
    assert clashes(["/v1/leads/{id}/merges/{id}"]) == ["/v1/leads/{id}/merges/{id}: {id} twice"]


def test_every_route_takes_every_content_type():
    """415 is decided in our own wrapper; Chalice's own would also hit a GET with a Content-Type."""
    from app import app

    others = [
        f"{method} {path}"
        for path, methods in app.routes.items()
        for method, entry in methods.items()
        if entry.content_types != ["*/*"]
    ]

    assert others == []
    assert app.api.binary_types == type(app.api)().binary_types


@pytest.mark.parametrize(("registry", "home"), REGISTRIES.items())
def test_a_registry_shows_its_entries_and_nobody_changes_it(registry, home):
    values = [
        value
        for path, tree in trees(CHALICELIB)
        for name, value in assignments(tree)
        if name == registry and path.parent == Path(home)
    ]
    changes = [
        f"{path}:{node.lineno}"
        for path, tree in trees(CHALICELIB)
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript | ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == registry
        and (
            isinstance(node.ctx, ast.Store | ast.Del)
            or (isinstance(node, ast.Attribute) and node.attr in {"update", "setdefault", "pop", "clear"})
        )
    ]

    assert [is_explicit(value) for value in values] == [True]
    assert changes == []


def test_no_module_is_a_drawer_for_anything():
    drawers = {"utils", "util", "common", "core", "helpers", "helper", "misc"}

    assert [path for path in CHALICELIB.rglob("*") if path.stem in drawers] == []


def test_nothing_in_domain_and_sources_reads_a_clock():
    clocks = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter"}
    owners = {"datetime", "date", "time"}
    reads = [
        f"{path}:{node.lineno}"
        for folder in ("domain", "sources")
        for path, tree in trees(CHALICELIB / folder)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in clocks
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in owners
    ]

    assert reads == []


def test_only_services_whose_models_are_packaged_are_called():
    from infra.zip_file import SERVICES

    called = {
        node.args[0].value
        for _, tree in trees(CHALICELIB)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_client"
        and isinstance(node.args[0], ast.Constant)
    }

    assert called
    assert called <= SERVICES


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def clashes(paths: Iterable[str]) -> list[str]:
    """What is wrong with the variables of these paths, as sentences."""
    problems, names = [], {}
    for path in paths:
        parts = path.split("/")
        variables = [part for part in parts if part.startswith("{")]
        problems += [f"{path}: {name} twice" for name in sorted(set(variables)) if variables.count(name) > 1]
        for place, part in enumerate(parts):
            if part.startswith("{"):
                before = "/".join(parts[:place]) + "/"
                if names.setdefault(before, part) != part:
                    problems.append(f"{before}: {part} beside {names[before]}")
    return problems


def is_explicit(value: ast.expr) -> bool:
    """A dict display without `**`, or a comprehension over a tuple display."""
    if isinstance(value, ast.DictComp):
        return len(value.generators) == 1 and isinstance(value.generators[0].iter, ast.Tuple)
    return isinstance(value, ast.Dict) and None not in value.keys


def trees(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def assignments(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value
        elif isinstance(node, ast.Assign):
            yield from ((target.id, node.value) for target in node.targets if isinstance(target, ast.Name))
