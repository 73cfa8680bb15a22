"""Made-up requests over the whole document: no server error, and nothing that the document does not say.

What is asked and what is excepted stands in schemathesis.toml. The answers are held against the document by our own
`contract` as well, which is stricter. In the end the desk looks at the invariants and counts its ledger.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chalicelib.api import openapi
from tests.api import stories
from tests.api.client import Client, Reply
from tests.contract import Broken, Contract
from tests.desk import Desk
from tests.faults.world import API_KEY, CALL_KEY
from tests.serving import served

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "schemathesis.toml"
#: Where in it those bounds begin that the thorough run goes without.
BOUNDS = "# ── for a few examples ──"
#: As many made-up requests an operation in `make test`, and in `make test-all`.
FEW, MANY = 5, 250


def run(desk: Desk, *options: str, configuration: Path = CONFIGURATION) -> tuple[str, Contract]:
    """Everything that schemathesis prints, and what was seen; fails if it found anything."""
    contract, broken = Contract(), []

    def watch(method: str, url: str, reply: Reply) -> None:
        try:
            contract(method, url, reply)
        except Broken as error:
            broken.append(str(error))

    with served(Client(desk.app, watch=watch)) as url:
        command = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
        command += ["--config-file", str(configuration), "run", f"{url}/openapi.json", "--no-color", *options]
        keys = {"TRIAL_KEY": API_KEY, "TRIAL_CALL_KEY": CALL_KEY, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            command, cwd=ROOT, env=os.environ | keys, capture_output=True, text=True, check=False, timeout=3_000
        )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-5_000:]
    assert broken == [], "\n".join(dict.fromkeys(broken))[:5_000]
    return done.stdout, contract


def without_bounds(folder: Path) -> Path:
    """The configuration of the thorough run."""
    kept, found, _ = CONFIGURATION.read_text(encoding="utf-8").partition(BOUNDS)
    assert found
    configuration = folder / CONFIGURATION.name
    configuration.write_text(kept, encoding="utf-8")
    return configuration


def something_of_everything(desk: Desk) -> None:
    """What lists and links lead to: a lead, a task, an import with refused rows, receipts."""
    stories.keep_receipts(desk)
    stories.list_tasks(desk)


@pytest.mark.parametrize(
    ("options", "bounded"),
    [
        pytest.param(("--max-examples", str(FEW), "--generation-deterministic"), True, id="few"),
        pytest.param(("--max-examples", str(MANY)), False, id="many", marks=pytest.mark.long),
    ],
)
def test_no_made_up_request_finds_a_server_error_or_an_answer_beside_the_document(
    desk: Desk, tmp_path: Path, options: tuple[str, ...], bounded: bool
) -> None:
    something_of_everything(desk)

    printed, contract = run(desk, *options, configuration=CONFIGURATION if bounded else without_bounds(tmp_path))

    (cases,) = re.findall(r"([0-9]+) generated, \1 passed", printed)
    print(f"schemathesis: {cases} cases over {len(openapi.entries())} operations, nothing found")
    assert [phase for phase in ("Examples", "Coverage", "Fuzzing", "Stateful") if f"✅ {phase}" not in printed] == []
    assert {("POST /v1/leads", 201), ("GET /v1/leads/{lead_id}", 200), ("POST /f/{form_id}", 200)} <= contract.seen
    assert {key for key, _ in contract.seen} == {entry.key for entry in openapi.entries()}


def test_it_finds_what_there_is_to_find(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    something_of_everything(desk)
    monkeypatch.setattr("chalicelib.domain.receipt.shown", lambda receipt: {"id": receipt.id})

    with pytest.raises(AssertionError, match="Response violates schema"):
        run(desk, "--include-operation-id", "list_receipts", "--phases", "coverage", "--max-examples", "1")


def test_every_exception_has_its_reason() -> None:
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    excepting = re.compile(r"expected-|unexpected-|checks\.|phases\..*enabled|parameters = ")
    exceptions = [number for number, line in enumerate(lines) if excepting.match(line)]

    assert len(exceptions) >= 3
    assert [lines[number] for number in exceptions if not lines[number - 1].startswith("# ")] == []


def test_only_412_and_422_are_excepted_beside_what_schemathesis_expects() -> None:
    from schemathesis.config import _checks

    configured = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["checks"]
    excepted = {
        name: {str(status) for status in check["expected-statuses"]}
        - set(getattr(_checks, f"{name.upper()}_EXPECTED_STATUSES"))
        for name, check in configured.items()
    }

    assert excepted == {"positive_data_acceptance": {"412", "422"}, "negative_data_rejection": {"412"}}
