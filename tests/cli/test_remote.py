"""What comes between us and the API: who is asked, how often, and how it is told when it fails."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import urllib3

from cli.main import COMMANDS
from tests.cli.conftest import Ended, run
from tests.cli.scripted import Answer, in_turn, scripted
from tests.desk import Desk
from tests.faults.world import API_KEY

ROOT = Path(__file__).resolve().parent.parent.parent
KEY = "lk_secret_of_the_test"
MADE = Answer(201, {"id": "lead_0J5Q2M8T3XA", "outcome": "created", "title": "Änne"})
AENNE = ("create", "--name", "Änne", "--email", "aenne@example.de")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What would have been waited."""
    waited: list[float] = []
    monkeypatch.setattr(urllib3.util.retry.time, "sleep", waited.append)
    return waited


def typed(url: str, *arguments: str, **environment: str | None) -> Ended:
    return run(*arguments, **{"LEADGER_URL": url, "LEADGER_KEY": KEY, **environment})


def test_a_throttled_write_comes_again_under_the_same_key_after_as_long_as_asked(no_waiting: list[float]) -> None:
    busy = Answer(503, {"code": "busy"}, {"Retry-After": "7"})
    with scripted(in_turn(busy, busy, MADE)) as server:
        ended = typed(server.url, *AENNE)

    assert ended.code == 0
    assert no_waiting == [7, 7]
    assert len({asked.headers["Idempotency-Key"] for asked in server.asked}) == 1
    assert [asked.body for asked in server.asked] == [{"name": "Änne", "email": "aenne@example.de"}] * 3


def test_an_answer_that_got_lost_is_asked_for_again_under_the_same_key() -> None:
    with scripted(in_turn(None, MADE)) as server:
        ended = typed(server.url, *AENNE)

    assert ended.code == 0
    assert len({asked.headers["Idempotency-Key"] for asked in server.asked}) == 1
    assert len(server.asked) == 2


def test_two_commands_have_two_keys() -> None:
    with scripted(in_turn(MADE)) as server:
        typed(server.url, *AENNE)
        typed(server.url, *AENNE)

    assert len({asked.headers["Idempotency-Key"] for asked in server.asked}) == 2


def test_nobody_waits_an_hour_because_a_server_says_so(no_waiting: list[float]) -> None:
    with scripted(in_turn(Answer(503, {}, {"Retry-After": "3600"}), MADE)) as server:
        assert typed(server.url, *AENNE).code == 0

    assert max(no_waiting) <= 30


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(401, {"code": "unauthenticated", "detail": "no"}), "does not know this key (401)"),
        (Answer(403, {"code": "scope_missing", "detail": "This key lacks the scope 'leads:write'"}),
         "does not allow this (403). This key lacks the scope 'leads:write'"),
        (Answer(429, {"code": "slow_down"}), "wants fewer requests (429)"),
        (Answer(500, {"code": "internal_error", "request_id": "r-1"}), "failed (500; request r-1)"),
        (Answer(503, {"code": "busy"}), "failed (503)"),
        (Answer(502, b"<html>"), "failed (502)"),
        (Answer(200, b"<html>Welcome"), "answers, but not as Leadger does (200)"),
        (Answer(301, b"", {"Location": "https://elsewhere.example/"}), "not as Leadger does (301)"),
        (Answer(404, b"nginx"), "not as Leadger does (404)"),
        (None, "cannot be reached"),
    ],
)  # fmt: skip
def test_who_cannot_or_will_not_answer_is_told_in_a_sentence_and_ends_with_3(
    answer: Answer | None, sentence: str
) -> None:
    with scripted(in_turn(answer)) as server:
        ended = typed(server.url, *AENNE)

    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith(f"Error: {server.url.removeprefix('http://')} ")
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1


def test_what_nobody_listens_to_ends_with_3_and_tells_nothing_that_was_asked_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    ended = typed(f"http://127.0.0.1:{port}", "list", "--email", "aenne@example.de")

    assert (ended.code, ended.out) == (3, "")
    assert ended.err == f"Error: 127.0.0.1:{port} cannot be reached: nothing listens there\n"


def test_no_such_host_ends_with_3() -> None:
    ended = typed("https://leads.invalid", "list")

    assert ended.code == 3
    assert "leads.invalid cannot be reached: no such host" in ended.err


@pytest.mark.parametrize("answer", [Answer(500, {}), Answer(401, {}), Answer(422, {"code": "x", "detail": "y"}), None])
@pytest.mark.parametrize("command", [AENNE, ("list", "--phone", "+4917604069012"), ("show", "lead_0J5Q2M8T3XA")])
def test_neither_key_nor_person_is_told_on_stderr(answer: Answer | None, command: tuple[str, ...]) -> None:
    with scripted(in_turn(answer)) as server:
        ended = typed(server.url, *command)

    assert ended.code in (1, 2, 3)
    for secret in (KEY, "aenne", "Änne", "04069012"):
        assert secret not in ended.err + ended.out


def test_the_key_goes_to_the_address_only_and_is_not_carried_elsewhere() -> None:
    with scripted(in_turn(Answer(200, {"data": []}))) as elsewhere:
        away = Answer(307, b"", {"Location": f"{elsewhere.url}/v1/leads"})
        with scripted(in_turn(away)) as server:
            assert typed(server.url, "list").code == 3

    assert elsewhere.asked == []
    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_a_run_that_is_stopped_says_how_it_goes_on() -> None:
    done = Answer(207, {"results": [{"status": 201, "id": "lead_1", "outcome": "created"}] * 100})
    with scripted(in_turn(done, Answer(500, {}))) as server:
        given = "".join(json.dumps({"name": str(number)}) + "\n" for number in range(150))
        ended = run("create", "--run-id", "messe", given=given, LEADGER_URL=server.url, LEADGER_KEY=KEY)

    assert ended.code == 3
    assert len(ended.lines) == 100
    assert "--run-id messe" in ended.err


# ── where to ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_local_run_is_found_by_its_dev_json(address: str, desk: Desk, tmp_path: Path) -> None:
    desk.created(name="Änne")
    (tmp_path / "dev.json").write_text(json.dumps({"api_url": address, "api_key": API_KEY}))

    ended = run("list", LEADGER_DATA=str(tmp_path), LEADGER_URL=None, LEADGER_KEY=None)

    assert [lead["name"] for lead in ended.lines] == ["Änne"]


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "start it with 'make run'"),
        ({"LEADGER_URL": "https://leads.example.de"}, "--key (or LEADGER_KEY) is missing"),
        ({"LEADGER_KEY": KEY}, "--url (or LEADGER_URL) is missing"),
        ({"LEADGER_URL": "leads.example.de", "LEADGER_KEY": KEY}, "--url is an address like"),
        ({"LEADGER_URL": "ftp://leads.example.de", "LEADGER_KEY": KEY}, "--url is an address like"),
        ({"LEADGER_URL": "https://leads.example.de:port", "LEADGER_KEY": KEY}, "--url is an address like"),
        ({"LEADGER_URL": "https://a:b@leads.example.de", "LEADGER_KEY": KEY}, "--url is an address like"),
        ({"LEADGER_URL": "https://leads.example.de", "LEADGER_KEY": "lk_ä"}, "--key is no API key"),
        ({"LEADGER_URL": "https://leads.example.de", "LEADGER_KEY": "lk_a\nX: y"}, "--key is no API key"),
    ],
)
def test_an_address_and_a_key_belong_together(tmp_path: Path, environment: dict[str, str], sentence: str) -> None:
    nothing = {"LEADGER_DATA": str(tmp_path), "LEADGER_URL": None, "LEADGER_KEY": None}

    ended = run("list", **{**nothing, **environment})

    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.err
    assert KEY not in ended.err


def test_a_broken_dev_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "dev.json").write_text("{")

    ended = run("list", LEADGER_DATA=str(tmp_path), LEADGER_URL=None, LEADGER_KEY=None)

    assert ended.code == 2
    assert "cannot be read" in ended.err


# ── as a process of its own ───────────────────────────────────────────────────────────────────────────────────────


def environment_of(url: str, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LEADGER_")}
    return {**ours, "LEADGER_URL": url, "LEADGER_KEY": KEY, **more}


def many(number: int) -> Answer:
    card = {
        "id": "lead_0J5Q2M8T3XA",
        "title": "Änne Öztürk",
        "name": "Änne Öztürk",
        "created_at": "2026-11-23T08:15:00.000Z",
    }
    return Answer(200, {"data": [card] * 200, "next_cursor": "more" if number else None})


def test_a_pipe_closed_early_is_no_error() -> None:
    with scripted(lambda _: many(1)) as server:
        command = f"{sys.executable} -m cli list --all | head -n 3"
        ended = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=ROOT, env=environment_of(server.url),
                               capture_output=True, timeout=60, check=False)  # fmt: skip

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert len(ended.stdout.splitlines()) == 3


def test_ctrl_c_ends_a_tail_with_0() -> None:
    asked = threading.Event()

    def nothing(_: Any) -> Answer:
        asked.set()
        return Answer(200, {"data": [], "next_cursor": None})

    with scripted(nothing) as server:
        process = subprocess.Popen([sys.executable, "-m", "cli", "tail"], cwd=ROOT, env=environment_of(server.url),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (0, b"", b"")


def test_umlauts_are_utf_8_whatever_the_locale_says() -> None:
    command = [sys.executable, "-m", "cli", "list", "--limit", "1"]
    with scripted(lambda _: many(0)) as server:
        for locale in ({"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}):
            environment = environment_of(server.url, **locale)
            ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)

            assert json.loads(ended.stdout.decode())["name"] == "Änne Öztürk"


def test_a_terminal_gets_a_table_without_being_asked() -> None:
    with scripted(lambda _: many(0)) as server:
        out = on_a_terminal(server.url, "list", "--limit", "1")

    assert "Änne Öztürk" in out
    assert "{" not in out


def on_a_terminal(url: str, *arguments: str) -> str:
    """What a terminal shows."""
    ours, theirs = pty.openpty()
    environment = environment_of(url, COLUMNS="100", TERM="dumb")
    process: Any = subprocess.Popen([sys.executable, "-m", "cli", *arguments], cwd=ROOT, env=environment,
                                    stdin=theirs, stdout=theirs, stderr=theirs)  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux says so when the other side is closed
            break
        if not part:
            break
        shown += part
    os.close(ours)
    assert process.wait(30) == 0, shown.decode()
    return shown.decode()


def test_help_names_every_command() -> None:
    ended = run("--help")

    assert ended.code == 0
    assert all(f"  {name} " in ended.out for name in COMMANDS)
