"""Stories of what is set: statuses, fields, sources, settings, users, keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from chalicelib.services import keys
from chalicelib.store import keys as table_keys
from chalicelib.store import records, transport
from tests.faults.entries import AENNE, Delivery, Entry, created_by_api, form, over_http, same_answers
from tests.faults.harness import Story
from tests.faults.world import API_KEY, World

Expect = Callable[[World, Story], Iterable[str]]


def at_settings(method: str, url: str, key: str = "k-1", **body: Any) -> Delivery:
    """Somebody sets something, with an Idempotency-Key."""
    options: dict[str, Any] = {"headers": {"Idempotency-Key": key}}
    if body:
        options["json"] = body
    return Delivery(lambda world: over_http(method, url, **options), ())


def changed_once(name: str, before: int = 0) -> Expect:
    """The document was changed once if anybody was told so, at most once anyhow, and all answers are the same."""

    def expect(world: World, story: Story) -> Iterable[str]:
        yield from same_answers(world, story)
        versions = [int(item.get("version", 0)) for item in world.of_type("cfg") if item["sk"] == name] or [0]
        allowed = (before + 1,) if story.acknowledged else (before, before + 1)
        if versions[0] not in allowed:
            yield f"the document '{name}' is at version {versions[0]}, not {allowed}"

    return expect


def content(world: World, name: str) -> Any:
    """What a document holds."""
    return next((json.loads(item["data"]) for item in world.of_type("cfg") if item["sk"] == name), {})


def kim_leaves(world: World) -> Any:
    """The one user there is becomes inactive."""
    (user,) = content(world, "users")["records"]
    return at_settings("PATCH", f"/v1/users/{user['id']}", active=False).send(world)


def key_revoked(world: World) -> Any:
    """The key that was made is revoked; asked again, too."""
    listed = [item["sk"] for item in world.of_type("key_entry") if item["sk"] not in _OURS]
    _LAST_REVOKED[:] = listed or _LAST_REVOKED
    return at_settings("DELETE", f"/v1/api-keys/{_LAST_REVOKED[0]}", "revoke").send(world)


_OURS = (keys.id_of(keys.digest_of(API_KEY)),)
_LAST_REVOKED: list[str] = []


def keys_are(before: int, after: int) -> Expect:
    """So many keys beside our own, each also in the list, and every answer the same."""

    def expect(world: World, story: Story) -> Iterable[str]:
        yield from same_answers(world, story)
        good = {item["pk"].removeprefix("KEY#") for item in world.of_type("key")}
        listed = {item["digest"] for item in world.of_type("key_entry")}
        if good != listed:
            yield f"{len(good)} keys are good, {len(listed)} are listed"
        if len(good) - 1 not in ((after,) if story.acknowledged else (before, after)):
            yield f"there are {len(good) - 1} keys, {after} were to be"

    return expect


def use_forgotten(world: World) -> None:
    """Nobody has noted yet that our key is used."""
    transport.update(table_keys.record("KEY", keys.digest_of(API_KEY)), "REMOVE #used")


# ── forms ─────────────────────────────────────────────────────────────────────────────────────────────────────────

#: All that a form can do to a lead, with the ids that `defined` fills in.
DEFINITION: dict[str, Any] = {
    "fields": [{"field": "custom.area"}, {"field": "tags", "hidden": True, "preset": "pv"}],
    "consents": [{"id": "privacy", "text": "Ich willige ein."}],
    "status": "in_process", "default_region": "AT", "mapping": {"feld7": "comment"},
}  # fmt: skip
FILLED_IN = {"custom.area": "84,5", "_consent": "privacy", "feld7": "Bitte um Rückruf"}


def forms_are(before: int, after: int, version: int = 1) -> Expect:
    """So many forms, each also in the list, none but as it should be, and every answer the same."""

    def expect(world: World, story: Story) -> Iterable[str]:
        yield from same_answers(world, story)
        there = {item["pk"].removeprefix("FORM#"): item.get("version", 1) for item in world.of_type("form")}
        listed = {item["sk"] for item in world.of_type("form_entry")}
        if there.keys() != listed and story.acknowledged:
            yield f"the forms are {sorted(there)}, the list has {sorted(listed)}"
        if len(there) not in ((after,) if story.acknowledged else (before, after)):
            yield f"there are {len(there)} forms, {after} were to be"
        newest = max(there.values(), default=version)
        if newest not in ((version,) if story.acknowledged else (version - 1, version)):
            yield f"a form is at version {newest}, not {version}"

    return expect


def defined(world: World) -> None:
    """The demo form gets an owner, a rule and whatever else a form can have."""
    kim = over_http("POST", "/v1/users", json={"name": "Kim Käfer"})["body"]["id"]
    over_http("POST", "/v1/fields", json={"name": "area", "type": "number", "label": "Fläche"})
    more = {"owner_id": kim, "assignment": {"mode": "in_turn", "users": [kim]}}
    over_http("PATCH", "/v1/forms/frm_demo", json={**DEFINITION, **more})


def closed(world: World) -> None:
    """The demo form takes no posts any more."""
    over_http("PATCH", "/v1/forms/frm_demo", json={"active": False})


def by_hand(world: World) -> None:
    """A record as people stored it before there was a call, in the place of the demo form."""
    records.put("FORM", "frm_hand", {"name": "Von Hand"})


def a_lead_begins_as_the_form_says(world: World, story: Story) -> Iterable[str]:
    """Owner, status, own field, tag and evidence, all of them or there is no lead."""
    (kim,) = content(world, "users")["records"]
    for lead in world.of_type("lead"):
        details = lead["details"]
        begun = (lead.get("owner"), lead["status"], details.get("custom"), lead.get("tags"), details.get("comment"))
        if begun != (kim["id"], "in_process", {"area": "84.5"}, ["pv"], "Bitte um Rückruf"):
            yield f"a lead begins as {begun}"
        if [each["text"] for each in details.get("consent", ())] != ["Ich willige ein."]:
            yield f"a lead has the evidence {details.get('consent')}"


def evidence_is_on_the_entry(world: World, story: Story) -> Iterable[str]:
    """Whoever was known before agreed on the timeline."""
    for entry in world.of_type("form_submission"):
        if [each["text"] for each in entry["data"].get("consent", ())] != ["Ich willige ein."]:
            yield f"an entry has the evidence {entry['data'].get('consent')}"


def form_entries(entry: Callable[..., Entry]) -> list[Entry]:
    """Definitions written, and what is posted to a form that has everything."""
    posts, in_process = "POST /f/{form_id}", form(AENNE, **FILLED_IN)
    in_process = replace(in_process, sent=tuple(replace(sent, state=" in_process") for sent in in_process.sent))
    definition, known = Delivery(defined, ()), created_by_api(AENNE)
    made = at_settings("POST", "/v1/forms", name="Photovoltaik", **DEFINITION | {"fields": [{"field": "name"}]})
    return [
        entry("form made", "POST /v1/forms", made, expect=forms_are(1, 2)),
        entry("form changed", "PATCH /v1/forms/{form_id}",
              at_settings("PATCH", "/v1/forms/frm_demo", hosts=["kaefer.example"]), expect=forms_are(1, 1, 2)),
        entry("form stored by hand, changed", "PATCH /v1/forms/{form_id}",
              at_settings("PATCH", "/v1/forms/frm_hand", active=False), arrange=by_hand, expect=forms_are(2, 2, 2)),
        entry("form deleted", "DELETE /v1/forms/{form_id}", at_settings("DELETE", "/v1/forms/frm_demo"),
              expect=forms_are(1, 0)),
        entry("form with a definition, new person", posts, in_process, definition,
              expect=a_lead_begins_as_the_form_says),
        entry("form with a definition, known person", posts, form(AENNE, **FILLED_IN), definition, known,
              expect=evidence_is_on_the_entry),
        entry("form that is closed", posts, form(AENNE, verdict="quarantined"), Delivery(closed, ())),
    ]  # fmt: skip


# ── who gets a lead ───────────────────────────────────────────────────────────────────────────────────────────────


def least_busy(world: World) -> None:
    """Two users, of whom the one with less to do gets each new lead."""
    made = [over_http("POST", "/v1/users", json={"name": name})["body"]["id"] for name in ("Kim Käfer", "Jo Käfer")]
    over_http("PATCH", "/v1/settings", json={"assignment": {"mode": "least_busy", "users": made}})
    # leads are counted for each user and open status: one status has the same ways to fail in a third of the calls
    for status in ("in_process", "processed"):
        over_http("DELETE", f"/v1/statuses/{status}")


def every_lead_has_the_owner_it_was_given(world: World, story: Story) -> Iterable[str]:
    """Each new lead has one of the users, the one its beginning tells of; so has its open task."""
    users = {user["id"] for user in content(world, "users")["records"]}
    owners = {}
    for lead in world.of_type("lead"):
        owners[lead["pk"]] = lead.get("owner")
        told = lead["opening"].get("data", {}).get("assigned", {})
        if lead.get("owner") not in users or told.get("owner_id") != lead["owner"]:
            yield f"a lead is {lead.get('owner')}'s, its beginning tells of {told}"
    for task in world.of_type("task"):
        if task.get("owner") != owners[task["pk"]]:
            yield f"a task is {task.get('owner')}'s, its lead {owners[task['pk']]}'s"


#: Stories that open a lead by a rule, too: one for each function.
ASSIGNED = ("API create", "CSV object", "mail, new person", "intake queue: a pending receipt", "sweep: a pending form")


def assigned_entries(entries: Iterable[Entry]) -> list[Entry]:
    """The stories of `ASSIGNED` with a rule for who gets the lead."""
    rule = Delivery(least_busy, ())
    return [
        replace(each, name=f"{each.name}, assigned", before=(rule, *each.before),
                expect=every_lead_has_the_owner_it_was_given, long=each.always_redelivered)
        for each in entries
        if each.name in ASSIGNED
    ]  # fmt: skip


def settings_entries(entry: Callable[..., Entry]) -> list[Entry]:
    """The stories; `entry` makes one of name, door, delivery and deliveries before."""
    status = at_settings("POST", "/v1/statuses", "before", id="on_site", name="Vor Ort", kind="open")
    source = at_settings("POST", "/v1/sources", "before", id="messe", name="Messe Köln")
    field = at_settings("POST", "/v1/fields", "before", name="roof_area", type="number", label="Dachfläche")
    user = at_settings("POST", "/v1/users", "before", name="Kim Käfer")
    key = at_settings("POST", "/v1/api-keys", name="Messe-App", scopes=["leads:write"])
    order = ["junk", "new", "in_process", "processed", "converted"]
    return [
        entry("status made", "POST /v1/statuses",
              at_settings("POST", "/v1/statuses", id="on_site", name="Vor Ort", kind="open"),
              expect=changed_once("statuses")),
        entry("status changed", "PATCH /v1/statuses/{status_id}",
              at_settings("PATCH", "/v1/statuses/on_site", name="Besichtigung", position=1), status,
              expect=changed_once("statuses", 1)),
        entry("status deleted", "DELETE /v1/statuses/{status_id}",
              at_settings("DELETE", "/v1/statuses/on_site"), status, expect=changed_once("statuses", 1)),
        entry("statuses put in order", "PUT /v1/statuses/order",
              at_settings("PUT", "/v1/statuses/order", ids=order), expect=changed_once("statuses")),
        entry("source made", "POST /v1/sources", at_settings("POST", "/v1/sources", id="messe", name="Messe Köln"),
              expect=changed_once("sources")),
        entry("source renamed", "PATCH /v1/sources/{source_id}",
              at_settings("PATCH", "/v1/sources/messe", name="Messe"), source, expect=changed_once("sources", 1)),
        entry("source deleted", "DELETE /v1/sources/{source_id}", at_settings("DELETE", "/v1/sources/messe"), source,
              expect=changed_once("sources", 1)),
        entry("field made", "POST /v1/fields",
              at_settings("POST", "/v1/fields", name="roof_area", type="number", label="Dachfläche"),
              expect=changed_once("fields")),
        entry("field changed", "PATCH /v1/fields/{field_name}",
              at_settings("PATCH", "/v1/fields/roof_area", required="always", position=1), field,
              expect=changed_once("fields", 1)),
        entry("field deleted", "DELETE /v1/fields/{field_name}", at_settings("DELETE", "/v1/fields/roof_area"), field,
              expect=changed_once("fields", 1)),
        entry("settings changed", "PATCH /v1/settings",
              at_settings("PATCH", "/v1/settings", currency="CHF", business_hours={"from": "08:00"}),
              expect=changed_once("settings")),
        entry("user made", "POST /v1/users", at_settings("POST", "/v1/users", name="Kim Käfer"),
              expect=changed_once("users")),
        entry("user changed", "PATCH /v1/users/{user_id}", Delivery(kim_leaves, ()), user,
              expect=changed_once("users", 1)),
        entry("API key made", "POST /v1/api-keys", key, expect=keys_are(0, 1)),
        entry("API key revoked", "DELETE /v1/api-keys/{key_id}", Delivery(key_revoked, ()), key,
              expect=keys_are(1, 0)),
        *form_entries(entry),
        entry("first request of a key in this hour", "POST /v1/leads", created_by_api(AENNE, key="k-1"),
              arrange=use_forgotten, expect=same_answers),
    ]  # fmt: skip
