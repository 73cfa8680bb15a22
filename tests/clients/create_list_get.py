"""What a Python program does with the generated client: `create_list_get.py ADDRESS KEY`; prints what it got."""

from __future__ import annotations

import json
import sys

from leadger_client import AuthenticatedClient
from leadger_client.api.changes import list_changes
from leadger_client.api.leads import create_lead, get_lead, list_leads
from leadger_client.models import (
    Changes,
    CreateLeadOnDuplicate,
    GoneLead,
    Lead,
    LeadCreate,
    LeadDetail,
    LeadWritten,
    ListedLeadPage,
    Problem,
)

address, key = sys.argv[1:]
client = AuthenticatedClient(base_url=address, token=key)

wanted = LeadCreate.from_dict({
    "name": "Änne Öztürk",
    "phone": "0176 04069012",
    "emails": ["aenne@example.de"],
    "amount": {"amount": "12500", "currency": "EUR"},
    "address": {"city": "Köln", "country": "DE"},
    "tags": ["messe-2026"],
})  # fmt: skip
created = create_lead.sync(client=client, body=wanted, on_duplicate=CreateLeadOnDuplicate.CREATE, idempotency_key="k-1")
assert isinstance(created, LeadWritten), created
listed = list_leads.sync(client=client, limit=10)
assert isinstance(listed, ListedLeadPage), listed
got = get_lead.sync(client=client, lead_id=created.id)
assert isinstance(got, LeadDetail), got
refused = create_lead.sync(client=client, body=LeadCreate(email="kein"))
assert isinstance(refused, Problem), refused
changes = list_changes.sync(client=client)
assert isinstance(changes, Changes), changes
gone = [change for change in changes.data if isinstance(change, GoneLead)]
there = [change for change in changes.data if isinstance(change, Lead)]

print(json.dumps({
    "created": [created.id, created.outcome, created.name],
    "listed": [lead.id for lead in listed.data],
    "got": [got.id, got.version, got.phones[0].e164, got.emails[0].address, got.amount.to_dict(), got.address.city],
    "changed": [lead.name for lead in there],
    "gone": [(lead.id, lead.deleted) for lead in gone],
    "refused": [refused.code, refused.errors[0].pointer],
}))  # fmt: skip
