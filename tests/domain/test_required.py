"""Which fields a lead needs in which status."""

from __future__ import annotations

import pytest

from chalicelib.domain.pipeline import CONVERTED, JUNK, OPEN, Status
from chalicelib.domain.required import missing

#: The converted column stands first, and a junk one between the open ones.
STATUSES = (
    Status("won", "Gewonnen", CONVERTED, "#000000"),
    Status("new", "Neu", OPEN, "#000000"),
    Status("junk", "Müll", JUNK, "#000000"),
    Status("visit", "Vor Ort", OPEN, "#000000"),
    Status("offer", "Angebot", OPEN, "#000000"),
)


def lacking(required: object, status: str, **values: object) -> list[str]:
    fields = [{"name": "roof_area", "custom": True, "required": required}, {"name": "emails", "required": "never"}]
    return [problem.field for problem in missing(fields, values, status, STATUSES)]


@pytest.mark.parametrize(
    ("required", "where"),
    [
        ("never", set()),
        ("always", {"new", "visit", "offer", "won"}),
        ({"from_status": "new"}, {"new", "visit", "offer", "won"}),
        ({"from_status": "visit"}, {"visit", "offer", "won"}),
        ({"from_status": "offer"}, {"offer", "won"}),
        ({"from_status": "won"}, {"won"}),
        ({"from_status": "long_gone"}, set()),
    ],
)
def test_a_field_is_needed_from_its_status_on_and_in_junk_never(required: object, where: set[str]) -> None:
    assert {status.id for status in STATUSES if lacking(required, status.id)} == where


@pytest.mark.parametrize("value", [0, False, "x", ["x"], {"amount": "1"}])
def test_zero_and_no_are_values(value: object) -> None:
    assert lacking("always", "new", custom={"roof_area": value}) == []


@pytest.mark.parametrize("value", [None, "", [], {}])
def test_what_is_empty_is_missing(value: object) -> None:
    assert lacking("always", "new", custom={"roof_area": value}) == ["custom.roof_area"]
    assert lacking("always", "new", custom=None) == ["custom.roof_area"]


def test_standard_fields_are_needed_alike() -> None:
    fields = [{"name": "emails", "required": "always"}, {"name": "company", "required": "always"}]

    problems = missing(fields, {"company": "Käfer GmbH"}, "new", STATUSES)

    assert [(problem.field, problem.code) for problem in problems] == [("emails", "required")]
