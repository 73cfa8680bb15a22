"""Deleted leads go for good after 30 days, and the ledger still adds up."""

from __future__ import annotations

from tests.desk import Desk

MONTH = 31 * 24 * 3600


def test_after_thirty_days_the_sweep_removes_what_it_says_of_a_person(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk", email="aenne@example.de", external_ids={"crm": "7"})
    desk.post({"name": "Änne Öztürk", "email": "aenne@example.de", "message": "Noch eine Frage"})
    other = desk.created(name="Jörg", email="joerg@example.de")
    for each in (lead, other):
        desk.client.delete(f"/v1/leads/{each['id']}")
    desk.client.post(f"/v1/leads/{other['id']}/restore")
    desk.wait(MONTH)

    swept = desk.sweep()

    assert swept["purged"] == 1
    left = [item for item in desk.world.items() if item["pk"] == lead["id"].replace("lead_", "L#")]
    assert [set(item) for item in left] == [{"pk", "sk", "type", "version", "origin", "deleted_at", "purging"}]
    reply = desk.client.get(f"/v1/leads/{lead['id']}")
    assert (reply.status, reply.json["code"]) == (404, "lead_not_found")
    assert desk.client.post(f"/v1/leads/{lead['id']}/restore").status == 404
    assert desk.client.get(f"/v1/leads/{lead['id']}?include=timeline").status == 404
    assert desk.client.get(f"/v1/leads/{lead['id']}/timeline").status == 404
    assert "purged" not in desk.sweep()
    desk.wait(-MONTH)


def test_a_lead_deleted_yesterday_stays(desk: Desk) -> None:
    lead = desk.created(name="Änne Öztürk")
    desk.client.delete(f"/v1/leads/{lead['id']}")
    desk.wait(24 * 3600)

    assert "purged" not in desk.sweep()
    assert desk.client.post(f"/v1/leads/{lead['id']}/restore").status == 200
