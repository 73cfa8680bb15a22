"""What a stranger gets: a clone of HEAD in a temporary directory, `make test` and `make run` there. `make fresh`.

Only git, make and Python are used there; nothing of this checkout but its committed files. Prints how long each step
took; ends with 1 and the reason when something is not as promised.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: Seconds.
MOST_FOR_FIRST_START = 600
MOST_FOR_NEXT_START = 10
MOST_FOR_STOP = 30
MOST_FOR_ARRIVAL = 60

#: Way in → the name under which its lead arrives.
NAMES = {
    "api": "Änne Öztürk",
    "web_form": "Jörg Müller",
    "file": "Görkem Şahin",
    "email": "Zoë Weiß",
    "call": "+493023125007",
}


class Broken(Exception):
    """A promise that was not kept, as one sentence."""


def main(arguments: list[str]) -> int:
    """Run `test`, `run` or, without arguments, both."""
    steps = arguments or ["test", "run"]
    folder = Path(tempfile.mkdtemp(prefix="leadger-fresh-"))
    try:
        clone = folder / "leadger"
        with _timed("git clone"):
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        if "test" in steps:
            with _timed("make test"):
                _make(clone, "test")
        if "run" in steps:
            _try_run(clone)
    except Broken as error:
        print(f"make fresh: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("make fresh: everything as promised")
    return 0


def _try_run(clone: Path) -> None:
    environment = _environment()
    ports = _free_ports(3)
    environment |= dict(zip(("LEADGER_PORT", "LEADGER_AWS_PORT", "LEADGER_SMTP_PORT"), ports, strict=True))
    with _timed("make run, first (with installs)"), _running(clone, environment, MOST_FOR_FIRST_START) as dev:
        send_all(dev)
        await_leads(dev)
    with _timed("make run, again"), _running(clone, environment, MOST_FOR_NEXT_START) as dev:
        await_leads(dev)
        check_books(dev)


@contextmanager
def _running(clone: Path, environment: dict[str, str], seconds: int) -> Iterator[dict[str, Any]]:
    """`make run`, ready; stopped by SIGTERM as a terminal or a supervisor would."""
    dev_file = clone / ".local" / "dev.json"
    started = time.monotonic()
    process = subprocess.Popen(["make", "run"], cwd=clone, env=environment, start_new_session=True)
    try:
        while not dev_file.exists():
            if process.poll() is not None:
                raise Broken(f"make run ended with {process.returncode} before it was ready")
            if time.monotonic() - started > seconds:
                raise Broken(f"make run was not ready after {seconds} s")
            time.sleep(0.1)
        print(f"  ready after {time.monotonic() - started:.1f} s", flush=True)
        yield json.loads(dev_file.read_text())
        stopping = time.monotonic()
        process.terminate()
        try:
            process.wait(MOST_FOR_STOP)
        except subprocess.TimeoutExpired as error:
            raise Broken(f"make run did not stop within {MOST_FOR_STOP} s of SIGTERM") from error
        if dev_file.exists():
            raise Broken("dev.json is still there after the stop")
        print(f"  stopped after {time.monotonic() - stopping:.1f} s", flush=True)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def send_all(dev: dict[str, Any]) -> None:
    _post(f"{dev['api_url']}/v1/leads", {"name": NAMES["api"], "phone": "0176 04069012"}, key=dev["api_key"])
    form = {"name": NAMES["web_form"], "email": "joerg@example.de", "message": "Bitte um Rückruf"}
    _post(f"{dev['api_url']}/f/{dev['form_id']}", form)
    _put(dev, "messe.csv", f"Name;E-Mail;Telefon\n{NAMES['file']};goerkem@example.de;030 901820\n".encode())
    _mail(dev)
    call = {"call_id": "fresh-1", "event": "missed", "direction": "in", "from": NAMES["call"], "to": "+493023125100"}
    _post(dev["call_url"], call)


def _put(dev: dict[str, Any], name: str, body: bytes) -> None:
    import botocore.session
    from botocore.config import Config

    client = botocore.session.get_session().create_client(
        "s3",
        region_name=dev["region"],
        endpoint_url=dev["aws_endpoint_url"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.put_object(Bucket=dev["imports_bucket"], Key=f"incoming/{name}", Body=body)


def _mail(dev: dict[str, Any]) -> None:
    message = EmailMessage()
    message["From"], message["To"] = f"{NAMES['email']} <zoe@example.de>", dev["mailbox"]
    message["Subject"], message["Message-ID"] = "Anfrage", "<fresh-1@example.de>"
    message.set_content("Bitte ein Angebot für zwei Fenster.")
    host, port = dev["smtp"].split(":")
    with smtplib.SMTP(host, int(port), timeout=10) as server:
        server.send_message(message)


def await_leads(dev: dict[str, Any]) -> None:
    """Each way in has exactly one lead, under its name."""
    deadline = time.monotonic() + MOST_FOR_ARRIVAL
    while True:
        leads = _get(f"{dev['api_url']}/v1/leads", dev["api_key"])["data"]
        found = {way: [it for it in leads if name in _texts(it)] for way, name in NAMES.items()}
        if all(found.values()):
            break
        if time.monotonic() > deadline:
            missing = ", ".join(way for way, its in found.items() if not its)
            raise Broken(f"no lead after {MOST_FOR_ARRIVAL} s from: {missing}; there are {leads}")
        time.sleep(0.5)
    if len(leads) != len(NAMES):
        raise Broken(f"{len(leads)} leads instead of {len(NAMES)}: {[it.get('title') for it in leads]}")


def check_books(dev: dict[str, Any]) -> None:
    books = _get(f"{dev['api_url']}/v1/intake/reconciliation", dev["api_key"])
    if books["unaccounted"] or books["pending"] or books["received"] != sum(books["outcomes"].values()):
        raise Broken(f"the ledger does not add up: {books}")
    print(f"  ledger: received {books['received']} = {books['outcomes']}", flush=True)


def _texts(lead: dict[str, Any]) -> str:
    return json.dumps(lead, ensure_ascii=False)


def _post(url: str, body: dict[str, Any], key: str = "") -> None:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()
    except urllib.error.HTTPError as error:
        raise Broken(f"POST {url.partition('?')[0]} answered {error.code}: {error.read().decode()}") from error


def _get(url: str, key: str) -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            result: dict[str, Any] = json.load(answer)
            return result
    except urllib.error.HTTPError as error:
        raise Broken(f"GET {url} answered {error.code}: {error.read().decode()}") from error


def _make(clone: Path, target: str) -> None:
    if subprocess.run(["make", target], cwd=clone, env=_environment(), check=False).returncode:
        raise Broken(f"make {target} failed in the clone")


def _environment() -> dict[str, str]:
    """As a new terminal has it: nothing of this make, this virtual environment, these settings."""
    ours = ("LEADGER_", "MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTHON", "AWS_")
    return {key: value for key, value in os.environ.items() if key == "PYTHON" or not key.startswith(ours)}


def _free_ports(count: int) -> list[str]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(it.getsockname()[1]) for it in sockets]
    for it in sockets:
        it.close()
    return ports


@contextmanager
def _timed(step: str) -> Iterator[None]:
    print(f"== {step}", flush=True)
    started = time.monotonic()
    yield
    print(f"== {step}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
