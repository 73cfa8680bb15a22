"""Start-up of the API function: what a cold start does before the first request, in instructions.

Counted by valgrind's callgrind, so that neither the machine nor its load matters; as a ratio to the least that any
function on DynamoDB does: a process that makes one botocore DynamoDB client. Both run on the packaged code, with its
byte code and its pruned botocore, in an interpreter without site-packages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra import package

GOAL = 1.25

BARE = """
import botocore.session
botocore.session.get_session().create_client("dynamodb")
"""
API = """
import app
from chalicelib.store import transport
app.app, transport.client()
"""
#: Resources are imported with their first request; this is what the first create adds to that.
FIRST_CREATE = (
    API
    + """
from chalicelib.api import leads
from chalicelib.services import leads
"""
)
NOTHING = "pass"
#: No site-packages and not the current folder: all that is found is in the package, as in Lambda.
_INTERPRETER = (sys.executable, "-S", "-s", "-P")


def main() -> int:
    """Print the table; 1 if the ratio is above the goal."""
    if not shutil.which("valgrind"):
        print("SKIPPED: start-up was NOT measured, there is no valgrind here (apt install valgrind)", file=sys.stderr)
        return 0
    if package.main():
        return 1
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder)
        with zipfile.ZipFile(package.ZIP) as archive:
            archive.extractall(code)
        nothing, bare, api, create = (instructions(program, code) for program in (NOTHING, BARE, API, FIRST_CREATE))
        heaviest = _heaviest_imports(code)
    ratio = api / bare
    print(f"{'interpreter alone':34}{nothing / 1e6:10,.0f} million instructions")
    print(f"{'botocore DynamoDB client':34}{bare / 1e6:10,.0f} million instructions")
    print(f"{'import app, DynamoDB client':34}{api / 1e6:10,.0f} million instructions")
    print(f"{'ratio':34}{ratio:10.3f} (goal ≤ {GOAL}) {'ok' if ratio <= GOAL else 'OVER'}")
    print(
        f"{'imports of the first POST /v1/leads':34}{(create - api) / 1e6:10,.0f} million instructions more (no goal)"
    )
    print("heaviest imports of it (own part, milliseconds here, for orientation only):")
    for name, milliseconds in heaviest:
        print(f"  {name:42}{milliseconds:6.1f}")
    return int(ratio > GOAL)


def instructions(program: str, code: Path) -> int:
    """Instructions a process of the packaged code executes for this program."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *_INTERPRETER, "-c", program]
    result = subprocess.run(command, env=_environment(code), capture_output=True, text=True, check=False)
    counted = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode or not counted:
        raise RuntimeError(f"the program failed under valgrind:\n{result.stderr[-2000:]}")
    return int(counted[1])


def _heaviest_imports(code: Path, most: int = 12) -> list[tuple[str, float]]:
    """(module, milliseconds without what it imports) of what comes on top of the bare client."""
    bare, api = _import_times(BARE, code), _import_times(API, code)
    extra = {name: time for name, time in api.items() if name not in bare}
    return sorted(extra.items(), key=lambda pair: -pair[1])[:most]


def _import_times(program: str, code: Path) -> dict[str, float]:
    command = [*_INTERPRETER, "-X", "importtime", "-c", program]
    result = subprocess.run(command, env=_environment(code), capture_output=True, text=True, check=True)
    lines = re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", result.stderr)
    return {name: int(microseconds) / 1000 for microseconds, name in lines}


def _environment(code: Path) -> dict[str, str]:
    """As Lambda sets it; the fixed hash seed makes the count repeatable."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(code),
        "PYTHONHASHSEED": "0",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "LEADGER_TABLE": "leadger-crm",
        "LEADGER_DERIVED_TABLE": "leadger-crm-derived",
    }


if __name__ == "__main__":
    sys.exit(main())
