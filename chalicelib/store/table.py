"""The tables, declared once, and the settings-like records, all as PynamoDB models.

`infra/` creates the tables in the cloud; a test compares both. Transactions and pages go by `transport`.
"""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import JSONAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import GlobalSecondaryIndex, IncludeProjection, KeysOnlyProjection
from pynamodb.models import Model

from chalicelib import settings
from chalicelib.store import transport

#: What a list shows of a lead. Changes of anything else cost no index writes.
CARD = ("type", "title", "name", "company", "owner", "status", "source", "amount", "currency", "tags", "last_activity",
        "repeat", "first_phone", "first_email", "received_at", "status_changed_at")  # fmt: skip
#: What the feed shows besides, of receipts and jobs.
LEDGER = ("outcome", "reason", "lead")


class Board(GlobalSecondaryIndex[Any]):
    """Columns in order of arrival, open tasks by due date, receipts that need somebody."""

    class Meta:
        index_name = "board"
        projection = IncludeProjection(list(CARD))

    board_pk = UnicodeAttribute(hash_key=True)
    board_sk = UnicodeAttribute(range_key=True)


class Owner(GlobalSecondaryIndex[Any]):
    """An owner's columns."""

    class Meta:
        index_name = "owner"
        projection = IncludeProjection(list(CARD))

    owner_pk = UnicodeAttribute(hash_key=True)
    owner_sk = UnicodeAttribute(range_key=True)


class Mine(GlobalSecondaryIndex[Any]):
    """An owner's leads, newest first."""

    class Meta:
        index_name = "mine"
        projection = KeysOnlyProjection()

    mine_pk = UnicodeAttribute(hash_key=True)
    mine_sk = UnicodeAttribute(range_key=True)


class Feed(GlobalSecondaryIndex[Any]):
    """Leads, receipts and jobs, newest first."""

    class Meta:
        index_name = "feed"
        projection = IncludeProjection([*CARD, *LEDGER])

    feed_pk = UnicodeAttribute(hash_key=True)
    feed_sk = UnicodeAttribute(range_key=True)


class Record(Model):
    """An item of `crm`. Used as it is by the settings-like records: forms, channels, mailboxes, keys.

    Attributes:
        data: the record's own fields.
        version, origins: of the workspace's documents; see `store.documents`.
    """

    class Meta:
        table_name = ""
        billing_mode = "PAY_PER_REQUEST"
        stream_view_type = "NEW_AND_OLD_IMAGES"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    type = UnicodeAttribute(null=True)
    data = JSONAttribute(null=True)
    version = NumberAttribute(null=True)
    origins = JSONAttribute(null=True)
    board = Board()
    owner = Owner()
    mine = Mine()
    feed = Feed()


def records() -> type[Record]:
    """The model, bound to this deployment's table and to the one connection of the container."""
    if Record.Meta.table_name != settings.table():
        Record.Meta.table_name = settings.table()
        Record._connection = None
    table = Record._get_connection()
    table.connection._client = transport.client()
    return Record
