"""Fields over HTTP: standard ones and own ones, and what they mean for leads."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.field_definitions import CUSTOM_TYPES
from chalicelib.services import documents
from chalicelib.store import records
from tests.desk import Desk

CHOICES = [{"id": "flat", "label": "Flachdach"}, {"id": "gable", "label": "Satteldach"}]


def made(desk: Desk, name: str, kind: str, **more: Any) -> dict[str, Any]:
    reply = desk.client.post("/v1/fields", json={"name": name, "type": kind, "label": name.title(), **more})
    assert reply.status == 201, reply.text
    return dict(reply.json)


def refused(desk: Desk, **values: Any) -> list[tuple[str, str]]:
    reply = desk.create(name="Änne", **values)
    assert reply.status == 422, reply.text
    return [(each["field"], each["code"]) for each in reply.json["errors"]]


def test_standard_fields_are_listed_in_their_order_with_their_types(desk: Desk) -> None:
    listed = desk.get("/v1/fields?limit=200")["data"]

    assert [field["name"] for field in listed][:4] == ["id", "version", "title", "status"]
    assert desk.get("/v1/fields/phones") == {
        "name": "phones", "type": "phones", "label": {"de": "Telefon", "en": "Phone"}, "required": "never",
        "position": [field["name"] for field in listed].index("phones") + 1, "section": None, "custom": False,
        "read_only": False, "multiple": False, "choices": [], "default": None, "version": 1,
    }  # fmt: skip
    assert {field["name"] for field in listed if field["read_only"]} >= {"id", "created_at", "kind"}


def test_a_custom_field_is_shown_as_it_was_made_and_holds_values_at_once(desk: Desk) -> None:
    body = {"name": "roof_area", "type": "number", "label": {"de": "Dachfläche", "en": "Roof area"}, "position": 3}

    reply = desk.client.post("/v1/fields", json=body)

    assert reply.status == 201
    assert reply.json == {
        **body, "required": "never", "section": None, "custom": True, "read_only": False, "multiple": False,
        "choices": [], "default": None, "version": 1,
    }  # fmt: skip
    assert reply.headers["Location"].endswith("/v1/fields/roof_area")
    lead = desk.created(name="Änne", custom={"roof_area": 84.5})
    assert lead["custom"] == {"roof_area": 84.5} == desk.lead(lead["id"])["custom"]


@pytest.mark.parametrize(
    ("kind", "sent", "shown"),
    [
        ("text", " kurz\n ", "kurz"),
        ("long_text", "zwei\r\nZeilen", "zwei\nZeilen"),
        ("integer", 12, 12),
        ("number", 84.5, 84.5),
        ("boolean", False, False),
        ("date", "2026-12-31", "2026-12-31"),
        ("datetime", "2026-12-31T09:00:00+01:00", "2026-12-31T08:00:00.000Z"),
        ("money", {"amount": "12.5", "currency": "EUR"}, {"amount": "12.50", "currency": "EUR"}),
        ("choice", "flat", "flat"),
        ("multi_choice", ["gable", "flat", "flat"], ["flat", "gable"]),
        ("url", "https://example.de/a", "https://example.de/a"),
        ("email", "zoe@example.de", "zoe@example.de"),
        ("phone", "030 901820", "+4930901820"),
        ("contact", "con_0J5Q2M8T3XA", "con_0J5Q2M8T3XA"),
        ("company", "com_0J5Q2M8T3XA", "com_0J5Q2M8T3XA"),
    ],
)
def test_every_type_takes_what_it_is_for(desk: Desk, kind: str, sent: Any, shown: Any) -> None:
    made(desk, "own", kind, **({"choices": CHOICES} if "choice" in kind else {}))

    lead = desk.created(name="Änne", custom={"own": sent})

    assert lead["custom"] == {"own": shown} == desk.lead(lead["id"])["custom"]


@pytest.mark.parametrize(
    ("kind", "sent", "code"),
    [
        ("text", 7, "invalid_type"),
        ("integer", 1.5, "invalid_number"),
        ("number", "84.5", "invalid_type"),
        ("boolean", "ja", "invalid_type"),
        ("date", "31.12.2026", "invalid_date"),
        ("datetime", "2026-12-31", "invalid_datetime"),
        ("money", "12 €", "invalid_type"),
        ("choice", "Flachdach", "invalid_choice"),
        ("multi_choice", ["flat", "round"], "invalid_choice"),
        ("url", "javascript:alert(1)", "invalid_url"),
        ("email", "kein", "invalid_email"),
        ("phone", "12", "invalid_phone"),
        ("user", "usr_00000000000", "unknown_user"),
        ("user", "Kim", "invalid_id"),
        ("contact", "com_0J5Q2M8T3XA", "invalid_id"),
        ("company", 7, "invalid_type"),
    ],
)
def test_every_type_refuses_what_it_is_not_for(desk: Desk, kind: str, sent: Any, code: str) -> None:
    made(desk, "own", kind, **({"choices": CHOICES} if "choice" in kind else {}))

    place = "custom.own[1]" if kind == "multi_choice" else "custom.own"
    assert refused(desk, custom={"own": sent}) == [(place, code)]


def test_all_types_of_the_contract_are_tried_above() -> None:
    marks = [mark for mark in test_every_type_takes_what_it_is_for.pytestmark if mark.name == "parametrize"]

    assert {case[0] for case in marks[0].args[1]} | {"user"} == set(CUSTOM_TYPES)


def test_a_field_for_several_values_holds_a_list(desk: Desk) -> None:
    user = desk.client.post("/v1/users", json={"name": "Kim Käfer"}).json["id"]
    made(desk, "areas", "number", multiple=True)
    made(desk, "advisers", "user", multiple=True)

    lead = desk.created(name="Änne", custom={"areas": [84.5, 3], "advisers": [user]})

    assert lead["custom"] == {"areas": [84.5, 3], "advisers": [user]}
    assert refused(desk, custom={"areas": 84.5, "advisers": [user, "usr_00000000000"]}) == [
        ("custom.areas", "invalid_type"), ("custom.advisers[1]", "unknown_user"),
    ]  # fmt: skip
    assert refused(desk, custom={"areas": [1] * 101}) == [("custom.areas", "too_many")]


def test_a_default_is_what_nobody_said_otherwise(desk: Desk) -> None:
    made(desk, "roof", "choice", choices=CHOICES, default="gable", required="always")
    made(desk, "area", "number", default=84.5)

    silent = desk.created(name="Änne")
    spoken = desk.created(name="Jörg", custom={"roof": "flat", "area": None})

    assert silent["custom"] == {"roof": "gable", "area": 84.5}
    assert spoken["custom"] == {"roof": "flat"}
    assert desk.get("/v1/fields/area")["default"] == 84.5


def test_what_is_always_required_is_required_of_callers_and_of_nobody_else(desk: Desk) -> None:
    made(desk, "roof", "choice", choices=CHOICES, required="always")
    desk.client.patch("/v1/fields/emails", json={"required": "always"})

    assert refused(desk) == [("emails", "required"), ("custom.roof", "required")]
    assert refused(desk, email="kein", custom={"roof": "rund"}) == [
        ("custom.roof", "invalid_choice"), ("email", "invalid_email"),
    ]  # fmt: skip
    assert desk.create(name="Änne", email="aenne@example.de", custom={"roof": "flat"}).status == 201
    assert desk.post({"name": "Jörg Müller"}).status == 200
    assert desk.call("missed", "0176 04069012")["outcome"] == "created"


def lacking(desk: Desk, lead: dict[str, Any], body: dict[str, Any]) -> list[str]:
    """The required fields that a change is refused for; none where it is not."""
    reply = desk.client.patch(f"/v1/leads/{lead['id']}", json=body)
    assert reply.status in (200, 422), reply.text
    return [each["field"] for each in reply.json.get("errors", ()) if each["code"] == "required"]


def test_an_edit_asks_only_for_what_it_clears_itself(desk: Desk) -> None:
    made(desk, "roof", "choice", choices=CHOICES)
    made(desk, "area", "number")
    whole = desk.created(name="Änne", email="aenne@example.de", custom={"roof": "flat", "area": 84.5})
    desk.post({"name": "Jörg Müller"})
    bare = desk.leads()[-1]
    for path in ("/v1/fields/roof", "/v1/fields/emails"):
        assert desk.client.patch(path, json={"required": "always"}).status == 200
    desk.client.patch("/v1/fields/area", json={"required": {"from_status": "new"}})

    assert lacking(desk, bare, {"comment": "x"}) == []
    assert lacking(desk, bare, {"emails": [], "custom": {"roof": None}}) == []
    assert lacking(desk, bare, {"custom": {"area": 3}}) == []
    assert lacking(desk, whole, {"comment": "x", "emails": None, "custom": {"roof": None, "area": None}}) == [
        "emails", "custom.roof", "custom.area",
    ]  # fmt: skip
    assert lacking(desk, whole, {"email": "a@example.de"}) == []


def test_a_move_asks_for_all_that_the_status_requires_however_the_lead_came(desk: Desk) -> None:
    made(desk, "area", "number", required={"from_status": "in_process"})
    desk.client.patch("/v1/fields/emails", json={"required": "always"})
    desk.post({"name": "Jörg Müller"})
    (lead,) = desk.leads()

    assert lacking(desk, lead, {"status": "in_process"}) == ["emails", "custom.area"]
    assert lacking(desk, lead, {"status": "new"}) == []
    assert lacking(desk, lead, {"status": "junk", "lost_reason": "spam"}) == []
    assert lacking(desk, lead, {"status": "processed", "email": "j@example.de", "custom": {"area": 3}}) == []


@pytest.mark.parametrize("policy", ["attach", "update", "overwrite"])
def test_an_enquiry_of_a_known_person_is_asked_for_nothing(desk: Desk, policy: str) -> None:
    lead = desk.created(name="Änne", email="aenne@example.de")
    made(desk, "roof", "choice", choices=CHOICES, required="always")

    joined = desk.create(f"?on_duplicate={policy}", email="aenne@example.de", comment="Noch eine Frage")
    stranger = desk.create(f"?on_duplicate={policy}", email="fremd@example.de")
    upserted = desk.client.put("/v1/leads/external/crm/1", json={"name": "Zoë"})

    assert (joined.status, joined.json["id"]) == (200, lead["id"])
    for reply in (stranger, upserted):
        assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("custom.roof", "required")]
    assert len(desk.leads()) == 1


def test_an_upsert_of_a_known_lead_asks_as_an_edit_does(desk: Desk) -> None:
    desk.created(name="Änne", external_ids={"crm": "1"}, company="Öztürk GmbH")
    made(desk, "roof", "choice", choices=CHOICES, required="always")
    desk.client.patch("/v1/fields/company", json={"required": "always"})

    assert desk.client.put("/v1/leads/external/crm/1", json={"comment": "x"}).status == 200
    cleared = desk.client.put("/v1/leads/external/crm/1", json={"company": None})
    assert [each["field"] for each in cleared.json["errors"]] == ["company"]


def test_what_is_required_from_a_status_on_is_not_required_before_it(desk: Desk) -> None:
    made(desk, "area", "number", required={"from_status": "processed"})

    assert desk.create(name="Änne", status="in_process").status == 201
    assert refused(desk, status="processed") == [("custom.area", "required")]
    assert desk.create(name="Änne", status="junk", lost_reason="spam").status == 201


def test_a_deleted_field_hides_its_values_and_a_new_one_of_its_type_shows_them_again(desk: Desk) -> None:
    made(desk, "area", "number")
    lead = desk.created(name="Änne", custom={"area": 84.5})

    assert desk.client.delete("/v1/fields/area").status == 204

    assert desk.lead(lead["id"])["custom"] == {}
    assert refused(desk, custom={"area": 1}) == [("custom.area", "unknown_field")]
    other = desk.client.post("/v1/fields", json={"name": "area", "type": "text", "label": "x"})
    assert (other.status, other.json["code"]) == (409, "field_name_used")
    assert made(desk, "area", "number")["version"] == 2
    assert desk.lead(lead["id"])["custom"] == {"area": 84.5}


def test_a_field_that_another_container_made_takes_values_at_once(desk: Desk) -> None:
    desk.get("/v1/leads")
    stale = documents._read[""]
    made(desk, "area", "number")
    documents._read[""] = stale

    assert desk.create(name="Änne", custom={"area": 1}).status == 201


def test_a_form_that_is_mapped_to_own_fields_fills_them_leniently(desk: Desk) -> None:
    made(desk, "roof", "choice", choices=CHOICES)
    made(desk, "areas", "number", multiple=True)
    mapping = {"dach": "custom.roof", "flaeche": "custom.areas", "alter": "custom.nix"}
    records.put("FORM", "frm_roof", {"name": "Dach", "mapping": mapping})

    desk.post({"name": "Änne", "dach": "flachdach", "flaeche": "84,5", "alter": "9"}, form="frm_roof")

    (lead,) = desk.leads()
    assert lead["custom"] == {"roof": "flat", "areas": [84.5]}
    problems = desk.timeline(lead["id"])[-1]["data"]["problems"]
    assert [(each["field"], each["code"]) for each in problems] == [("custom.nix", "unknown_field")]


def test_a_standard_field_changes_in_label_duty_and_place(desk: Desk) -> None:
    desk.client.patch("/v1/settings", json={"sections": [{"id": "person", "name": "Person"}]})

    reply = desk.client.patch(
        "/v1/fields/company", json={"label": {"de": "Betrieb"}, "position": 1, "required": "always"}
    )

    assert (reply.json["label"], reply.json["position"], reply.json["required"], reply.json["version"]) == (
        {"de": "Betrieb", "en": "Company"}, 1, "always", 2,
    )  # fmt: skip
    assert [field["name"] for field in desk.get("/v1/fields?limit=2")["data"]] == ["company", "id"]
    again = desk.client.patch("/v1/fields/company", json={"label": None, "required": None})
    assert (again.json["label"]["de"], again.json["required"]) == ("Firma", "never")


@pytest.mark.parametrize(
    ("name", "patch", "problems"),
    [
        ("company", {"type": "number", "multiple": True, "default": "x"},
         [("type", "read_only"), ("multiple", "read_only"), ("default", "read_only")]),
        ("id", {"required": "always"}, [("required", "invalid_value")]),
        ("status", {"required": "always"}, [("required", "invalid_value")]),
        ("company", {"required": {"from_status": "nix"}, "section": "nix", "position": 0, "label": {"deutsch": "x"}},
         [("required.from_status", "unknown_status"), ("section", "unknown_section"), ("position", "out_of_range"),
          ("label.deutsch", "invalid_name")]),
        ("company", {"required": {"from_status": "junk"}}, [("required.from_status", "invalid_value")]),
        ("roof", {"type": "text", "choices": [], "label": None}, [("type", "read_only"), ("label", "required")]),
        ("roof", {"choices": []}, [("choices", "required")]),
        ("roof", {"choices": [{"id": "flat", "label": "Flach"}]}, [("default", "invalid_choice")]),
        ("roof", {"default": "rund"}, [("default", "invalid_choice")]),
    ],
)  # fmt: skip
def test_what_a_change_cannot_be_is_said_at_once(
    desk: Desk, name: str, patch: dict[str, Any], problems: list[tuple[str, str]]
) -> None:
    made(desk, "roof", "choice", choices=CHOICES, default="gable")

    reply = desk.client.patch(f"/v1/fields/{name}", json=patch)

    assert reply.status == 422
    assert sorted((each["field"], each["code"]) for each in reply.json["errors"]) == sorted(problems)


def test_what_a_new_field_cannot_be_is_said_at_once(desk: Desk) -> None:
    body = {"name": "Dach Fläche", "type": "roof", "choices": [{"id": "a"}, {"id": "a b", "label": ""}], "x": 1}

    reply = desk.client.post("/v1/fields", json=body)

    assert {(each["pointer"], each["code"]) for each in reply.json["errors"]} == {
        ("/name", "invalid_name"), ("/type", "invalid_choice"), ("/label", "required"),
        ("/choices/0/label", "required"), ("/choices/1/id", "invalid_name"), ("/choices/1/label", "required"),
        ("/x", "unknown_field"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"type": "choice"}, ("choices", "required")),
        ({"type": "text", "choices": CHOICES}, ("choices", "invalid_value")),
        ({"type": "boolean", "multiple": True}, ("multiple", "invalid_value")),
        ({"type": "user", "default": "usr_00000000000"}, ("default", "unknown_user")),
        ({"type": "number", "multiple": True, "default": [1, "2"]}, ("default[1]", "invalid_type")),
    ],
)
def test_a_definition_that_contradicts_itself_is_refused(
    desk: Desk, more: dict[str, Any], problem: tuple[str, str]
) -> None:
    reply = desk.client.post("/v1/fields", json={"name": "own", "label": "Eigenes", **more})

    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [problem]


@pytest.mark.parametrize("name", ["phones", "phone", "custom", "roof"])
def test_a_name_is_used_once(desk: Desk, name: str) -> None:
    made(desk, "roof", "text")

    reply = desk.client.post("/v1/fields", json={"name": name, "type": "text", "label": "x"})

    assert (reply.status, reply.json["code"]) == (409, "already_exists")


def test_a_standard_field_stays(desk: Desk) -> None:
    assert desk.client.delete("/v1/fields/phones").json["code"] == "built_in"
    assert desk.client.delete("/v1/fields/nix").status == 404


def test_definitions_that_are_too_large_together_are_refused(desk: Desk) -> None:
    label = dict.fromkeys(("de", "en", "fr", "it", "es"), "ä" * 100)
    choices = [{"id": f"c{number}", "label": "ü" * 100} for number in range(200)]
    replies = [
        desk.client.post("/v1/fields", json={"name": f"f{n}", "type": "choice", "label": label, "choices": choices})
        for n in range(4)
    ]

    assert [reply.status for reply in replies][-1] == 413
    assert replies[-1].json["code"] == "record_too_large"


def test_a_choice_that_stands_twice_is_the_only_thing_that_is_wrong(desk: Desk) -> None:
    twice = [{"id": "flat", "label": "Flachdach"}, {"id": "flat", "label": "Flach"}]

    reply = desk.client.post("/v1/fields", json={"name": "roof", "type": "choice", "label": "Dach", "choices": twice})

    assert [(each["field"], each["code"]) for each in reply.json["errors"]] == [("choices[1].id", "repeated")]
