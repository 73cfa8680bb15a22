"""R3: no duplicate person and nothing lost, in whatever order several of them write at once."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from random import Random

import pytest

from chalicelib.store import receipts
from tests.faults import entries
from tests.faults.entries import (
    AENNE,
    ENQUIRY,
    MAILED,
    Context,
    Delivery,
    call,
    created_by_api,
    file,
    form,
    left_pending,
    mail,
    object_created,
    settle,
    trigger,
    without,
)
from tests.faults.harness import REPORTS, Report
from tests.faults.interleave import Run, all_orders, run_once, sampled
from tests.faults.world import World

#: Schedules of one sampled set; all orders are played where there are no more than MOST.
MANY, MOST = 60, 150
PHONE_ONLY = without(AENNE, "email")


@dataclass
class Scene:
    """Several actors at once, from a given beginning, in many orders."""

    name: str
    world: World
    before: tuple[Delivery, ...] = ()
    arrange: Callable = lambda world: None
    actors: Iterable[Callable] = ()
    ends: list = field(default_factory=list)

    def play(self, *, all_up_to: int = 0) -> list[Run]:
        for delivery in self.before:
            delivery.send(self.world)
        settle(self.world)
        self.arrange(self.world)
        kept = self.world.keep()

        def reset():
            self.world.put_back(kept)
            return [lambda actor=actor: actor(self.world) for actor in self.actors]

        report, runs = Report(f"at once: {self.name}", 0), []
        REPORTS.append(report)
        began = time.perf_counter()
        orders = all_orders(reset, all_up_to, matters) if all_up_to else sampled(reset, MANY, matters)
        for run in orders:
            settle(self.world)
            wrong = self.world.violations() + [repr(r) for r in run.results if isinstance(r, BaseException)]
            report.runs += 1
            report.boundaries = max(report.boundaries, len(run.choices))
            if wrong:
                report.violations.append((run.choices, wrong))
            self.ends.append(entries.told(self.world))
            runs.append(run)
            report.seconds = time.perf_counter() - began
        assert not report.violations, str(report)
        return runs

    def different_ends(self) -> list[list[str]]:
        return sorted(map(list, {tuple(end) for end in self.ends}))


def matters(call) -> bool:
    """Settings, keys and forms are only read: their place in the order says nothing."""
    key = call.body.get("Key", {}).get("pk", {}).get("S", "")
    return not key.startswith(("CFG", "KEY#", "FORM#", "CHANNEL#", "MAILBOX#"))


def sending(*deliveries):
    return [delivery.send for delivery in deliveries]


def both(name="Änne Öztürk", source="web_form", kind="form_submission", tasks=0, times=2):
    return f"{name} by {source} ['+4917604069012', 'aenne@example.de']: {times} {kind}; {tasks} tasks"


def test_two_creates_by_api_at_once_give_an_original_and_a_duplicate(world):
    scene = Scene("two API creates", world, actors=sending(created_by_api(AENNE), created_by_api(AENNE)))

    scene.play(all_up_to=MOST)

    one = "Änne Öztürk by api ['+4917604069012', 'aenne@example.de']"
    expected = [f"{one} duplicate: 1 form_submission; 0 tasks", f"{one}: 1 form_submission; 0 tasks", "2 api created"]
    assert scene.different_ends() == [expected]


def test_a_create_and_one_that_is_born_closed_at_once_know_of_each_other(world):
    """Whoever comes second, only the closed one can be the other's duplicate, and is if it came second."""
    closed = created_by_api(AENNE, closed=True)
    scene = Scene("API create, created as junk", world, actors=sending(created_by_api(AENNE), closed))

    runs = scene.play(all_up_to=MOST)

    assert len(scene.different_ends()) == 2
    for run, end in zip(runs, scene.ends, strict=True):
        duplicates = [result["body"]["duplicate_of"] for result in run.results]
        assert duplicates[0] is None
        assert (duplicates[1] is None) == all(" duplicate" not in line for line in end)


def test_the_same_key_twice_at_once_gives_one_lead_and_equal_answers(world):
    scene = Scene("one Idempotency-Key", world, actors=sending(created_by_api(AENNE, "k"), created_by_api(AENNE, "k")))

    runs = scene.play(all_up_to=MOST)

    assert all(run.results[0] == run.results[1] for run in runs)
    assert scene.different_ends() == [[both(source="api", times=1), "1 api created"]]


def test_two_forms_of_one_person_at_once_are_one_lead(world):
    scene = Scene("two forms", world, actors=sending(form(AENNE, "k1"), form(AENNE, "k2")))

    scene.play(all_up_to=MOST)

    assert scene.different_ends() == [[both(), "1 web_form attached", "1 web_form created"]]


def test_the_same_form_twice_at_once_counts_once(world):
    scene = Scene("one form twice", world, actors=sending(form(AENNE), form(AENNE)))

    scene.play(all_up_to=MOST)

    assert scene.different_ends() == [[both(times=1), "1 web_form created"]]


def test_a_receipt_finished_without_its_condition_is_caught(world, monkeypatch):
    """The scenes themselves, tried on a door known to be bad: it writes an outcome over another one."""
    finish = receipts.finish

    def finish_whatever_stands(*arguments, **named):
        update = finish(*arguments, **named)
        values = {name: value for name, value in update.values.items() if name != ":seen"}
        return replace(update, condition="attribute_exists(pk)", values=values)

    monkeypatch.setattr(receipts, "finish", finish_whatever_stands)
    scene = Scene("one form twice, known to be bad", world, actors=sending(form(AENNE), form(AENNE)))

    with pytest.raises(AssertionError, match="I1 receipt"):
        scene.play(all_up_to=MOST)
    REPORTS.pop()


def test_three_forms_of_one_person_at_once_are_one_lead(world):
    scene = Scene("three forms", world, actors=sending(*(form(AENNE, key) for key in ("k1", "k2", "k3"))))

    scene.play()

    assert scene.different_ends() == [[both(times=3), "2 web_form attached", "1 web_form created"]]


def test_three_creates_by_api_at_once_have_one_original(world):
    scene = Scene("three API creates", world, actors=sending(*(created_by_api(AENNE) for _ in range(3))))

    scene.play()

    assert all(sum(" duplicate" in line for line in end) == 2 for end in scene.ends)


def test_a_create_and_an_attach_at_once_keep_the_claims_right(world):
    """Who comes second is attached, or is a duplicate, as its door says."""
    scene = Scene("API create, form", world, actors=sending(created_by_api(AENNE), form(AENNE)))

    scene.play(all_up_to=MOST)

    attached = ["Änne Öztürk by api ['+4917604069012', 'aenne@example.de']: 2 form_submission; 0 tasks",
                "1 api created", "1 web_form attached"]  # fmt: skip
    assert attached in scene.different_ends()
    assert all(end == attached or sum(" duplicate" in line for line in end) == 1 for end in scene.different_ends())


def test_form_mail_and_call_at_once_lose_nothing(world):
    arrange, announced = mail(ENQUIRY, "incoming/m1", MAILED)
    scene = Scene(
        "form, mail, call",
        world,
        arrange=arrange,
        actors=sending(form(AENNE), announced, call("missed", AENNE["phone"])),
    )

    scene.play()

    for end in scene.different_ends():
        assert sum(int(line.split()[0]) for line in end if line[0].isdigit()) == 3
        assert sum(line.endswith("; 1 tasks") for line in end) == 1


def test_two_forms_that_bring_the_same_new_phone_are_adopted_once(world):
    scene = Scene(
        "two adoptions",
        world,
        before=(created_by_api(without(AENNE, "phone")),),
        actors=sending(form(AENNE, "k1"), form(AENNE, "k2")),
    )

    scene.play(all_up_to=MOST)

    expected = ["Änne Öztürk by api ['+4917604069012', 'aenne@example.de']: 3 form_submission; 0 tasks",
                "1 api created", "2 web_form attached"]  # fmt: skip
    assert scene.different_ends() == [expected]


def test_a_replay_the_queue_and_the_sender_at_once_settle_it_once(world):
    scene = Scene(
        "replay, queue, sender",
        world,
        arrange=left_pending(form(AENNE), after="PutItem"),
        actors=[entries.at_receipt("replay"), entries.taken_up, form(AENNE).send],
    )

    scene.play()

    assert scene.different_ends() == [[both(times=1), "1 web_form created"]]


def test_a_create_and_a_replay_of_one_person_at_once_are_one_lead_or_a_duplicate(world):
    scene = Scene(
        "API create, replay",
        world,
        arrange=left_pending(form(AENNE), after="PutItem"),
        actors=[created_by_api(AENNE).send, lambda world: entries.at_pending(world, "replay")],
    )

    scene.play(all_up_to=MOST)

    assert all(len([line for line in end if " by " in line and " duplicate" not in line]) == 1 for end in scene.ends)


def test_two_missed_calls_of_a_known_number_at_once_make_one_task(world):
    scene = Scene(
        "two missed calls",
        world,
        before=(created_by_api(AENNE),),
        actors=sending(call("missed", AENNE["phone"], "c-1"), call("missed", AENNE["phone"], "c-2")),
    )

    scene.play(all_up_to=MOST)

    line = "Änne Öztürk by api ['+4917604069012', 'aenne@example.de']: 2 call, 1 form_submission; 1 tasks"
    assert scene.different_ends() == [[line, "1 api created", "2 call attached"]]


def test_a_task_done_and_a_missed_call_at_once_leave_at_most_one_open_task(world):
    scene = Scene(
        "task done, missed call",
        world,
        before=(call("missed", AENNE["phone"], "c-1"),),
        actors=[entries.task_done, call("missed", AENNE["phone"], "c-2").send],
    )

    scene.play(all_up_to=MOST)

    ends = {end[0].rpartition("; ")[2] for end in scene.different_ends()}
    assert ends <= {"0 tasks", "1 tasks"}


def test_two_events_of_one_call_at_once_are_one_entry(world):
    scene = Scene(
        "two events of a call",
        world,
        actors=sending(call("answered", AENNE["phone"]), call("ended", AENNE["phone"])),
    )

    scene.play(all_up_to=MOST)

    line = "- by call ['+4917604069012']: 1 call, 1 event; 0 tasks"
    assert scene.different_ends() == [[line, "1 call attached", "1 call created"]]


@pytest.mark.parametrize("known", [(), (created_by_api(AENNE),)], ids=["stranger", "known"])
@pytest.mark.parametrize("before", [(), (call("ended", AENNE["phone"]),)], ids=["first", "after another event"])
def test_missed_and_answered_of_one_call_at_once_leave_no_open_task(world, known, before):
    scene = Scene(
        "missed and answered of a call",
        world,
        before=(*known, *before),
        actors=sending(call("missed", AENNE["phone"]), call("answered", AENNE["phone"])),
    )

    scene.play(all_up_to=MOST)

    assert {end[0].rpartition("; ")[2] for end in scene.different_ends()} == {"0 tasks"}


def test_two_workers_at_one_file_import_each_row_once(world):
    arrange, _ = file(entries.CSV, ())
    message = entries.sqs_event(object_created("incoming/Messe+K%C3%B6ln.csv"))
    scene = Scene(
        "two workers at one file",
        world,
        arrange=arrange,
        actors=[lambda world: trigger("imports")(message, None)] * 2,
    )

    scene.play()

    line = "Änne Öztürk by csv ['+4917604069012', 'aenne@example.de']: 2 import_row; 0 tasks"
    rows = ["1 csv accepted", "1 row attached", "1 row created", "1 row rejected"]
    assert scene.different_ends() == [[line, *rows]]


def test_the_sweep_and_a_late_worker_at_one_file_import_each_row_once(world):
    arrange, _ = file(entries.CSV, ())
    message = entries.sqs_event(object_created("incoming/Messe+K%C3%B6ln.csv"))

    def arranged(world):
        arrange(world)

    def swept(world):
        world.clock.wait(400)
        return entries.sweep(world)

    scene = Scene(
        "sweep and worker at one file",
        world,
        arrange=arranged,
        actors=[swept, lambda world: trigger("imports", Context)(message, None)],
    )

    scene.play()

    rows = ["1 csv accepted", "1 row attached", "1 row created", "1 row rejected"]
    assert all(end[1:] == rows for end in scene.different_ends())


def test_200_requests_with_one_key_20_at_a_time_are_one_lead_and_equal_answers(world):
    """R2."""
    bodies = []
    for number in range(10):
        run = run_once(sending_now(world, [created_by_api(AENNE, "k")] * 20), Random(number).choice, matters)
        bodies += [answer["body"] for answer in run.results]

    assert len(bodies) == 200
    assert all(body == bodies[0] for body in bodies)
    assert entries.told(world) == [both(source="api", times=1), "1 api created"]


def test_200_calls_of_one_number_20_at_a_time_are_one_lead_with_199_entries(world):
    """R3. Who finds no turn in four attempts is settled by the queue."""
    for number in range(10):
        calls = [call("missed", AENNE["phone"], f"c-{number}-{each}") for each in range(20)]
        run_once(sending_now(world, calls), Random(number).choice, matters)
        settle(world)

    line = "- by call ['+4917604069012']: 200 call; 1 tasks"
    assert entries.told(world) == [line, "199 call attached", "1 call created"]
    assert world.violations() == []


def sending_now(world, deliveries):
    return [lambda delivery=delivery: delivery.send(world) for delivery in deliveries]
