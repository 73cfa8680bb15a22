"""The routes of all doors: what API Gateway asks of them and Chalice does not check."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from chalice.app import Chalice
from chalice.deploy.validate import validate_route_content_types, validate_routes

from chalicelib import api
from chalicelib.api.http import METHODS

VARIABLE = re.compile(r"\{(\w+)\}")


def clashes(paths: list[str]) -> list[str]:
    """Prefixes under which sibling variables have different names, and paths that have one name twice."""
    names = defaultdict(set)
    found = [path for path in paths if len(VARIABLE.findall(path)) != len(set(VARIABLE.findall(path)))]
    for path in paths:
        steps = path.split("/")
        for place, step in enumerate(steps):
            if VARIABLE.fullmatch(step):
                names["/".join(steps[:place])].add(step)
    return found + [prefix for prefix, variables in names.items() if len(variables) > 1]


@pytest.fixture(scope="module")
def app() -> Chalice:
    built = Chalice("leadger", configure_logs=False)
    api.register(built)
    return built


def test_every_path_has_every_method_and_takes_every_body(app: Chalice) -> None:
    for path, methods in app.routes.items():
        assert tuple(methods) == METHODS, path
        assert {tuple(entry.content_types) for entry in methods.values()} == {("*/*",)}, path


def test_sibling_path_variables_have_one_name_that_is_unique_in_its_path(app: Chalice) -> None:
    assert clashes(list(app.routes)) == []


def test_the_check_itself_finds_clashes() -> None:
    assert clashes(["/v1/leads/{lead_id}", "/v1/leads/{id}/notes", "/v1/a/{x}/b/{x}"]) == [
        "/v1/a/{x}/b/{x}",
        "/v1/leads",
    ]


def test_chalice_and_the_gateway_accept_the_routes(app: Chalice) -> None:
    validate_routes(app.routes)
    validate_route_content_types(app.routes, app.api.binary_types)
    assert app.api.binary_types == app.api.default_binary_types
    for path in app.routes:
        assert re.fullmatch(r"(/([A-Za-z0-9._-]+|\{\w+\}))+", path), path


def test_every_operation_says_what_it_does() -> None:
    silent = [
        f"{operation.method} {operation.path}"
        for door in api.doors()
        for operation in door.operations
        if not operation.view.__doc__
    ]

    assert silent == []


def test_the_table_of_doors_names_exactly_the_paths_that_they_serve() -> None:
    served = {name: {operation.path for operation in api.door_of(name).operations} for name in api.DOORS}

    assert served == {name: set(paths) for name, paths in api.DOORS.items()}
