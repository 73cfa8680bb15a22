"""Settings and keys: cached for thirty seconds, and what was not there is always looked up anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.errors import Unauthenticated
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Raw
from chalicelib.services import keys, workspace
from chalicelib.store import records
from tests.faults.world import World

KEY = "lk_test_key_of_the_messe_app"


def test_a_form_is_known_for_thirty_seconds_after_it_was_read(world: World) -> None:
    at = world.clock.now()
    records.put("FORM", "frm_1", {"name": "alt"})
    workspace.form("frm_1", at)
    records.put("FORM", "frm_1", {"name": "neu"})

    names = [workspace.form("frm_1", at + timedelta(seconds=s)).name for s in (1, 29, 31)]

    assert names == ["alt", "alt", "neu"]


def test_what_was_not_there_is_looked_for_again_at_once(world: World) -> None:
    at = world.clock.now()
    assert workspace.form("frm_1", at) is None

    records.put("FORM", "frm_1", {"name": "neu"})

    assert workspace.form("frm_1", at) == Form("frm_1", name="neu")


def test_settings_have_defaults_under_what_is_stored(world: World) -> None:
    at = world.clock.now()
    records.put("CFG", "settings", {"default_region": "AT"})
    workspace.forget()

    settings = workspace.settings(at)

    assert (settings["default_region"], settings["time_zone"], settings["currency"]) == ("AT", "Europe/Berlin", "EUR")


def test_a_reader_knows_what_its_form_channel_or_mailbox_says(world: World) -> None:
    at = world.clock.now()
    records.put("CFG", "settings", {"own_domains": ["kaefer.example"], "our_numbers": ["+49301"]})
    records.put("CHANNEL", "chn_at", {"default_region": "AT", "our_numbers": ["+431"]})
    records.put("FORM", "frm_1", {"mapping": {"feld_7": "company"}})
    workspace.forget()

    call = workspace.reading(Raw("call", "chn_at", "1", at), at)
    form = workspace.reading(Raw("web_form", "frm_1", "1", at), at)
    mail = workspace.reading(Raw("email", "leads@leadger.test", "1", at), at)

    assert (call.default_region, call.our_numbers) == ("AT", {"+49301", "+431"})
    assert (form.default_region, form.mapping) == ("DE", {"feld_7": "company"})
    assert (mail.own_domains, mail.own_addresses) == ({"kaefer.example"}, {"leads@leadger.test"})


def test_a_key_is_stored_as_a_hash_only(world: World) -> None:
    secret = keys.new_secret()
    caller = keys.store(secret, name="Messe-App", scopes=["leads:read"], at=world.clock.now())

    assert keys.caller_of(secret, world.clock.now()) == caller
    assert (caller.name, caller.scopes) == ("Messe-App", {"leads:read"})
    assert secret not in repr(world.items())
    assert secret.startswith("lk_")
    assert len({keys.new_secret() for _ in range(50)}) == 50


def test_a_wrong_key_is_never_remembered_and_a_revoked_one_for_thirty_seconds(world: World) -> None:
    at = world.clock.now()
    with pytest.raises(Unauthenticated):
        keys.caller_of(KEY, at)
    keys.store(KEY, name="Messe-App", scopes=[], at=at)
    keys.caller_of(KEY, at)
    for item in world.of_type("key"):
        from chalicelib.store import transport

        transport.transact([transport.Delete("key", (item["pk"], item["sk"]))])

    keys.caller_of(KEY, at + timedelta(seconds=29))
    with pytest.raises(Unauthenticated):
        keys.caller_of(KEY, at + timedelta(seconds=31))


def test_preparing_twice_changes_nothing(world: World) -> None:
    before = {item["pk"] for item in world.items()}

    workspace.prepare(api_key="lk_test_key_of_the_fault_harness", call_key="call-key", at=world.clock.now())

    assert {item["pk"] for item in world.items()} == before


def test_all_workers_sign_cursors_with_one_secret(world: World) -> None:
    first = workspace.cursor_secret(world.clock.now())
    workspace.forget()

    assert workspace.cursor_secret(world.clock.now()) == first
    assert len(first) == 32
