"""What the addresses of pages say of the campaign that brought a visitor."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from chalicelib.domain.cleaning import sound
from chalicelib.domain.words import field_of

_CLICK_IDS = frozenset({"gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "li_fat_id", "twclid"})


def campaign(page: str, landing: str) -> list[tuple[str, str]]:
    """UTM parameters and click ids, as (lead field, value): of the page, and where it has none of the landing page."""
    found = _in_address(page)
    told = {field.partition(".")[0] for field, _ in found}
    return [*found, *((field, value) for field, value in _in_address(landing) if field.partition(".")[0] not in told)]


def _in_address(address: str) -> list[tuple[str, str]]:
    try:
        query = urlsplit(address[:4_000]).query
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return []
    fields = (
        (field_of(name) if name.startswith("utm_") or name in _CLICK_IDS else None, value) for name, value in pairs
    )
    return [(field, sound(value)) for field, value in fields if field and value]
