"""Key strings: the only place that builds or reads them. See DATA_MODEL, `crm`."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime

from chalicelib.domain import ids
from chalicelib.domain.matching import Identity

#: Sort key of a lead among its entries: behind every `T#…`.
LEAD_SORT = "~"
SOLE_SORT = "#"
#: The lane of interactive writes and small files.
LANE = "0"
NO_OWNER = "-"
DOCUMENTS = "CFG"
API_KEYS = "KEYS"
FORMS = "FORMS"
LONGEST_EXTERNAL_ID = 200


def lead(lead_id: str) -> tuple[str, str]:
    """The lead itself."""
    return f"L#{lead_id}", LEAD_SORT


def entry(lead_id: str, entry_id: str) -> tuple[str, str]:
    """One entry of a lead's timeline."""
    return f"L#{lead_id}", f"T#{entry_id}"


def claim(identity: Identity) -> tuple[str, str]:
    """The claim on a phone number (E.164) or an e-mail address (lower case)."""
    letter = {"phone": "P", "email": "E"}[identity.kind]
    return f"{letter}#{identity.value}", SOLE_SORT


def pointer(name: str) -> tuple[str, str]:
    """A thread, call or foreign id (`mail#…`, `call#…#…`) that leads to a lead. Long names are hashed."""
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) > LONGEST_EXTERNAL_ID:
        system = name.split("#", 1)[0]
        name = f"{system}#{hashlib.blake2b(encoded, digest_size=16).hexdigest()}"
    return f"X#{name}", SOLE_SORT


def receipt(receipt_id: str) -> tuple[str, str]:
    """The ledger entry of one inbound."""
    return f"R#{receipt_id}", SOLE_SORT


def answer(caller_id: str, key_hash: str) -> tuple[str, str]:
    """A stored answer to an Idempotency-Key."""
    return f"I#{caller_id}#{key_hash}", SOLE_SORT


def job(job_id: str) -> tuple[str, str]:
    """An import job."""
    return f"J#{job_id}", LEAD_SORT


def job_row(job_id: str, row: int) -> tuple[str, str]:
    """What became of one row of a file, where it did not simply create a lead."""
    return f"J#{job_id}", f"R#{row:09d}"


def reminder(bucket_role: str, object_key: str, since: str) -> tuple[str, str]:
    """That somebody was sent for an object. Hashed: object keys are long, and may name people."""
    named = f"{bucket_role}:{since}:{object_key}".encode("utf-8", "surrogatepass")
    return f"S#{hashlib.blake2b(named, digest_size=16).hexdigest()}", SOLE_SORT


def document(name: str) -> tuple[str, str]:
    """One of the workspace's own documents."""
    return DOCUMENTS, name


def record(kind: str, name: str) -> tuple[str, str]:
    """A settings-like record: `FORM`, `CHANNEL`, `MAILBOX`, `KEY`, or `CFG` for a document."""
    return document(name) if kind == DOCUMENTS else (f"{kind}#{name}", SOLE_SORT)


def listed_key(key_id: str) -> tuple[str, str]:
    """An API key in the list of all; the key itself is found by its hash."""
    return API_KEYS, key_id


def listed_form(form_id: str) -> tuple[str, str]:
    """A form in the list of all."""
    return FORMS, form_id


def work(job_id: str) -> tuple[str, str]:
    """A job of any other kind than an import."""
    return f"J#{job_id}", LEAD_SORT


def work_parameters(job_id: str) -> tuple[str, str]:
    """What a job was asked to do; sorts before everything else of it."""
    return f"J#{job_id}", "P"


def work_reason(job_id: str, lead_id: str) -> tuple[str, str]:
    """Why a job has refused a lead."""
    return f"J#{job_id}", f"R#{lead_id}"


def board(status: str, lane: str = LANE) -> str:
    """Board partition of the leads in a status."""
    return f"L:{status}#{lane}"


def owned(owner: str | None, lane: str = LANE) -> str:
    """Partition of an owner's leads."""
    return f"L:{owner or NO_OWNER}#{lane}"


def feed(lane: str = LANE) -> str:
    """Partition of all leads, newest first."""
    return f"L#{lane}"


def open_tasks(owner: str | None) -> str:
    """Board partition of an owner's open tasks."""
    return f"TASK:{owner or NO_OWNER}"


def waiting(outcome: str) -> str:
    """Board partition of the receipts that need somebody (`pending`, `quarantined`, `needs_attention`)."""
    return f"R:{outcome}"


#: Board partition of deleted leads, by when they were deleted.
DELETED = "DEL"
RECEIPT_FEED = "R#0"
JOB_FEED = "J#0"
#: Jobs that are no imports, newest first; and on the board those that are not finished.
WORK_FEED = "W#0"
UNFINISHED_WORK = "W:unfinished"


# ── what can be rebuilt: DATA_MODEL, `crm-derived` ────────────────────────────────────────────────────────────────

#: Characters of a token that name its partition; a shorter token is its own.
TOKEN_HEAD = 3


def token(text: str, lead_id: str) -> tuple[str, str]:
    """A search token of a lead."""
    return f"W#L#{text[:TOKEN_HEAD]}", f"{text}#{lead_id}"


def tokens(text: str, *, whole: bool) -> tuple[str, str]:
    """Where the tokens that begin with (or are, as a whole) `text` stand: partition, beginning of the sort key."""
    return f"W#L#{text[:TOKEN_HEAD]}", f"{text}#" if whole else text


def token_of(sort_key: str) -> tuple[str, str]:
    """Text and lead of a token's sort key; the text may hold the separator."""
    text, _, lead_id = sort_key.rpartition("#")
    return text, lead_id


def gauge(whose: str, status: str) -> tuple[str, str]:
    """The counters of one board column: of all leads (`ALL`), of an owner, of nobody (`-`)."""
    return f"G#{whose}", status


def gauges(whose: str) -> str:
    """Partition of a board's counters."""
    return f"G#{whose}"


def changes(day: date) -> str:
    """Partition of the changes of one day, UTC."""
    return f"F#{day:%Y%m%d}"


def change(at: datetime, shard: str, sequence: int) -> tuple[str, str]:
    """Some changes that were noted together. The sequence number keeps apart what falls into one millisecond."""
    return changes(at.astimezone(UTC).date()), f"{ids.sortable(at)}#{shard}#{sequence}"


def checkpoint(consumer: str, shard: str) -> tuple[str, str]:
    """How far a consumer has followed a shard of the stream."""
    return f"CK#{consumer}#{shard}", SOLE_SORT


def noted(epoch: int, bucket: int) -> tuple[str, str]:
    """Versions of some leads as a recount found them."""
    return f"N#{epoch}", f"B#{bucket:06d}"


def begun(epoch: int, lead_id: str) -> tuple[str, str]:
    """A lead that a recount did not find, and whose first version was counted since."""
    return f"N#{epoch}", f"L#{lead_id}"


def form_buckets(form_id: str, address: str) -> tuple[str, str]:
    """How much one address (its hash) has sent to a form lately."""
    return f"B#{form_id}#{address}", SOLE_SORT


def used_proof(digest: str) -> tuple[str, str]:
    """That a captcha's proof was used."""
    return f"V#{digest}", SOLE_SORT


def sent_text(form_id: str, digest: str) -> tuple[str, str]:
    """That a text with a link came to a form lately."""
    return f"T#{form_id}#{digest}", SOLE_SORT


#: Whether the consumer may count, or a recount does.
RECOUNT = ("CK#recount", SOLE_SORT)
CHECKPOINTS = "CK#"
