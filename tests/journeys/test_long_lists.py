"""A long list walked in small pages while it grows, on the local cloud."""

from __future__ import annotations

import json

import pytest

from tests.journeys.desk import Desk

pytestmark = [pytest.mark.cloud, pytest.mark.long, pytest.mark.xdist_group("cloud")]

LEADS, BATCH, PAGE = 5_000, 100, 7


def test_5000_leads_walked_by_sevens_are_seen_once_each_while_others_are_created(desk: Desk) -> None:
    key = {"Authorization": f"Bearer {desk.dev['api_key']}", "Content-Type": "application/json"}
    made: set[str] = set()
    for first in range(0, LEADS, BATCH):
        items = [{"op": "create", "data": {"name": f"Liste {number}"}} for number in range(first, first + BATCH)]
        answer = desk.send("POST", "/v1/leads/batch", json.dumps({"items": items}).encode(), key)
        made |= {result["id"] for result in answer.json["results"]}
    assert len(made) == LEADS

    seen: list[str] = []
    cursor, pages = "", 0
    while cursor is not None:
        page = desk.get(f"/v1/leads?limit={PAGE}{cursor and f'&cursor={cursor}'}")
        seen += [lead["id"] for lead in page["data"]]
        cursor, pages = page["next_cursor"], pages + 1
        if pages % 20 == 0:
            desk.create(name=f"Später {pages}")

    print(f"{LEADS} leads, {pages} pages of {PAGE}: {len(made & set(seen))} seen, {len(seen) - len(set(seen))} twice")
    assert made <= set(seen)
    assert len(seen) == len(set(seen))
