"""Files that came with an enquiry: what is taken of them is stored for itself, before the enquiry is settled.

Keys follow from the receipt, so whatever is tried again writes over itself. What is refused stays in the raw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain import file_kinds, upload_ids
from chalicelib.domain.attachments import LONGEST_FIELD, MOST_FILES, Attachment, safe_name
from chalicelib.domain.errors import Busy, Problem
from chalicelib.domain.file_kinds import Content
from chalicelib.domain.inbound import Inbound
from chalicelib.domain.problems import problem
from chalicelib.services import workspace
from chalicelib.store import attachments, files

#: Seconds for which a link of the timeline can be followed.
LINKED_FOR = 900


def kept(inbound: Inbound, receipt_id: str, at: datetime) -> tuple[Inbound, tuple[Problem, ...]]:
    """The inbound with its files stored and listed in its entry, and what was not taken of them.

    Of one that becomes no lead (now), only what was uploaded: that would be gone before somebody lets it in; the rest
    is in its raw.

    Raises:
        Busy: the bucket cannot be written or read now; nothing may be settled yet.
    """
    listed: list[dict[str, Any]] = []
    problems: list[Problem] = []
    for number, file in enumerate(inbound.files[:MOST_FILES], 1):
        if inbound.verdict and not file.upload:
            continue
        key = attachments.key_of(receipt_id, number)
        entry, wrong = _keep_upload(file, key, inbound.raw.detail, at) if file.upload else _keep(file, key)
        listed.append(entry)
        problems += wrong
    if len(inbound.files) > MOST_FILES:
        problems.append(problem("", "files_left_out", limit=MOST_FILES))
    return (replace(inbound, entry={**inbound.entry, "files": listed}) if listed else inbound), tuple(problems)


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """An entry's data with links that expire in the place of its files' keys."""
    return {**data, "files": [_shown(file) for file in data["files"]]}


def _shown(file: Mapping[str, Any]) -> dict[str, Any]:
    if "key" not in file:
        return dict(file)
    name = file_kinds.offered_name(file["name"], file["content_type"])
    link = files.link(attachments.ROLE, file["key"], LINKED_FOR, name=name)
    return {**{member: value for member, value in file.items() if member != "key"}, "link": link}


def _keep(file: Attachment, key: str) -> tuple[dict[str, Any], list[Problem]]:
    kind = file_kinds.kind_of(Content.of(file.content), safe_name(file.name))
    if kind:
        attachments.write(key, file.content)
    return _listed(file, len(file.content), kind, key)


def _keep_upload(file: Attachment, key: str, form_id: str, at: datetime) -> tuple[dict[str, Any], list[Problem]]:
    """Move an uploaded file to where it stays; one that was moved before, and is gone since, lies there."""
    upload = upload_ids.opened(file.upload, form_id, secret(at))
    if upload is None:
        return _missing(file)
    place = attachments.upload_key(form_id, upload.random)
    found = attachments.look(place)
    if found is None:
        found = attachments.look(key)
        kind = file_kinds.kind_of(found[0], safe_name(file.name)) if found else None
        return _listed(file, found[0].size, kind, key) if found and kind else _missing(file)
    content, etag = found
    kind = file_kinds.kind_of(content, safe_name(file.name))
    if kind and not attachments.copy(place, key, etag):
        raise Busy("The file is being uploaded once more")  # what was looked at is not what is there
    return _listed(file, content.size, kind, key)


def _listed(file: Attachment, size: int, kind: str | None, key: str) -> tuple[dict[str, Any], list[Problem]]:
    name = safe_name(file.name)
    told = {"field": file.field[:LONGEST_FIELD], "name": name, "size": size}
    told = {member: value for member, value in told.items() if value != ""}
    if kind is None:
        refusal = problem(file.field, "file_type", name)
        return {**told, "refused": refusal.code}, [refusal]
    return {**told, "content_type": kind, "key": key}, []


def _missing(file: Attachment) -> tuple[dict[str, Any], list[Problem]]:
    name = safe_name(file.name)
    refusal = problem("_upload", "upload_missing", name)
    return {"name": name, "size": 0, "refused": refusal.code}, [refusal]


def secret(at: datetime) -> bytes:
    """What ids of uploads are signed with. Raises Busy."""
    return workspace.key_for("form upload", at)
