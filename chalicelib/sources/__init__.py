"""Normalise: raw → Inbound. Pure: no AWS, no clock. One reader per source, named in one table."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict


def read(raw: Raw, reading: Reading) -> Inbound:
    """What arrived, in normal form. A source without a reader needs somebody's attention; nothing is dropped."""
    reader = SOURCES.get(raw.source)
    if reader is None:
        return Inbound(
            raw=raw,
            verdict=Verdict("needs_attention", "unknown_source", f"There is no reader for {raw.source[:40]!r}."),
        )
    return reader(raw, reading)


# Each imports its reader when it is needed: a door pays for its own only (a function's cold start).


def _web_form(raw: Raw, reading: Reading) -> Inbound:
    from chalicelib.sources import web_form

    return web_form.read(raw, reading)


def _email(raw: Raw, reading: Reading) -> Inbound:
    from chalicelib.sources import mail

    return mail.read(raw, reading)


def _call(raw: Raw, reading: Reading) -> Inbound:
    from chalicelib.sources import telephony

    return telephony.read(raw, reading)


#: Source → reader. Files are not here (a file is many inbounds: `csv_file`), nor what comes validated by the API.
SOURCES: dict[str, Callable[[Raw, Reading], Inbound]] = {
    "web_form": _web_form,
    "email": _email,
    "call": _call,
}
