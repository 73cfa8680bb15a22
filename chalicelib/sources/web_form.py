"""Website forms: any HTML form's post → Inbound. Pure, never raises, whatever the bytes are."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from chalicelib.domain.cleaning import sound
from chalicelib.domain.emails import clean_email
from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import ENOUGH, SHORT_FORMS
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.domain.phones import clean_phone
from chalicelib.domain.problems import problem
from chalicelib.domain.words import field_asked_for, field_of, normal_form
from chalicelib.sources.campaigns import campaign
from chalicelib.sources.form_bodies import FilePart, Pair, read_body

#: Fields mapped and shown of one post; further ones stay in the raw.
MOST_FIELDS = 200
#: In `Raw.meta`: fields that the form requires and a post lacks whose sender cannot read the answer.
MISSING = "missing"
#: Seconds within which equal values without `_key` are one submission.
WINDOW = 300

#: Control field as sent → as the door reads it.
CONTROLS = {
    "_key": "_key",
    "_next": "_next",
    "_redirect": "_next",
    "_page": "_page",
    "_referrer": "_referrer",
    "_landing": "_landing",
    "_t": "_t",
    "_hp": "_hp",
    "_gotcha": "_hp",
    "_lang": "_lang",
    "_charset_": "_charset_",
}
#: Of a consent that was ticked, with its id as value; several allowed.
CONSENT = "_consent"
#: What form tools, protections and buttons send for themselves: nobody's data, other at every post.
_TECHNICAL = """
    grecaptcharesponse hcaptcharesponse cfturnstileresponse altcha frccaptchasolution submit action nonce csrf csrftoken
    csrfmiddlewaretoken authenticitytoken token formid postid queriedid formname referertitle btnsubmit
    absenden senden send wpformsnonce wpformssubmit wpformsid gformsubmit issubmit xsrftoken
"""
#: A stranger may say who he is, not what we think of him: no status, source, owner, tags, ids.
_VISITORS = """
    title honorific name given_name middle_name family_name company position birthdate phones emails websites messengers
    address amount comment utm click_ids
"""
_PAGE_WORDS = "page pageurl pageuri landingpage landingpageurl sourceurl formurl currenturl seite"
_REFERRER_WORDS = "referrer referer httpreferer refererurl referrerurl"
_FIELD_BY_TYPE = {"tel": "phones", "phone": "phones", "email": "emails", "url": "websites", "textarea": "comment"}
#: A word of a name that says nothing: `input_1`, `field_7f3a9c`, `q3`, `text-12`.
_SAYS_NOTHING = re.compile(
    r"(?:input|fields?|text|q|question|frage|item|element|answer|value|data|column|entry|form|et|id|wpforms)?[0-9a-f]*"
)
_TYPED = re.compile(r"([^\[\]]+(?:\[[^\[\]]*\])*)\[(id|type|title|label|value|raw_value|required)\]")
_YES = frozenset({"on", "off", "1", "0", "true", "false", "yes", "no", "ja", "nein"})


@dataclass(frozen=True)
class FormPost:
    """A form post, read but not yet understood.

    Attributes:
        pairs: fields in the order sent, control fields left out.
        controls: `_key`, `_next`, `_page`, `_t`, `_hp`, `_lang` … (aliases resolved), only those sent and not blank.
        files: of a multipart body.
        problems: what could not be read.
        unreadable: why nothing could be read at all; empty when it could.
        digest: of the values (of the body if unreadable), hexadecimal: equal submissions have equal digests.
        consents: ids of those that were ticked, as sent.
    """

    pairs: tuple[Pair, ...]
    controls: Mapping[str, str]
    files: tuple[FilePart, ...]
    problems: tuple[Problem, ...]
    unreadable: str
    digest: str
    consents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Understood:
    """What a post says, field by field.

    Attributes:
        values: lead field, as `Inbound.values` names it → texts in the order sent.
        names: the same field → name of the input that it first came from.
        pairs: (lead field or None, as sent) of every field with a value.
    """

    values: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    pairs: tuple[tuple[str | None, Pair], ...]


@dataclass(frozen=True)
class _Row:
    """One field of the form: its name, what people read above it, the type of its input, its value."""

    name: str
    label: str
    type: str
    value: str


def read_form(raw: Raw) -> FormPost:
    """The fields, control fields and files of a form post. Never raises."""
    body = read_body(raw.body, raw.content_type)
    controls: dict[str, str] = {}
    pairs: list[Pair] = []
    consents: list[str] = []
    for pair in body.pairs:
        if pair.name == CONSENT:
            consents.append(pair.value.strip())
        elif pair.name not in CONTROLS:
            pairs.append(pair)
        elif pair.value.strip():
            controls.setdefault(CONTROLS[pair.name], pair.value.strip())
    return FormPost(
        pairs=tuple(pairs),
        controls=controls,
        files=body.files,
        problems=body.problems,
        unreadable=body.unreadable,
        digest=_digest(pairs, body.files, raw.body),
        consents=tuple(filter(None, consents)),
    )


def is_empty(post: FormPost) -> bool:
    """Whether nothing at all was said: no field has a value, but those that control, protect and send the form."""
    if post.unreadable or post.problems or post.files or "_hp" in post.controls:
        return False
    return not _rows(post.pairs)


def understood(post: FormPost, reading: Reading) -> Understood:
    """What a post says, before anything is decided about it; the same mapping as `read` uses."""
    placed = _placed(_rows(post.pairs)[:MOST_FIELDS], reading)
    values: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    for row, field in placed:
        if field:
            values[field] = (*values.get(field, ()), row.value)
            names.setdefault(field, row.name)
    return Understood(values, names, tuple((field, Pair(row.name, row.value)) for row, field in placed))


def identity(form_id: str, post: FormPost, received_at: datetime) -> tuple[str, ...]:
    """The external ids of a submission; the first is its own, the receipts of the others count as its own too.

    With `_key`: form, key and values: a retry is the same, corrected values are a new submission. Without: form,
    values and the five minutes it came in, followed by the five minutes before.

    Args:
        received_at: aware.
    """
    if key := post.controls.get("_key"):
        return (f"{form_id}:{_hash(key)}:{post.digest}",)
    window = int(received_at.timestamp()) // WINDOW
    return tuple(f"{form_id}:{post.digest}:{at}" for at in (window, window - 1))


def read(raw: Raw, reading: Reading) -> Inbound:
    """A form post in normal form: `entry_type` is `form_submission`, unknown fields are `entry["fields"]`."""
    post = read_form(raw)
    rows = _rows(post.pairs)
    page = _first(rows, _PAGE_WORDS) or post.controls.get("_page") or sound(raw.meta.get("page", ""))
    referrer = _first(rows, _REFERRER_WORDS) or post.controls.get("_referrer") or sound(raw.meta.get("referrer", ""))
    landing = post.controls.get("_landing", "")
    values, unknown = _mapped(rows[:MOST_FIELDS], reading)
    says_something = bool(unknown or post.files) or any(name.partition(".")[0] not in _TRACES for name in values)
    for name, value in campaign(page, landing):
        values.setdefault(name, (value,))
    if unknown and not any(name.partition(".")[0] in ENOUGH for name in values):
        # Every field has a name of its own: a person can read it all the same.
        values["comment"] = ("\n".join(f"{name}: {value}" for name, value in unknown.items()),)
    too_many = (problem("", "fields_left_out", limit=MOST_FIELDS),) if len(rows) > MOST_FIELDS else ()
    return Inbound(
        raw=raw,
        values=values,
        entry_type="form_submission",
        entry=_entry(raw, post, page=page, referrer=referrer, landing=landing, unknown=unknown),
        problems=(*post.problems, *too_many, *_left_out(raw.meta.get(MISSING, ""))),
        verdict=_verdict(post, says_something),
    )


def _verdict(post: FormPost, says_something: bool) -> Verdict | None:
    if post.unreadable:
        return Verdict("needs_attention", "unreadable", f"The form post could not be read: {post.unreadable}.")
    if post.controls.get("_hp"):
        return Verdict("quarantined", "honeypot", "A field that people do not see was filled in.")
    if not says_something:
        return Verdict("needs_attention", "empty", "The form post says nothing.")
    return None


def _left_out(missing: str) -> tuple[Problem, ...]:
    """What the form requires and the post lacks, as the door found it where the sender could not be told."""
    return tuple(problem(field, "required") for field in missing.split())


def _entry(
    raw: Raw, post: FormPost, *, page: str, referrer: str, landing: str, unknown: Mapping[str, str]
) -> dict[str, object]:
    files = [
        {"field": file.field, "name": file.name, "size": file.size, "content_type": file.content_type}
        for file in post.files
    ]
    entry = {
        "form": raw.detail,
        "page": page[:2_000],
        "referrer": referrer[:2_000],
        "landing": "" if landing == page else landing[:2_000],
        "language": post.controls.get("_lang", "")[:20],
        "fields": dict(unknown),
        "files": files,
    }
    return {name: value for name, value in entry.items() if value}


def _rows(pairs: Iterable[Pair]) -> list[_Row]:
    """The form's fields with a value, what form tools send about one field in several pairs put together."""
    about: dict[str, dict[str, str]] = {}
    rows: list[tuple[str, str]] = []
    for pair in pairs:
        found = _TYPED.fullmatch(pair.name)
        if found:
            about.setdefault(found[1], {}).setdefault(found[2], pair.value)
            if found[2] == "value":
                rows.append((found[1], pair.value))
        elif not _is_technical(pair.name):
            rows.append((pair.name, pair.value))
    loose = [
        (f"{name}[{part}]", value)
        for name, parts in about.items()
        if "value" not in parts
        for part, value in parts.items()
        if part not in ("type", "required") and not _is_technical(f"{name}[{part}]")
    ]
    read_rows = [_row(name, value, about.get(name, {})) for name, value in rows]
    return [row for row in [*read_rows, *(_row(name, value, {}) for name, value in loose)] if row.value]


def _row(name: str, value: str, about: Mapping[str, str]) -> _Row:
    label = about.get("title") or about.get("label") or ""
    return _Row(
        about.get("id", "").strip() or name, label.strip()[:255], about.get("type", "").strip().lower(), value.strip()
    )


def _is_technical(name: str) -> bool:
    return name.startswith("_") or _written_together(name).rstrip("0123456789") in _TECHNICAL_WORDS


def _written_together(name: str) -> str:
    return normal_form(name).replace("_", "")


def _mapped(rows: Iterable[_Row], reading: Reading) -> tuple[dict[str, object], dict[str, str]]:
    """Values by lead field, and by the sender's name what nobody could place."""
    found: dict[str, list[str]] = {}
    unknown: dict[str, str] = {}
    for row, field in _placed(rows, reading):
        name = row.label or row.name
        if field:
            found.setdefault(field, []).append(row.value)
        else:
            unknown[name] = f"{unknown[name]}, {row.value}" if name in unknown else row.value
    return {field: tuple(values) for field, values in found.items()}, unknown


def _placed(rows: Iterable[_Row], reading: Reading) -> list[tuple[_Row, str | None]]:
    """Each row with its lead field; those whose names say nothing come last to choose."""
    placed = [(row, _field_of(row, reading)) for row in rows]
    taken = {field for _, field in placed if field}
    for at, (row, field) in enumerate(placed):
        if field is None and (field := _field_by_value(row, taken, reading)):
            placed[at] = (row, field)
            taken.add(field)
    return placed


def _field_of(row: _Row, reading: Reading) -> str | None:
    """The lead field of a row: by the form's own mapping, its name, its label, its type, the question it asks."""
    if row.name in reading.mapping:
        wanted = reading.mapping[row.name]
        return SHORT_FORMS.get(wanted, wanted) or None
    field = field_of(row.name) or field_of(row.label) or _FIELD_BY_TYPE.get(row.type)
    field = field or _asked_for(row)
    if field is None or field.partition(".")[0] not in _VISITORS_FIELDS:
        return None
    if row.value.casefold() in _YES and field not in ("amount", "comment"):
        return None  # `contact=on` is a tick, nobody's name
    return field


def _asked_for(row: _Row) -> str | None:
    field = field_asked_for(row.label or row.name)
    fits = {"emails": "@" in row.value, "phones": sum(sign.isdecimal() for sign in row.value) >= 6}
    return field if field and fits.get(field, True) else None


def _field_by_value(row: _Row, found: Container[str], reading: Reading) -> str | None:
    """What the value of a field without a telling name can only be, where no other field said it."""
    if len(row.value) > 254 or not _says_nothing(row.label or row.name):
        return None
    if "emails" not in found and "@" in row.value and " " not in row.value and clean_email(row.value):
        return "emails"
    if "phones" not in found and row.value[0] in "+0" and not any(sign.isalpha() for sign in row.value):
        phone = clean_phone(row.value, reading.default_region)
        return "phones" if phone and phone["valid"] else None
    return None


def _says_nothing(name: str) -> bool:
    return all(_SAYS_NOTHING.fullmatch(word) for word in normal_form(name).split("_"))


def _first(rows: list[_Row], words: str) -> str:
    """The value of the field with one of these names, which is taken out of the rows."""
    wanted = words.split()
    for row in rows:
        names = (_written_together(row.name), _written_together(row.name.rpartition("[")[2]))
        if any(name in wanted for name in names) and "/" in row.value:
            rows.remove(row)
            return row.value
    return ""


def _digest(pairs: Iterable[Pair], files: Iterable[FilePart], body: bytes) -> str:
    said = [pair for pair in pairs if not _is_technical(pair.name) and pair.value.strip()]
    sent = [(file.field, file.digest) for file in files]
    return _hash(json.dumps([said, sent])) if said or sent else blake2b(body, digest_size=16).hexdigest()


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


_TECHNICAL_WORDS = frozenset(_TECHNICAL.split())
_VISITORS_FIELDS = frozenset(_VISITORS.split())
#: Where somebody came from is nothing that he said.
_TRACES = frozenset({"utm", "click_ids"})
