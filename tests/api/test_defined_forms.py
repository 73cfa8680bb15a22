"""What a form's definition does to the leads that come by it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.domain.inbound import Raw, Reading
from chalicelib.services import documents, workspace
from chalicelib.sources import web_form
from chalicelib.store import records
from tests.desk import BROWSER, Desk

JOERG = {"name": "Jörg Müßig", "email": "joerg@example.org", "phone": "030 12345678"}
CHOICES = [{"id": "flat", "label": "Flachdach"}, {"id": "gable", "label": "Satteldach"}]
PRIVACY = {"id": "privacy", "text": {"de": "Ich willige ein.", "en": "I agree."}}


def made(desk: Desk, **more: Any) -> str:
    reply = desk.client.post("/v1/forms", json={"name": "Photovoltaik", **more})
    assert reply.status == 201, reply.text
    return str(reply.json["id"])


def user(desk: Desk, name: str, **more: Any) -> str:
    return str(desk.client.post("/v1/users", json={"name": name, **more}).json["id"])


def own_field(desk: Desk, name: str, kind: str, **more: Any) -> None:
    assert desk.client.post("/v1/fields", json={"name": name, "type": kind, "label": name, **more}).status == 201


def change(desk: Desk, path: str, **patch: Any) -> None:
    reply = desk.client.patch(path, json=patch)
    assert reply.status == 200, reply.text


def the_lead(desk: Desk) -> dict[str, Any]:
    (lead,) = desk.leads()
    return lead


# ── where leads begin ─────────────────────────────────────────────────────────────────────────────────────────────


def test_a_forms_leads_begin_as_it_says(desk: Desk) -> None:
    desk.client.post("/v1/sources", json={"id": "messe", "name": "Messe"})
    kim = user(desk, "Kim Käfer")
    form = made(desk, owner_id=kim, source="messe", status="in_process", default_region="AT")

    desk.post({**JOERG, "phone": "0660 1234567"}, form=form)

    lead = the_lead(desk)
    assert (lead["owner_id"], lead["source"], lead["source_detail"]) == (kim, "messe", form)
    assert (lead["status"], lead["phones"][0]["e164"]) == ("in_process", "+436601234567")
    assigned, created = desk.timeline(lead["id"])
    assert created["source"] == "messe"
    assert assigned["data"] == {
        "owner_id": kim, "mode": "fixed", "reason": f"fixed for form '{form}': one of 1",
    }  # fmt: skip
    # the way it came is a form's all the same: the ledger counts by that
    assert desk.receipts()[0]["source"] == "web_form"


def test_what_has_been_deleted_meanwhile_costs_no_lead(desk: Desk) -> None:
    desk.client.post("/v1/sources", json={"id": "messe", "name": "Messe"})
    desk.client.post("/v1/statuses", json={"id": "on_site", "name": "Vor Ort", "kind": "open"})
    form = made(desk, source="messe", status="on_site")
    assert desk.client.delete("/v1/sources/messe").status == 204
    assert desk.client.delete("/v1/statuses/on_site").status == 204

    desk.post(JOERG, form=form)

    lead = the_lead(desk)
    assert (lead["source"], lead["status"]) == ("web_form", "new")


def test_the_rule_of_a_form_comes_before_the_workspaces(desk: Desk) -> None:
    kim, jo = user(desk, "Kim"), user(desk, "Jo")
    desk.client.patch("/v1/settings", json={"assignment": {"mode": "fixed", "users": [jo]}})
    form = made(desk, assignment={"mode": "in_turn", "users": [kim]})

    desk.post(JOERG, form=form)
    desk.post({"name": "Änne", "email": "aenne@example.de"})

    assert [(lead["name"], lead["owner_id"]) for lead in desk.leads()] == [("Jörg Müßig", kim), ("Änne", jo)]


@pytest.mark.parametrize("away", [{"active": False}, {"absent_until": "2026-12-24T00:00:00Z"}])
def test_an_owner_who_is_away_leaves_it_to_the_rule(desk: Desk, away: dict[str, Any]) -> None:
    kim, jo = user(desk, "Kim", **away), user(desk, "Jo")
    desk.client.patch("/v1/settings", json={"assignment": {"mode": "fixed", "users": [jo]}})
    with_rule = made(desk, owner_id=kim, assignment={"mode": "fixed", "users": [jo]})
    without = made(desk, owner_id=kim)

    desk.post(JOERG, form=with_rule)
    desk.post({"name": "Änne", "email": "aenne@example.de"}, form=without)

    assert [lead["owner_id"] for lead in desk.leads()] == [jo, jo]


def test_nobody_there_by_a_forms_rule_is_nobody(desk: Desk) -> None:
    kim, jo = user(desk, "Kim", active=False), user(desk, "Jo")
    desk.client.patch("/v1/settings", json={"assignment": {"mode": "fixed", "users": [jo]}})

    desk.post(JOERG, form=made(desk, assignment={"mode": "random", "users": [kim]}))

    assert the_lead(desk)["owner_id"] is None


def test_an_owner_whom_another_container_made_is_known_at_once(desk: Desk) -> None:
    desk.get("/v1/leads")
    stale = documents._read[""]
    kim = user(desk, "Kim")
    form = made(desk, owner_id=kim)
    documents._read[""] = stale

    desk.post(JOERG, form=form)

    assert the_lead(desk)["owner_id"] == kim


def test_an_enquiry_that_joins_a_lead_leaves_its_owner_and_status(desk: Desk) -> None:
    desk.post(JOERG)
    before = the_lead(desk)

    desk.post(JOERG, form=made(desk, owner_id=user(desk, "Kim"), status="processed"))

    after = the_lead(desk)
    assert (after["owner_id"], after["status"], after["version"]) == (None, "new", before["version"])


# ── what it asks for ──────────────────────────────────────────────────────────────────────────────────────────────


def test_the_inputs_that_a_form_names_go_where_it_says(desk: Desk) -> None:
    own_field(desk, "roof", "choice", choices=CHOICES)
    own_field(desk, "area", "number")
    own_field(desk, "battery", "boolean")
    own_field(desk, "rooms", "multi_choice", choices=[{"id": "a", "label": "A"}, {"id": "b", "label": "B"}])
    own_field(desk, "page", "url")
    fields = ["name", "email", "custom.roof", "custom.area", "custom.battery", "custom.rooms", "custom.page",
              "address.city", "messengers.whatsapp", "birthdate", "amount"]  # fmt: skip
    form = made(desk, fields=[{"field": name} for name in fields])
    said = [("name", "Jörg Müßig"), ("email", "joerg@example.org"), ("custom.roof", "flat"), ("custom.area", "84,5"),
            ("custom.battery", "true"), ("custom.rooms", "b"), ("custom.rooms", "a"), ("custom.page", "example.de"),
            ("address.city", "Köln"), ("messengers.whatsapp", "+49 176 1"), ("birthdate", "1980-02-29"),
            ("amount", "1.234,50 €")]  # fmt: skip

    desk.post(urlencode(said).encode(), form=form)

    lead = the_lead(desk)
    assert lead["custom"] == {
        "roof": "flat", "area": 84.5, "battery": True, "rooms": ["a", "b"], "page": "https://example.de",
    }  # fmt: skip
    assert (lead["address"], lead["birthdate"]) == ({"city": "Köln"}, "1980-02-29")
    assert lead["amount"] == {"amount": "1234.50", "currency": "EUR"}
    assert [(each["service"], each["handle"]) for each in lead["messengers"]] == [("whatsapp", "+49 176 1")]
    assert desk.receipts()[0]["problems"] == []


def test_a_script_may_send_members_as_json_has_them(desk: Desk) -> None:
    own_field(desk, "roof", "choice", choices=CHOICES)
    form = made(desk, fields=[{"field": name} for name in ("name", "custom.roof", "address.city")])
    body = b'{"name": "J\\u00f6rg", "custom": {"roof": "gable"}, "address": {"city": "Bonn"}}'

    desk.post(body, form=form, media_type="application/json")

    lead = the_lead(desk)
    assert (lead["custom"], lead["address"]) == ({"roof": "gable"}, {"city": "Bonn"})


def test_a_value_that_no_own_field_can_have_is_kept_and_told(desk: Desk) -> None:
    own_field(desk, "roof", "choice", choices=CHOICES)
    own_field(desk, "area", "number")
    form = made(desk, fields=[{"field": name} for name in ("name", "custom.roof", "custom.area")])
    desk.client.delete("/v1/fields/area")

    desk.post({"name": "Jörg", "custom.roof": "Reet", "custom.area": "84"}, form=form)

    lead = the_lead(desk)
    assert lead["custom"] == {}
    told = [(each["field"], each["code"], each["value"]) for each in desk.receipts()[0]["problems"]]
    assert told == [("custom.roof", "invalid_choice", "Reet"), ("custom.area", "unknown_field", "84")]
    raw = desk.timeline(lead["id"])[0]["data"]["raw"]
    assert (raw["custom.roof"], raw["custom.area"]) == (["Reet"], ["84"])


def test_an_own_field_that_another_container_made_is_filled_at_once(desk: Desk) -> None:
    desk.get("/v1/leads")
    stale = documents._read[""]
    own_field(desk, "area", "number")
    form = made(desk, fields=[{"field": "name"}, {"field": "custom.area"}])
    documents._read[""] = stale

    desk.post({"name": "Jörg", "custom.area": "84"}, form=form)

    assert the_lead(desk)["custom"] == {"area": 84}


def test_a_hidden_preset_wins_over_whatever_is_posted(desk: Desk) -> None:
    fields = [{"field": "name"}, {"field": "tags", "hidden": True, "preset": "pv, messe"},
              {"field": "company", "hidden": True, "preset": "Käfer"}, {"field": "utm.source", "hidden": True,
              "preset": "messe"}]  # fmt: skip
    form = made(desk, fields=fields)

    desk.post({"name": "Jörg", "tags": "vip", "firma": "Andere GmbH", "_page": "https://a.example/?utm_source=x",
               "utm.source": "messe"}, form=form)  # fmt: skip

    lead = the_lead(desk)
    assert (lead["tags"], lead["company"], lead["utm"]) == (["pv", "messe"], "Käfer", {"source": "messe"})
    # what was posted instead is not lost, and what was not posted is not told as if it was
    (entry,) = desk.timeline(lead["id"])
    assert entry["data"]["fields"] == {"tags": "vip", "firma": "Andere GmbH"}
    assert entry["data"]["raw"] == {"name": ["Jörg"], "utm.source": ["x"]}


def test_what_no_form_asks_for_writes_no_tags(desk: Desk) -> None:
    desk.post({**JOERG, "tags": "vip", "status": "junk", "owner_id": "usr_1"})

    lead = the_lead(desk)
    assert (lead["tags"], lead["status"], lead["owner_id"]) == ([], "new", None)


def test_where_a_lead_stands_is_no_field_of_a_form_even_in_one_stored_by_hand(desk: Desk) -> None:
    fields = [{"field": "status", "hidden": True, "preset": "junk"}, {"field": "owner_id"}]
    records.put("FORM", "frm_hand", {"name": "x", "fields": fields, "mapping": {"wo": "status", "id": "external_ids"}})

    desk.post({"name": "Jörg", "owner_id": "usr_1", "wo": "junk", "id": "7"}, form="frm_hand")

    lead = the_lead(desk)
    assert (lead["status"], lead["owner_id"], lead["external_ids"]) == ("new", None, {})
    assert desk.timeline(lead["id"])[0]["data"]["fields"] == {"owner_id": "usr_1", "wo": "junk", "id": "7"}


def test_a_mapping_overrides_what_a_name_means(desk: Desk) -> None:
    form = made(desk, mapping={"firma": "comment", "feld7": "phone", "telefon": ""})

    desk.post({"firma": "Bitte um Rückruf", "feld7": "030 12345678", "telefon": "keine Werbung"}, form=form)

    lead = the_lead(desk)
    assert (lead["company"], lead["comment"]) == (None, "Bitte um Rückruf")
    assert [phone["e164"] for phone in lead["phones"]] == ["+493012345678"]
    assert desk.timeline(lead["id"])[0]["data"]["fields"] == {"telefon": "keine Werbung"}


def test_a_form_sent_as_it_began_says_nothing(desk: Desk) -> None:
    own_field(desk, "roof", "choice", choices=CHOICES)
    form = made(desk, fields=[{"field": "name"}, {"field": "custom.roof", "preset": "flat"},
                              {"field": "title", "hidden": True, "preset": "Photovoltaik"}])  # fmt: skip
    untouched = {"name": "", "custom.roof": "flat", "title": "Photovoltaik"}

    script, browser = desk.post(untouched, form=form), desk.post(untouched, form=form, accept=BROWSER)
    changed = desk.post({**untouched, "custom.roof": "gable"}, form=form)

    assert [(reply.status) for reply in (script, browser, changed)] == [422, 422, 200]
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["created"]
    assert the_lead(desk)["title"] == "Photovoltaik"


# ── consent ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_agreed_to_is_kept_with_the_lead_as_it_was_shown(desk: Desk) -> None:
    form = made(desk, consents=[PRIVACY, {"id": "news", "text": "Rundbrief", "required": False}])
    page = "https://kaefer.example/pv"

    desk.post({**JOERG, "_consent": "privacy", "_lang": "de", "_page": page}, form=form)

    lead, (receipt,) = the_lead(desk), desk.receipts()
    assert lead["consent"] == [
        {"text": "Ich willige ein.", "version": "1", "at": receipt["received_at"], "page": page},
    ]  # fmt: skip
    assert desk.timeline(lead["id"])[0]["data"]["consents"] == [{"id": "privacy", "version": 1}]
    assert receipt["problems"] == []


@pytest.mark.parametrize(
    ("headers", "fields", "text"),
    [
        ({"Accept-Language": "de-DE,de;q=0.9"}, {}, "Ich willige ein."),
        ({"Accept-Language": "fr,de;q=0.5,en;q=0.1"}, {}, "Ich willige ein."),
        ({"Accept-Language": "de-DE"}, {"_lang": "en"}, "I agree."),
        ({"Accept-Language": "fr"}, {}, "I agree."),
        ({}, {}, "I agree."),
    ],
)
def test_the_text_is_the_one_that_the_visitor_saw(
    desk: Desk, headers: dict[str, str], fields: dict[str, str], text: str
) -> None:
    desk.post({**JOERG, "_consent": "privacy", **fields}, form=made(desk, consents=[PRIVACY]), **headers)

    assert [each["text"] for each in the_lead(desk)["consent"]] == [text]


def test_another_text_is_another_version_and_old_leads_keep_theirs(desk: Desk) -> None:
    form = made(desk, consents=[PRIVACY])
    desk.post({**JOERG, "_consent": "privacy"}, form=form)
    change(desk, f"/v1/forms/{form}", consents=[{**PRIVACY, "text": "Ich willige wirklich ein."}])

    desk.post({"name": "Änne", "email": "aenne@example.de", "_consent": "privacy"}, form=form)

    assert [[(each["version"], each["text"]) for each in lead["consent"]] for lead in desk.leads()] == [
        [("1", "I agree.")], [("2", "Ich willige wirklich ein.")],
    ]  # fmt: skip


def test_several_ticks_come_in_every_kind_of_body(desk: Desk) -> None:
    form = made(desk, consents=[PRIVACY, {"id": "news", "text": "Rundbrief"}])
    bodies = {
        "application/x-www-form-urlencoded": b"name=A&_consent=news&_consent=privacy&_consent=nix",
        "text/plain;charset=UTF-8": b'{"name": "B", "_consent": ["privacy", "news"]}',
        "application/json": b'{"name": "C", "_consent": "news", "_consent[]": "privacy"}',
    }

    for media_type, body in bodies.items():
        desk.post(body, form=form, media_type=media_type)

    assert [[each["text"] for each in lead["consent"]] for lead in desk.leads()] == [["I agree.", "Rundbrief"]] * 3


def test_a_tick_makes_it_another_submission(desk: Desk) -> None:
    form = made(desk, consents=[PRIVACY])

    for fields in (JOERG, {**JOERG, "_consent": "privacy"}, {**JOERG, "_consent": "privacy"}):
        desk.post({**fields, "_key": "k"}, form=form, **{"Sec-Fetch-Mode": "no-cors"})

    assert [(receipt["outcome"], receipt["deliveries"]) for receipt in desk.receipts()] == [
        ("attached", 2), ("created", 1),
    ]  # fmt: skip


def test_a_required_tick_that_is_missing_is_told_where_nobody_could_be_asked() -> None:
    form = {"consents": [PRIVACY | {"version": 1}, {"id": "news", "text": "x", "required": False, "version": 1}]}
    from datetime import UTC, datetime

    from chalicelib.domain.form import of_record

    raw = Raw("web_form", "frm_1", "x", datetime(2026, 11, 23, tzinfo=UTC), urlencode(JOERG).encode(),
              "application/x-www-form-urlencoded")  # fmt: skip

    inbound = web_form.read(raw, Reading(form=of_record("frm_1", form)))

    assert [(each.field, each.code, each.value) for each in inbound.problems] == [("_consent", "required", "privacy")]
    assert (inbound.consent, inbound.verdict) == ((), None)


@pytest.mark.parametrize("policy", ["attach", "update", "overwrite"])
def test_a_known_person_who_agrees_has_it_on_the_entry_and_where_it_may_on_the_lead(desk: Desk, policy: str) -> None:
    change(desk, "/v1/settings", on_duplicate={"web_form": policy})
    text = "Ich willige ein. " * 200
    form = made(desk, consents=[{"id": "privacy", "text": text}])
    desk.created(**JOERG, consent=[{"text": "Mündlich", "at": "2026-11-01T00:00:00Z"}])

    desk.post({**JOERG, "_consent": "privacy"}, form=form)
    desk.post({**JOERG, "nachricht": "noch einmal", "_consent": "privacy"}, form=form)

    lead = the_lead(desk)
    second, first, _ = desk.timeline(lead["id"])
    # evidence is never cut
    assert [each["text"] for each in first["data"]["consent"]] == [text.strip()]
    assert first["data"]["consents"] == [{"id": "privacy", "version": 1}]
    kept = [each["text"] for each in lead["consent"]]
    assert kept == (["Mündlich"] if policy == "attach" else ["Mündlich", text.strip(), text.strip()])
    assert second["data"]["consent"][0]["at"] > first["data"]["consent"][0]["at"]


# ── closed ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fields", [JOERG, {"geburtsdatum": "1980-02-29"}, {**JOERG, "_hp": "x"}])
def test_what_is_posted_to_a_closed_form_is_put_aside_and_thanked(desk: Desk, fields: dict[str, str]) -> None:
    form = made(desk)
    thanked = desk.post({"name": "Änne", "email": "aenne@example.de"}, form=form).json
    change(desk, f"/v1/forms/{form}", active=False)

    reply = desk.post(fields, form=form)

    assert (reply.status, reply.json["message"]) == (200, thanked["message"])
    receipt = desk.receipt(reply.json["receipt_id"])
    reason = "honeypot" if "_hp" in fields else "form_off"
    assert (receipt["outcome"], receipt["reason"], receipt["lead_id"]) == ("quarantined", reason, None)


def test_what_was_put_aside_is_released_by_the_form_as_it_is_by_then(desk: Desk) -> None:
    form = made(desk, active=False)
    receipt_id = desk.post({**JOERG, "_consent": "privacy"}, form=form).json["receipt_id"]
    kim = user(desk, "Kim")
    change(desk, f"/v1/forms/{form}", owner_id=kim, consents=[PRIVACY], status="in_process",
           fields=[{"field": "tags", "hidden": True, "preset": "spät"}])  # fmt: skip
    desk.wait(3_600)

    replayed = desk.client.post(f"/v1/intake/receipts/{receipt_id}/replay")
    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    assert (replayed.json["outcome"], released.json["outcome"]) == ("quarantined", "created")
    lead = the_lead(desk)
    assert (lead["owner_id"], lead["status"], lead["tags"]) == (kim, "in_process", ["spät"])
    assert lead["consent"][0]["at"] == lead["received_at"] == released.json["received_at"]


def test_a_pending_post_of_a_form_that_was_deleted_is_put_aside_and_can_be_released(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.services import intake

    form = made(desk, source="web_form", status="in_process")
    with monkeypatch.context() as patch:
        patch.setattr(intake, "_finish", lambda *_, **__: (_ for _ in ()).throw(RuntimeError))
        receipt_id = desk.post(JOERG, form=form).json["receipt_id"]
    desk.client.delete(f"/v1/forms/{form}")
    workspace.forget()

    desk.work("intake")
    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    assert (released.json["outcome"], released.json["id"]) == ("created", receipt_id)
    lead = the_lead(desk)
    assert (lead["status"], lead["source"], lead["source_detail"]) == ("new", "web_form", form)
