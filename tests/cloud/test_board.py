"""The board of the local cloud: right within seconds of the last move, also after `kill -9` and a start."""

from __future__ import annotations

import contextlib
import json
import os
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest

from chalicelib.domain import gauges
from chalicelib.domain.gauges import Column, Tally
from chalicelib.services.verify import verify
from chalicelib.store import derived, leads, transport
from localcloud.running import RunningCloud
from tests import moves

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("local-cloud")]

#: Seconds after the last move.
SOON = 10
EURO = {"amount": "1234.50", "currency": "EUR"}


@contextlib.contextmanager
def tables_of(cloud: RunningCloud) -> Iterator[None]:
    """The store of this process works on the cloud's tables."""
    names = cloud.client("dynamodb").list_tables()["TableNames"]
    environment = {
        "AWS_ENDPOINT_URL": cloud.dev["aws_endpoint_url"],
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": cloud.dev["region"],
        "LEADGER_TABLE": next(name for name in names if name.endswith("-crm")),
        "LEADGER_DERIVED_TABLE": next(name for name in names if name.endswith("-crm-derived")),
    }
    with mock.patch.dict(os.environ, environment):
        _forget_clients()
        yield
        _forget_clients()


def _forget_clients() -> None:
    transport.client.cache_clear()
    transport.session.cache_clear()


def call(cloud: RunningCloud, path: str, body: dict[str, Any] | None = None) -> Any:
    """A request with the run's key; the answer's JSON."""
    headers = {"Authorization": f"Bearer {cloud.dev['api_key']}", "Content-Type": "application/json"}
    request = urllib.request.Request(
        f"{cloud.dev['api_url']}{path}", json.dumps(body).encode() if body else None, headers
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return json.load(answer)


def counted() -> dict[Column, Tally]:
    """A count of all leads."""
    total: dict[Column, Tally] = {}
    for page in leads.everything():
        for lead in page:
            gauges.add(total, gauges.counted(lead))
    return gauges.nonzero(total)


def shown(cloud: RunningCloud) -> dict[str, tuple[int, list[dict[str, str]]]]:
    """What the board says of each column."""
    columns = call(cloud, "/v1/board")["columns"]
    return {column["status"]: (column["count"], column["sum"]) for column in columns if column["count"]}


def as_board(total: dict[Column, Tally]) -> dict[str, tuple[int, list[dict[str, str]]]]:
    return {status: (tally["count"], gauges.money(tally)) for (whose, status), tally in total.items() if whose == "ALL"}


def seconds_until_right(cloud: RunningCloud) -> float:
    """How long the board takes to equal a count of the leads."""
    started = time.monotonic()
    expected = as_board(counted())
    while (now := shown(cloud)) != expected:
        if time.monotonic() - started > SOON:
            pytest.fail(f"after {SOON} s the board shows {now}, a count gives {expected}\n{cloud.log()[-3000:]}")
        time.sleep(0.02)
    return time.monotonic() - started


def work(cloud: RunningCloud, count: int) -> None:
    """Leads come by the API, eight at a time, and move."""

    def one(number: int) -> None:
        lead = call(cloud, "/v1/leads", {"name": f"Änne Öztürk {number}", "amount": EURO})["id"]
        at = datetime.now(UTC)
        moves.move(lead, ("in_process", "processed", "junk", "new")[number % 4], at)
        if number % 5 == 0:
            moves.delete(lead, at)
        if number % 7 == 0:
            moves.assign(lead, f"usr_{number % 3}", at)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(count)))


def broken() -> list[str]:
    """I3, of the tables as they are."""
    found = verify(transport.scan(), [item for page in derived.everything() for item in page])
    return [str(violation) for violation in found if violation.invariant == "I3"]


def test_the_board_is_right_within_seconds_of_the_last_move(local_cloud: RunningCloud) -> None:
    with tables_of(local_cloud):
        work(local_cloud, 60)
        lag = seconds_until_right(local_cloud)

        print(f"board: right {lag:.2f} s after the last of 60 leads moved")
        assert broken() == []


def test_the_board_is_right_after_kill_9_in_the_middle_of_the_moves(local_cloud: RunningCloud) -> None:
    with tables_of(local_cloud):
        work(local_cloud, 20)
        local_cloud.kill()
        seconds = local_cloud.restart()
        lag = seconds_until_right(local_cloud)

        print(f"board after kill -9: ready in {seconds:.1f} s, right {lag:.2f} s later")
        assert local_cloud.log().rpartition("state loaded")[2].count("recounted") >= 1
        assert broken() == []
        work(local_cloud, 12)
        print(f"board: right {seconds_until_right(local_cloud):.2f} s after further moves")
        assert broken() == []


def test_after_a_clean_stop_nothing_needs_to_be_recounted(local_cloud: RunningCloud) -> None:
    with tables_of(local_cloud):
        work(local_cloud, 8)
        assert local_cloud.stop() == 0
        local_cloud.restart()

        assert "recounted" not in local_cloud.log().rpartition("state loaded")[2]
        assert seconds_until_right(local_cloud) < SOON
        assert broken() == []


def test_a_copy_that_follows_changes_has_every_lead_after_kill_9(local_cloud: RunningCloud) -> None:
    with tables_of(local_cloud):
        names = {f"Zoë Weiß {number}" for number in range(6)}
        for name in names:
            call(local_cloud, "/v1/leads", {"name": name})
        local_cloud.kill()
        local_cloud.restart()

        found, since = set(), ""
        while True:
            page = call(local_cloud, f"/v1/changes?limit=200{since}")
            found |= {record.get("name") for record in page["data"]}
            since = f"&since={page['next_since']}"
            if not page["has_more"]:
                break
        assert names <= found
