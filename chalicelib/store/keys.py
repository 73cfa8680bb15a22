"""Key strings: the only place that builds or reads them. See DATA_MODEL, `crm`."""

from __future__ import annotations

import hashlib

from chalicelib.domain.matching import Identity

#: Sort key of a lead among its entries: behind every `T#…`.
LEAD_SORT = "~"
SOLE_SORT = "#"
#: The lane of interactive writes and small files.
LANE = "0"
NO_OWNER = "-"
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
