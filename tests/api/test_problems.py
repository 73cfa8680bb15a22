"""Problem codes: every one in the code base has its title, its text and its place in the documentation."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from chalicelib.api import docs, problems
from chalicelib.api.problem_codes import CODES
from chalicelib.domain import errors
from chalicelib.domain.problems import SENTENCES
from tests.api.client import Client

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "problems.md"


#: function → place of the code among its arguments.
PLACES = {"Problem": 1, "problem": 1, "_problem": 1, "_refused": 0, "report": 0}


def codes_in(path: Path, places: Mapping[str, int] = PLACES, *, keywords: bool = True) -> Iterator[str]:
    """Codes that a module names: arguments as in `places`, and, as keywords, `code="…"` and `code = "…"` of a class."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        found: list[ast.expr] = []
        if isinstance(node, ast.Call):
            place = places.get(getattr(node.func, "id", "") or getattr(node.func, "attr", ""))
            found += [] if place is None else node.args[place : place + 1]
            found += [word.value for word in node.keywords if word.arg == "code" and keywords]
        elif isinstance(node, ast.ClassDef) and keywords:
            found += [
                line.value
                for line in node.body
                if isinstance(line, ast.Assign) and any(getattr(target, "id", "") == "code" for target in line.targets)
            ]
        yield from (value.value for value in found if isinstance(value, ast.Constant) and isinstance(value.value, str))


def page_writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location("problem_page", ROOT / "docs" / "problems.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_code_in_the_code_base_is_explained() -> None:
    modules = sorted((ROOT / "chalicelib").rglob("*.py"))
    # `error` is the base class's, which no caller sees
    named = {code: path.name for path in modules for code in codes_in(path) if code != "error"}
    named |= dict.fromkeys(SENTENCES, "domain/problems.py")

    assert {code: module for code, module in named.items() if code not in CODES} == {}


def test_every_code_given_to_problem_has_its_sentence() -> None:
    modules = sorted((ROOT / "chalicelib").rglob("*.py"))
    named = {code: path.name for path in modules for code in codes_in(path, {"problem": 1}, keywords=False)}

    assert {code: module for code, module in named.items() if code not in SENTENCES} == {}


def test_the_documentation_is_written_from_the_table() -> None:
    expected = page_writer().markdown()

    assert PAGE.read_text(encoding="utf-8") == expected, "run: python docs/problems.py"
    assert re.findall(r"^## `(\w+)`$", expected, re.MULTILINE) == list(CODES)


def test_type_leads_to_a_page_with_an_anchor_for_every_code(client_of: Callable[..., Client]) -> None:
    client = client_of(docs.door, key=None)
    page = client.get("/docs/problems")

    problem = client.post("/docs/problems").json

    path, _, anchor = problem["type"].partition("#")
    assert (page.status, path) == (200, "/docs/problems")
    assert f'<h2 id="{anchor}">' in page.text
    assert re.findall(r'<h2 id="(\w+)">', page.text) == list(CODES)


def test_every_error_of_the_domain_has_a_status() -> None:
    families = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.LeadgerError) and kind is not errors.LeadgerError
    ]

    assert len(families) > 8
    assert [kind.__name__ for kind in families if not set(kind.__mro__) & set(problems.STATUS)] == []


def test_a_subclass_is_answered_like_its_family() -> None:
    class Unavailable(errors.Busy):
        pass

    refusal = problems.refusal(Unavailable("The table did not answer"), instance="/v1/leads", request_id="r1")

    assert (refusal.status, refusal.headers, refusal.document["code"]) == (503, {"Retry-After": "1"}, "busy")
