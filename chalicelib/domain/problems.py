"""What can be wrong with a value: a closed set of codes, each with its sentence for people."""

from __future__ import annotations

from chalicelib.domain.errors import Problem

#: Code → sentence; `{…}` are filled in by `problem`. Codes are part of the contract: they never change their meaning.
SENTENCES = {
    "unknown_field": "There is no field of this name.",
    "read_only": "This field is kept by Leadger and cannot be set.",
    "conflicting_fields": "Send either {short} or {long}, not both.",
    "invalid_type": "Expected {expected}.",
    "invalid_text": "The text holds control characters or half a surrogate pair.",
    "too_long": "Longer than {limit} characters.",
    "too_many": "More than {limit} values.",
    "fields_left_out": "Only the first {limit} fields were read; the rest is kept as it came.",
    "cut": "Cut at {limit} characters; the whole is kept with what was received.",
    "invalid_phone": "Not a phone number that could be dialled (one per entry).",
    "invalid_email": "Not an e-mail address.",
    "invalid_url": "Not a web address.",
    "invalid_date": "Not a date; expected YYYY-MM-DD.",
    "invalid_datetime": "Not a time; expected RFC 3339 with an offset, e.g. 2026-03-01T09:30:00Z.",
    "invalid_number": "Not a number.",
    "invalid_boolean": "Not a yes or no.",
    "invalid_amount": 'Not an amount; expected a string such as "1234.50".',
    "invalid_currency": "Not a currency of ISO 4217.",
    "invalid_country": "Not a country of ISO 3166, two letters.",
    "invalid_language": "Not a language of ISO 639-1, two letters.",
    "invalid_choice": "None of: {choices}.",
    "invalid_name": "Not a name that can be used here.",
    "out_of_range": "Outside of {range}.",
    "required": "Needed here.",
    "says_nothing": "Needs a name, company, phone, e-mail, title or comment.",
    "totals_row": "A row of totals, nobody's.",
    "not_stored": "Could not be stored; it is kept as it came.",
    "invalid_id": "Not an id of such a record; expected one like {example}.",
    "invalid_time": "Not a time of day; expected HH:MM, e.g. 09:00.",
    "invalid_time_zone": "Not a time zone; expected a name such as Europe/Berlin.",
    "invalid_domain": "Not the domain of e-mail addresses; expected one such as example.de.",
    "invalid_host": "Not a host: {why}.",
    "not_in_a_form": "Not a field of forms: {why}.",
    "circular": "It would wait for itself: {path}.",
    "invalid_color": "Not a colour; expected #RRGGBB.",
    "repeated": "Stands here twice.",
    "left_out": "'{what}' is not among them; all are needed, each once.",
    "unsupported": "Not supported yet: {what}.",
    "unknown_section": "There is no section of this id.",
    "unknown_source": "There is no source of this name.",
    "unsupported_filter": "No index serves this filter.",
    "unknown_status": "There is no status of this id.",
    "unknown_lost_reason": "There is no reason of this id.",
    "not_lost": "Only a lead in a status of the kind 'junk' has a lost reason.",
    "unknown_user": "There is no user of this id.",
    "no_user": "This key acts for nobody; make one with a user_id, or name the user.",
    "invalid_value": "This value cannot be used here.",
    "unreadable": "Could not be read: {why}.",
    "file_type": "A file of a kind that is not taken; it is kept with what was received.",
    "files_left_out": "Only the first {limit} files were taken; the rest is kept as it came.",
    "upload_missing": "The file was not uploaded, or too long ago.",
}

#: Raw text carried by a problem is cut here; the whole is in the receipt.
LONGEST_VALUE = 500


def problem(field: str, code: str, value: object = "", **details: object) -> Problem:
    """A problem with its sentence.

    Args:
        field: as it was sent, e.g. `phones[0]`.
        code: a key of `SENTENCES`.
        value: as it was sent; kept as text, cut at `LONGEST_VALUE`.
        details: what the sentence has gaps for.
    Raises:
        KeyError: the code is not in the table, or a gap is left open.
    """
    return Problem(field=field, code=code, detail=SENTENCES[code].format(**details), value=as_text(value))


def as_text(value: object) -> str:
    """Any value as text for people, at most `LONGEST_VALUE` characters; never raises for JSON values."""
    if isinstance(value, str):
        text = value
    elif value is None:
        text = ""
    elif isinstance(value, tuple):  # what was sent under one name several times
        text = ", ".join(map(as_text, value[:LONGEST_VALUE]))
    else:
        try:
            text = str(value)
        except (ValueError, RecursionError):  # an integer of more than 4,300 digits; a list nested too deep
            text = f"({type(value).__name__})"
    return text[:LONGEST_VALUE].encode("utf-8", "replace").decode()
