"""R1: everything accepted becomes exactly one outcome, whatever dies when. Every door, every wire call, every kind."""

import contextlib
from collections import Counter

import pytest

from chalicelib.domain.inbound import Raw
from chalicelib.sources import SOURCES, csv_file
from chalicelib.store.queues import packed
from tests.faults.entries import all_entries, app, doors_of, settle, told
from tests.faults.harness import Crash, Refused, Schedule, play, try_everything

#: Double faults of one door, spread over its entries.
DOUBLES, MANY_DOUBLES = 25, 150
FORM = "application/x-www-form-urlencoded"
NAMES = [pytest.param(entry.name, marks=[pytest.mark.long] if entry.long else []) for entry in all_entries(None)]
_ENTRIES_OF = Counter(door for entry in all_entries(None) for door in entry.doors)


def entry_named(world, name):
    return next(entry for entry in all_entries(world) if entry.name == name)


def share(entry, doubles):
    return -(-doubles // _ENTRIES_OF[entry.doors[0]])


@pytest.mark.parametrize("name", NAMES)
def test_whatever_goes_wrong_one_inbound_has_one_outcome(world, name):
    entry = entry_named(world, name)

    report = try_everything(entry, doubles=share(entry, DOUBLES))

    assert not report.violations, str(report)


@pytest.mark.parametrize("name", NAMES)
def test_indexes_that_lag_and_keys_left_over_cost_time_and_nothing_else(world, name, monkeypatch):
    monkeypatch.setattr(world.shim, "lagging", True)
    monkeypatch.setattr(world.shim, "unprocessed", 0.5)

    played = play(entry_named(world, name))

    assert played.violations == []


@pytest.mark.parametrize("when", [13, 19, 24])
def test_a_released_file_whose_worker_dies_is_imported_though_no_sweep_finds_it(world, when):
    died = Schedule(((1, "throttle"), (when, "crash after")), returns=False)

    assert play(entry_named(world, "release of a file"), died).violations == []


@pytest.mark.parametrize("door", ["form", "mail"])
def test_an_input_that_kills_the_process_is_left_to_a_person_after_three_replays(world, door, monkeypatch):
    entry = entry_named(world, {"form": "form, new person", "mail": "mail, new person"}[door])
    entry.reset()
    monkeypatch.setitem(SOURCES, {"form": "web_form", "mail": "email"}[door], killing)

    live_on(entry, minutes=12)

    assert told(world) == [f"1 {'web_form' if door == 'form' else 'email'} needs_attention"]
    assert world.is_quiet()


def test_a_file_that_kills_the_process_is_left_to_a_person_and_keeps_nobody_waiting(world, monkeypatch):
    entry = entry_named(world, "CSV object")
    entry.reset()
    monkeypatch.setattr("chalicelib.sources.csv_file.open_table", killing)
    raw = Raw("web_form", "frm_demo", "frm_demo:left", world.clock.now(), b"name=J%C3%B6rg", FORM)
    world.send_dead_letter("intake", {"raw": packed(raw)})

    live_on(entry, minutes=12)

    assert told(world) == [
        "Jörg by web_form []: 1 form_submission; 0 tasks",
        "1 csv needs_attention",
        "1 web_form created",
    ]
    assert world.is_quiet()


def test_a_row_that_kills_its_worker_is_refused_and_its_neighbours_are_imported(world, monkeypatch):
    entry = entry_named(world, "CSV object")
    entry.reset()
    read = csv_file.inbound_of
    first = []

    def deadly(row, raw):
        first[:] = first or [row.number]
        return killing() if row.number == first[0] else read(row, raw)

    monkeypatch.setattr(csv_file, "inbound_of", deadly)

    live_on(entry, minutes=90)

    (job,) = world.of_type("import")
    refused = [row["code"] for row in world.of_type("job_row") if row["outcome"] == "rejected"]
    assert (job["status"], job["cursor"]) == ("done", job["total"])
    assert refused.count("not_stored") == 1  # the file has a row that says nothing, too
    assert job["rejected_rows"] == len(refused)
    assert world.is_quiet()


def killing(*arguments, **named):
    raise Crash("the reader")


def live_on(entry, minutes):
    """The sender, the queues and the schedule go on, whoever dies."""
    with contextlib.suppress(Crash, Refused):
        entry.deliver()
    for _ in range(minutes):
        with contextlib.suppress(Crash):
            settle(entry.world)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_whatever_goes_wrong_twice_one_inbound_has_one_outcome(world, name):
    entry = entry_named(world, name)

    report = try_everything(entry, doubles=share(entry, MANY_DOUBLES), seed="long")

    assert not report.violations, str(report)


def test_every_door_is_tried():
    tried = {door for entry in all_entries(None) for door in entry.doors}

    assert doors_of(app()) - tried == set()


def test_no_door_is_tried_that_is_not_there():
    tried = {door for entry in all_entries(None) for door in entry.doors}

    assert tried - doors_of(app()) == set()
