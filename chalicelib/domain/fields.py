"""The fields of a lead: their types, and the one way from what was sent to what is stored.

Strict (API): anything that is wrong is a problem, and its value is left out. Lenient (forms, mails, calls, files):
values are text, form is forgiven, what cannot be used is a problem that carries the text; nothing ever raises.
All problems are collected. A stored value is JSON without floats: money and fractions are strings, because DynamoDB
refuses floats and cents do not forgive them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Any

from chalicelib.domain.cleaning import (
    LONG,
    SHORT,
    Cleaned,
    FieldType,
    Way,
    as_tuple,
    below,
    comes_back,
    each_cleaned,
    gathered,
    is_empty,
    read_list,
    read_object,
)
from chalicelib.domain.errors import Problem
from chalicelib.domain.field_lists import (
    MOST_VALUES,
    Address,
    Emails,
    ExternalIds,
    Messengers,
    Names,
    Phones,
    Struct,
    Structs,
    Tags,
    Things,
    Websites,
)
from chalicelib.domain.field_types import (
    COUNTRY,
    DATE_TIME,
    LONG_TEXT,
    OWN_CHOICE,
    TEXT,
    URL,
    Boolean,
    Date,
    Email,
    Integer,
    Money,
    Number,
    OwnChoices,
    Phone,
    Reference,
)
from chalicelib.domain.paths import written
from chalicelib.domain.problems import as_text, problem

#: Every type by its name. To add one: a class with `clean`, and a line here.
FIELD_TYPES: dict[str, FieldType] = {
    kind.name: kind
    for kind in (
        TEXT,
        LONG_TEXT,
        Integer(),
        Number(),
        Boolean(),
        Date(),
        DATE_TIME,
        Money(),
        URL,
        Email(),
        Phone(),
        COUNTRY,
        OWN_CHOICE,
        OwnChoices(),
        Reference("user", "usr"),
        Reference("contact", "con"),
        Reference("company", "com"),
        Phones(),
        Emails(),
        Websites(),
        Messengers(),
        Tags(),
        Address(
            "address",
            {
                "street": TEXT,
                "street2": TEXT,
                "postal_code": TEXT,
                "city": TEXT,
                "region": TEXT,
                "country": COUNTRY,
            },
        ),
        Struct("utm", {"source": TEXT, "medium": TEXT, "campaign": TEXT, "content": TEXT, "term": TEXT}),
        Names("click_ids", r"[A-Za-z0-9_]{1,40}", 500),
        ExternalIds(),
        Structs(
            "consent", Struct("consent", {"text": LONG_TEXT, "version": TEXT, "at": DATE_TIME, "page": TEXT}, 5_000)
        ),
    )
}


@dataclass(frozen=True)
class Field:
    """One field of a record.

    Attributes:
        type: key of `FIELD_TYPES`; empty for what only Leadger writes.
        label: language → what people call it.
        limit: characters, for texts.
        multiple: it holds a list of such values.
        choices: id → label, for choices.
    """

    type: str
    label: Mapping[str, str]
    limit: int = SHORT
    multiple: bool = False
    choices: Mapping[str, str] = dataclass_field(default_factory=dict)

    @property
    def read_only(self) -> bool:
        """Whether only Leadger writes it."""
        return not self.type


def _field(kind: str, german: str, english: str, limit: int = SHORT) -> Field:
    return Field(kind, {"de": german, "en": english}, limit)


#: The standard fields of a lead in the order of API.md section 3.
LEAD_FIELDS: dict[str, Field] = {
    "id": _field("", "ID", "ID"),
    "version": _field("", "Version", "Version"),
    "title": _field("text", "Titel", "Title"),
    "status": _field("text", "Status", "Status", 40),
    "kind": _field("", "Art des Status", "Kind of status"),
    "status_changed_at": _field("", "Status geändert am", "Status changed at"),
    "lost_reason": _field("text", "Verlustgrund", "Lost reason", 40),
    "source": _field("text", "Quelle", "Source", 40),
    "source_detail": _field("text", "Quelle, genauer", "Source detail"),
    "honorific": _field("text", "Anrede", "Honorific"),
    "name": _field("text", "Name", "Name"),
    "given_name": _field("text", "Vorname", "Given name"),
    "middle_name": _field("text", "Weitere Vornamen", "Middle name"),
    "family_name": _field("text", "Nachname", "Family name"),
    "company": _field("text", "Firma", "Company"),
    "position": _field("text", "Position", "Position"),
    "birthdate": _field("date", "Geburtsdatum", "Birthdate"),
    "phones": _field("phones", "Telefon", "Phone"),
    "emails": _field("emails", "E-Mail", "E-mail"),
    "websites": _field("websites", "Website", "Website"),
    "messengers": _field("messengers", "Messenger", "Messenger"),
    "address": _field("address", "Adresse", "Address"),
    "amount": _field("money", "Betrag", "Amount"),
    "comment": _field("long_text", "Kommentar", "Comment", LONG),
    "utm": _field("utm", "UTM-Parameter", "UTM parameters"),
    "click_ids": _field("click_ids", "Klick-IDs", "Click ids"),
    "owner_id": _field("text", "Zuständig", "Owner", 40),
    "created_by": _field("", "Angelegt von", "Created by"),
    "contact_id": _field("", "Kontakt", "Contact"),
    "company_id": _field("", "Unternehmen", "Company record"),
    "repeat": _field("", "Wiederholt", "Repeat"),
    "duplicate_of": _field("", "Dublette von", "Duplicate of"),
    "merged_into": _field("", "Zusammengeführt in", "Merged into"),
    "external_ids": _field("external_ids", "IDs anderer Systeme", "Ids of other systems"),
    "consent": _field("consent", "Einwilligung", "Consent"),
    "tags": _field("tags", "Schlagwörter", "Tags"),
    "custom": _field("custom", "Eigene Felder", "Custom fields"),
    "received_at": _field("", "Eingegangen am", "Received at"),
    "created_at": _field("", "Angelegt am", "Created at"),
    "updated_at": _field("", "Geändert am", "Updated at"),
    "closed_at": _field("", "Abgeschlossen am", "Closed at"),
    "last_activity_at": _field("", "Letzte Aktivität", "Last activity"),
    "first_response_at": _field("", "Erste Antwort", "First response"),
}

#: Values of a custom field that holds several.
MOST_MULTIPLE = 100
#: Short forms in requests: one element of the list.
SHORT_FORMS = {"email": "emails", "phone": "phones"}
#: Any one of these makes a lead; `company` too is "who".
ENOUGH = ("name", "given_name", "middle_name", "family_name", "company", "phones", "emails", "title", "comment")


def clean_values(
    values: Mapping[str, object],
    *,
    region: str,
    lenient: bool,
    currency: str = "EUR",
    time_zone: str = "",
    custom: Mapping[str, Field] | None = None,
    record: Mapping[str, object] | None = None,
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """What was sent, as a lead stores it, and everything that is wrong with it.

    Args:
        values: strict: JSON values under the names of `LEAD_FIELDS`, `email`, `phone`. Lenient: texts or tuples of
            texts, also under dotted names (`address.city`, `utm.source`, `messengers.telegram`).
        region: ISO 3166 alpha-2, for phones without country code.
        lenient: False at the API, True for whoever will not come back.
        currency: ISO 4217, for amounts that name none.
        time_zone: IANA name, for times without an offset; only leniently are there any.
        custom: definitions of the custom fields by name.
        record: the lead as the API shows it: read-only fields sent back unchanged are no problem, nor is a value of
            one of its lists.

    Returns:
        JSON-like values, floats excluded; absent where null, empty or unusable. Phones are
        `{"e164", "raw", "type", "valid"}`, e-mails `{"address", "type"}`, without ids. Problems name the field as sent.
    """
    way = Way(region=region, lenient=lenient, currency=currency, time_zone=time_zone)
    sent, names, problems = _long_forms(_unfolded(values) if lenient else dict(values), way)
    result: dict[str, Any] = {}
    for name, value in sent.items():
        cleaned, wrong = _clean_field(name, value, way, custom=custom or {}, record=record or {})
        # the names of a form or a column are texts for people; those of the API are steps of a path
        field = as_text(name) if lenient else written((as_text(name),))
        problems.extend(_as_sent(names.get(name, ""), wrong) if name in names else below(field, wrong))
        if cleaned is not None:
            result[name] = cleaned
    return result, tuple(problems)


def says_enough(values: Mapping[str, Any]) -> bool:
    """Whether cleaned values make a lead: a name or a part of it, company, phone, e-mail, title or comment."""
    return any(values.get(name) for name in ENOUGH)


def derive_name(values: Mapping[str, Any]) -> str:
    """The name, or its parts put together; empty when there are none.

    Parts are never made from a name: nobody can tell `Maria Anna Graf von Berg` apart for certain.
    """
    if values.get("name"):
        return str(values["name"])
    parts = (values.get("given_name"), values.get("middle_name"), values.get("family_name"))
    return " ".join(part for part in parts if part)[:SHORT]


def derive_title(values: Mapping[str, Any]) -> str:
    """The title, or the best of name, company, phone, e-mail, comment's first line; empty when there is nothing."""
    if values.get("title"):
        return str(values["title"])
    if name := derive_name(values) or values.get("company"):
        return str(name)
    if phones := values.get("phones"):
        return str(phones[0]["raw"])
    if emails := values.get("emails"):
        return str(emails[0]["address"])
    return _first_line(str(values.get("comment") or ""))


def filled(values: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """A lead's values with what newer ones say of empty fields; lists of phones, addresses … get what is new."""
    return _united(values, newer, lambda old, new: old)


def replaced(values: Mapping[str, Any], newer: Mapping[str, Any]) -> dict[str, Any]:
    """A lead's values with all that newer ones say; what they say nothing of stays."""
    return _united(values, newer, lambda old, new: new)


def _united(values: Mapping[str, Any], newer: Mapping[str, Any], choose: Callable[[Any, Any], Any]) -> dict[str, Any]:
    result = dict(values)
    for name, new in newer.items():
        old = result.get(name)
        if is_empty(new):
            continue
        if is_empty(old):
            result[name] = new
        elif name == "consent":
            result[name] = _all_evidence(old, new)
        elif isinstance(old, Mapping) and isinstance(new, Mapping) and name != "amount":
            result[name] = {**new, **old} if choose(old, new) is old else {**old, **new}
        else:
            result[name] = _longer(name, old, new) if choose(old, new) is old else new
    return result


def _all_evidence(old: Any, new: Any) -> Any:
    """What was agreed to before is agreed to still; of too much the newest."""
    return [*old, *(each for each in new if each not in old)][-MOST_VALUES:]


def _longer(name: str, old: Any, new: Any) -> Any:
    kind = FIELD_TYPES.get(LEAD_FIELDS[name].type)
    if not isinstance(kind, Things):
        return old
    things = {kind.key(thing): thing for thing in old}
    for thing in new:
        things.setdefault(kind.key(thing), thing)
    return list(things.values())[:MOST_VALUES]


def _clean_field(
    name: str, value: object, way: Way, *, custom: Mapping[str, Field], record: Mapping[str, object]
) -> Cleaned:
    field, shown = LEAD_FIELDS.get(name), record.get(name)
    if field and field.read_only:
        return None, [] if comes_back(value, shown) else [problem("", "read_only", value)]
    if name == "custom":
        return _clean_custom(value, way, custom, shown if isinstance(shown, Mapping) else {})
    return _clean_as(field, value, way, shown)


def _clean_custom(value: object, way: Way, fields: Mapping[str, Field], shown: Mapping[str, object]) -> Cleaned:
    given, problems = read_object(value, way)
    if given is None:
        return None, problems
    found, problems = gathered(
        (as_text(name), _clean_as(fields.get(name), member, way, shown.get(name))) for name, member in given.items()
    )
    return dict(found) or None, problems


def _clean_as(field: Field | None, value: object, way: Way, shown: object) -> Cleaned:
    if field is None:
        return None, [problem("", "unknown_field", value)]
    # numbers are not shown as they are stored, and none of them is ever worth less
    kept = shown if isinstance(shown, list) and field.type != "number" else ()
    return clean_as(field, value, replace(way, limit=field.limit, choices=field.choices, kept=kept))


def clean_as(field: Field, value: object, way: Way) -> Cleaned:
    """A field's value, or its list of values, as it is stored."""
    kind = FIELD_TYPES[field.type]
    if not field.multiple:
        return kind.clean(value, way)
    values, problems = read_list(value, way, alone=(str, Mapping, bool, int, float))
    if values and len(values) > MOST_MULTIPLE:
        return None, [problem("", "too_many", value, limit=MOST_MULTIPLE)]
    found, wrong = each_cleaned(values or (), way, kind.clean)
    return [one for _, one in found] or None, problems + wrong


def _long_forms(values: dict[str, Any], way: Way) -> tuple[dict[str, Any], dict[str, str], list[Problem]]:
    """Values with `email` and `phone` as lists, and long name → name as sent."""
    names: dict[str, str] = {}
    problems: list[Problem] = []
    for short, long in SHORT_FORMS.items():
        if short not in values:
            continue
        value = values.pop(short)
        if way.lenient:
            values[long] = (*as_tuple(value), *as_tuple(values.get(long)))
        elif long in values:
            problems.append(problem(short, "conflicting_fields", value, short=short, long=long))
        elif isinstance(value, str | None):
            values[long] = [value] if value else None
            names[long] = short
        else:
            problems.append(problem(short, "invalid_type", value, expected="a text"))
    return values, names, problems


def _unfolded(values: Mapping[str, object]) -> dict[str, Any]:
    """Dotted names as nested values: `address.city` → `{"address": {"city": …}}`."""
    result: dict[str, Any] = {name: value for name, value in values.items() if "." not in as_text(name)}
    for name, value in values.items():
        outer, dot, inner = as_text(name).partition(".")
        if not dot or is_empty(value):
            continue
        if outer == "messengers":
            handles = tuple({"service": inner, "handle": handle} for handle in as_tuple(value))
            result[outer] = as_tuple(result.get(outer)) + handles
        else:
            result[outer] = {**_as_nested(outer, result.get(outer)), inner: value}
    return result


def _as_nested(outer: str, value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    member = {"address": "street", "amount": "amount"}.get(outer)
    return {member: value} if member and not is_empty(value) else {}


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= 80 else line[:79].rstrip() + "…"


def _as_sent(short: str, problems: Iterable[Problem]) -> list[Problem]:
    """Problems of a one-element list under the short name that was sent: `[0]` → `phone`."""
    return [replace(one, field=short + one.field.removeprefix("[0]")) for one in problems]
