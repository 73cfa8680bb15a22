"""Website forms: any HTML form's post → Inbound. Pure, never raises, whatever the bytes are."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from types import MappingProxyType

from chalicelib.domain import upload_ids
from chalicelib.domain.attachments import Attachment
from chalicelib.domain.cleaning import sound
from chalicelib.domain.emails import clean_email
from chalicelib.domain.errors import Problem
from chalicelib.domain.fields import ENOUGH, SHORT_FORMS
from chalicelib.domain.form import Form
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.domain.phones import clean_phone
from chalicelib.domain.problems import problem
from chalicelib.domain.words import field_asked_for, field_of, normal_form
from chalicelib.sources import defined_form, form_guard, form_habits
from chalicelib.sources.campaigns import campaign
from chalicelib.sources.form_bodies import FilePart, Pair, read_body
from chalicelib.sources.form_habits import Row as _Row

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
    "_consent": "_consent",
    "_upload": "_upload",
    "_captcha": "_captcha",
    "altcha": "_captcha",
    "cf-turnstile-response": "_captcha",
    "h-captcha-response": "_captcha",
    "g-recaptcha-response": "_captcha",
}
#: Of a file that was uploaded before the post; several allowed.
UPLOAD = "_upload"
#: What form tools, protections and buttons send for themselves: nobody's data, other at every post.
_TECHNICAL = """
    grecaptcharesponse hcaptcharesponse cfturnstileresponse altcha frccaptchasolution submit action nonce csrf csrftoken
    csrfmiddlewaretoken authenticitytoken token formid postid queriedid formname referertitle btnsubmit
    absenden senden send wpformsnonce wpformssubmit wpformsid wpformstoken wpformspostid gformsubmit issubmit xsrftoken
    gformuniqueid gformtargetpagenumber gformsourcepagenumber formbuildid requesttoken maxfilesize formtoken
    formsubmit forminatornonce
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
    r"(?:input|fields?|text|q|question|frage|item|element|answer|value|data|column|entry|form|et|id|wpforms|nf|fld|meta"
    r"|frm|ff|countrycode|multi|single|line|phone|number)?[0-9a-f]*"
)
#: Formspree's old name for the visitor's address.
REPLY_TO = "_replyto"
#: Names that mean the visitor's address where an address stands in it: PrestaShop's, Formspree's.
_SENDERS = frozenset({"from", REPLY_TO})
_GRAVITY_STATE = re.compile(r"state_\d+")
#: Words of a text without a telling name that make it the message.
LEAST_WORDS = 6
_TYPED = re.compile(r"([^\[\]]+(?:\[[^\[\]]*\])*)\[(id|type|title|label|value|raw_value|required)\]")
_YES = frozenset({"on", "off", "1", "0", "true", "false", "yes", "no", "ja", "nein"})


@dataclass(frozen=True)
class FormPost:
    """A form post, read but not yet understood.

    Attributes:
        pairs: fields in the order sent, control fields left out.
        controls: `_key`, `_next`, `_page`, `_t`, `_hp` … (aliases resolved), only those sent and not blank.
        consents: ids of those that were ticked.
        files: of a multipart body.
        problems: what could not be read.
        unreadable: why nothing could be read at all; empty when it could.
        digest: of the values (of the body if unreadable), hexadecimal: equal submissions have equal digests.
        uploads: ids of files that were uploaded before, `_upload`.
    """

    pairs: tuple[Pair, ...]
    controls: Mapping[str, str]
    consents: tuple[str, ...]
    files: tuple[FilePart, ...]
    problems: tuple[Problem, ...]
    unreadable: str
    digest: str
    uploads: tuple[str, ...] = ()


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


def read_form(raw: Raw) -> FormPost:
    """The fields, control fields and files of a form post. Never raises."""
    body = read_body(raw.body, raw.content_type, raw.meta.get("content_encoding", ""))
    controls: dict[str, str] = {}
    pairs: list[Pair] = []
    uploads: list[str] = []
    for pair in body.pairs:
        if pair.name == UPLOAD:
            uploads.extend(pair.value.split())
        elif pair.name not in CONTROLS:
            pairs.append(pair)
        elif pair.value.strip():
            controls.setdefault(CONTROLS[pair.name], pair.value.strip())
    ticked = (pair.value.strip() for pair in body.pairs if defined_form.is_consent(pair.name))
    consents = tuple(sorted({each for each in ticked if each}))
    return FormPost(
        pairs=tuple(pairs),
        controls=controls,
        consents=consents,
        files=body.files,
        problems=body.problems,
        unreadable=body.unreadable,
        digest=_digest(pairs, consents, body.files, uploads, raw.body),
        uploads=tuple(dict.fromkeys(uploads)),
    )


def is_empty(post: FormPost, form: Form | None = None) -> bool:
    """Whether nothing at all was said: no field has a value, but those that control, protect and send the form.

    Args:
        form: its definition: a field left as the form began with it says nothing.
    """
    if post.unreadable or post.problems or post.files or post.uploads or "_hp" in post.controls:
        return False
    return all(defined_form.is_untouched(row.name, row.value, form) for row in _rows(post.pairs))


def texts(post: FormPost) -> tuple[str, ...]:
    """The values of a post's fields, but of those that say which page it was sent from."""
    rows = _rows(post.pairs)
    for words in (_PAGE_WORDS, _REFERRER_WORDS):
        _first(rows, words)
    return tuple(row.value for row in rows)


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
    files = _files(post)
    if unknown and not any(name.partition(".")[0] in ENOUGH for name in values):
        # Every field has a name of its own: a person can read it all the same.
        values["comment"] = ("\n".join(f"{name}: {value}" for name, value in unknown.items()),)
    for name, value in campaign(page, landing):
        values.setdefault(name, (value,))
    too_many = (problem("", "fields_left_out", limit=MOST_FIELDS),) if len(rows) > MOST_FIELDS else ()
    language = post.controls.get("_lang", "")
    preset = {field: value for field, value in defined_form.presets(reading.form).items() if _written_by_forms(field)}
    return Inbound(
        raw=raw,
        values=values,
        entry_type="form_submission",
        entry=_entry(raw, post, reading.form, page=page, referrer=referrer, landing=landing, unknown=unknown),
        problems=(
            *post.problems,
            *too_many,
            *_left_out(raw.meta.get(MISSING, "")),
            *defined_form.missing(reading.form, post.consents),
        ),
        verdict=_verdict(post, _spam(raw, post, reading), bool(files) or _says_something(rows, reading)),
        preset=preset,
        consent=defined_form.evidence(raw, reading.form, post.consents, asked_for=language, page=page),
        files=files,
    )


def _says_something(rows: Iterable[_Row], reading: Reading) -> bool:
    """Whether a field has a value that is neither a trace of a campaign nor what the form began with."""
    said = (row for row in rows if not defined_form.is_untouched(row.name, row.value, reading.form))
    return any((_field_of(row, reading) or "").partition(".")[0] not in _TRACES for row in said)


def _spam(raw: Raw, post: FormPost, reading: Reading) -> Verdict | None:
    sent = form_guard.Post("_hp" in post.controls, texts(post), raw.meta)
    return form_guard.verdict(sent, reading.form or Form(raw.detail))


def _verdict(post: FormPost, spam: Verdict | None, says_something: bool) -> Verdict | None:
    if post.unreadable:
        return Verdict("needs_attention", "unreadable", f"The form post could not be read: {post.unreadable}.")
    if spam:
        return spam
    if not says_something:
        return Verdict("needs_attention", "empty", "The form post says nothing.")
    return None


def _files(post: FormPost) -> tuple[Attachment, ...]:
    """What came along, then what was uploaded before: its place in this list names where a file is kept."""
    sent = [Attachment(file.name, file.field, file.content) for file in post.files]
    said = [(each, upload_ids.read(each)) for each in post.uploads]
    return (*sent, *(Attachment(sound(upload.name) if upload else "", upload=each) for each, upload in said))


def _left_out(missing: str) -> tuple[Problem, ...]:
    """What the form requires and the post lacks, as the door found it where the sender could not be told."""
    return tuple(problem(field, "required") for field in missing.split())


def _entry(
    raw: Raw,
    post: FormPost,
    form: Form | None,
    *,
    page: str,
    referrer: str,
    landing: str,
    unknown: Mapping[str, str],
) -> dict[str, object]:
    entry = {
        "form": raw.detail,
        "page": page[:2_000],
        "referrer": referrer[:2_000],
        "landing": "" if landing == page else landing[:2_000],
        "language": post.controls.get("_lang", "")[:20],
        "address_hash": raw.meta.get("address_hash", ""),
        "fields": dict(unknown),
        "consents": defined_form.told(form, post.consents),
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
    read_rows += [_row(name, value, {}) for name, value in loose]
    return form_habits.joined(row for row in read_rows if row.value)


def _row(name: str, value: str, about: Mapping[str, str]) -> _Row:
    label = about.get("title") or about.get("label") or ""
    return _Row(
        about.get("id", "").strip() or name, label.strip()[:255], about.get("type", "").strip().lower(), value.strip()
    )


def _is_technical(name: str) -> bool:
    if name == REPLY_TO:
        return False
    if name.startswith("_") or "[__" in name or _GRAVITY_STATE.fullmatch(name):
        return True
    inner = name.rpartition("[")[2] if name.endswith("]") else ""
    return _written_together(inner) in _TECHNICAL_INSIDE or (
        _written_together(name).rstrip("0123456789") in _TECHNICAL_WORDS
    )


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
    return form_habits.settled({field: tuple(values) for field, values in found.items()}), unknown


def _placed(rows: Iterable[_Row], reading: Reading) -> list[tuple[_Row, str | None]]:
    """Each row with its lead field; those whose names say nothing come last to choose.

    What the form itself says stays as it says: a row that says the same is left out, any other one has no field.
    """
    rows = list(rows)
    told = form_habits.told([row.name for row in rows])
    fixed = defined_form.presets(reading.form)
    placed = [(row, _field_of(row, reading, told)) for row in rows]
    placed = [(row, None if field in fixed else field) for row, field in placed if fixed.get(field or "") != row.value]
    taken = {field for _, field in placed if field}
    for at, (row, field) in enumerate(placed):
        if field is None and (field := _field_by_value(row, taken, reading)):
            placed[at] = (row, field)
            taken.add(field)
    return placed


def _field_of(row: _Row, reading: Reading, told: Mapping[str, str | None] = MappingProxyType({})) -> str | None:
    """The lead field of a row: by the form's own mapping, its name, its label, its type, the question it asks.

    Args:
        told: names that a tool's habit decides.
    """
    if row.name in reading.mapping:
        wanted = reading.mapping[row.name]
        return _written_by_forms(SHORT_FORMS.get(wanted, wanted))
    if field := _written_by_forms(defined_form.field_of(row.name, reading.form)):
        return field
    if row.name in told:
        return told[row.name]
    name = form_habits.bare(row.name)
    field = field_of(name) or field_of(row.label) or _FIELD_BY_TYPE.get(row.type)
    field = field or _asked_for(row)
    if field is None or field.partition(".")[0] not in _VISITORS_FIELDS or not form_habits.can_be(field, row.value):
        return None
    if row.value.casefold() in _YES and field not in ("amount", "comment"):
        return None  # `contact=on` is a tick, nobody's name
    return field


def _written_by_forms(field: str | None) -> str | None:
    """The field, if a form may be told to write it: where a lead stands is no field of a form."""
    return field if field and field.partition(".")[0] in _WRITTEN_BY_FORMS else None


def _asked_for(row: _Row) -> str | None:
    field = field_asked_for(row.label or row.name)
    fits = {"emails": "@" in row.value, "phones": sum(sign.isdecimal() for sign in row.value) >= 6}
    return field if field and fits.get(field, True) else None


def _field_by_value(row: _Row, found: Container[str], reading: Reading) -> str | None:
    """What the value of a field without a telling name can only be, where no other field said it."""
    if row.name in _SENDERS and clean_email(row.value) and "emails" not in found:
        return "emails"
    if not _says_nothing(row.label or row.name):
        return None
    if "comment" not in found and ("\n" in row.value or len(row.value.split()) >= LEAST_WORDS):
        return "comment"
    if len(row.value) > 254:
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


def _digest(
    pairs: Iterable[Pair],
    consents: Sequence[str],
    files: Iterable[FilePart],
    uploads: Iterable[str],
    body: bytes,
) -> str:
    said = [pair for pair in pairs if not _is_technical(pair.name) and pair.value.strip()]
    sent = [(file.field, file.digest) for file in files]
    # the same file uploaded once more, for a second try, is the same file
    sent += [(str(upload.size), upload.name) for upload in map(upload_ids.read, uploads) if upload]
    whole = [said, sent, *([consents] if consents else [])]
    return _hash(json.dumps(whole)) if said or sent else blake2b(body, digest_size=16).hexdigest()


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


#: Of a tool's own fields among the visitor's: `mauticform[formName]`.
_TECHNICAL_INSIDE = frozenset({"formname", "formid", "submit"})
_TECHNICAL_WORDS = frozenset(_TECHNICAL.split())
_VISITORS_FIELDS = frozenset(_VISITORS.split())
_WRITTEN_BY_FORMS = _VISITORS_FIELDS | {"tags", "custom"}
#: Where somebody came from is nothing that he said.
_TRACES = frozenset({"utm", "click_ids"})
