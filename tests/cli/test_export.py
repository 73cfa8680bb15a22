"""`leads export`: a file that is there whole or not at all."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli import export
from tests.cli.conftest import Ended, run
from tests.cli.scripted import Answer, Asked, Scripted, scripted

CSV = "id;Name\r\nlead_0J5Q2M8T3XA;Änne Öztürk\r\n".encode()
ID = "exp_0J5Q2M8T3XA"


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(export.time, "sleep", pauses.append)
    return pauses


def over_there(server: Callable[[], Scripted], *, looks: int = 2, file: Answer | None = None, **last: Any) -> Any:
    """An export that is done after some looks."""
    left = [looks]

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/files/"):
            return file or Answer(200, CSV)
        going = {"id": ID, "job_id": "job_0J5Q2M8T3XA", "status": "running", "total": 2, "done": 1, "url": None}
        if asked.method == "POST":
            return Answer(202, {**going, "status": "queued"}, {"Location": "/v1/jobs/job_0J5Q2M8T3XA"})
        left[0] -= 1
        if left[0] > 0:
            return Answer(200, going)
        done = {**going, "status": "done", "done": 2, "url": f"{server().url}/files/1?signature=secret"}
        return Answer(200, {**done, **last})

    return answer


def exported(*arguments: str, **how: Any) -> tuple[Ended, Scripted]:
    running: list[Scripted] = []
    with scripted(over_there(lambda: running[0], **how)) as server:
        running.append(server)
        ended = run("export", *arguments, LEADGER_URL=server.url, LEADGER_KEY="lk_of_the_test")
    return ended, server


def test_an_export_is_asked_for_awaited_and_fetched(tmp_path: Path, waited: list[float]) -> None:
    out = tmp_path / "leads.csv"

    ended, server = exported("--out", str(out), "--status", "new", "--kind", "open", "--fields", "id, name")

    assert (ended.code, ended.err) == (0, "")
    assert ended.json == {"id": ID, "leads": 2, "bytes": len(CSV), "file": str(out)}
    assert out.read_bytes() == CSV
    assert server.asked[0].body == {
        "filters": {"status": ["new"], "kind": "open"}, "format": "csv", "fields": ["id", "name"],
    }  # fmt: skip
    assert waited == [0.5, 0.75]
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_our_key_is_not_for_who_keeps_the_file(tmp_path: Path) -> None:
    _, server = exported("--out", str(tmp_path / "leads.csv"))

    assert "Authorization" in server.asked[0].headers
    assert "Authorization" not in server.asked[-1].headers


@pytest.mark.parametrize(("name", "arguments", "form"), [("l.jsonl", [], "jsonl"), ("l.txt", [], "csv"),
                                                         ("l.csv", ["--format", "jsonl"], "jsonl")])  # fmt: skip
def test_the_format_follows_the_name_unless_said(tmp_path: Path, name: str, arguments: list[str], form: str) -> None:
    _, server = exported("--out", str(tmp_path / name), *arguments)

    assert server.asked[0].body["format"] == form


def test_the_file_can_go_to_standard_output() -> None:
    ended, _ = exported("--out", "-")

    assert ended.out.encode() == CSV


@pytest.mark.parametrize(
    ("how", "code", "sentence"),
    [
        ({"status": "failed", "url": None, "failure": {"code": "gave_up", "detail": "3 attempts"}}, 1, "3 attempts"),
        ({"status": "cancelled", "url": None}, 1, "was not made: cancelled"),
        ({"url": None}, 1, "is not kept any more"),
        ({"file": Answer(403, b"<Error>expired")}, 3, "does not give the file (403)"),
        ({"file": Answer(200, CSV, {"Content-Length": "9999"})}, 3, "does not give the whole file"),
    ],
)
def test_what_is_not_whole_is_no_file_and_leaves_the_old_one(
    tmp_path: Path, how: dict[str, Any], code: int, sentence: str
) -> None:
    out = tmp_path / "leads.csv"
    out.write_text("von gestern")

    ended, _ = exported("--out", str(out), **how)

    assert (ended.code, ended.out) == (code, "")
    assert sentence in ended.err
    assert "signature" not in ended.err
    assert out.read_text() == "von gestern"
    assert [path.name for path in tmp_path.iterdir()] == ["leads.csv"]


def test_one_that_was_left_alone_is_fetched_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(_: float) -> None:
        raise KeyboardInterrupt

    out = str(tmp_path / "leads.csv")
    monkeypatch.setattr(export.time, "sleep", leave)
    left, _ = exported("--out", out)
    again, server = exported("--out", out, "--id", ID, looks=1)

    assert (left.code, left.out) == (1, "")
    assert f"leads export --id {ID}" in left.err
    assert again.json["leads"] == 2
    assert [asked.method for asked in server.asked] == ["GET", "GET"]


@pytest.mark.parametrize("arguments", [[], ["--out", "/nirgends/leads.csv"], ["--out", "x", "--id", ID, "--tag", "a"]])
def test_what_is_typed_wrong_ends_with_2(arguments: list[str], tmp_path: Path) -> None:
    ended, _ = exported(*arguments)

    assert ended.code == 2
