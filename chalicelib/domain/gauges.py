"""How many leads a board column has, and what they are worth: counters that a lead enters and leaves.

Sums are whole ten-thousandths of the currency's unit, so that they are exact however often they are added to.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from chalicelib.domain.codes import fraction_digits
from chalicelib.domain.lead import Lead

#: Whose column: everybody's, or an owner's; leads without owner are `NOBODY`'s.
ALL, NOBODY = "ALL", "-"
COUNT = "count"
#: Digits behind the point that amounts have at most.
DIGITS = 4

#: Whose column, and of which status.
Column = tuple[str, str]
#: `count`, and by currency the sum in ten-thousandths.
Tally = dict[str, int]


def counted(lead: Lead | None) -> dict[Column, Tally]:
    """What a lead adds to which columns: nothing while it is deleted or merged."""
    if lead is None or lead.deleted_at or lead.merged_into:
        return {}
    tally = {COUNT: 1, **_worth(lead)}
    return {(ALL, lead.status): tally, (lead.owner or NOBODY, lead.status): dict(tally)}


def difference(before: Lead | None, after: Lead | None) -> dict[Column, Tally]:
    """What a change of one lead adds to which columns; what stays the same is left out."""
    changed: dict[Column, Tally] = {}
    add(changed, counted(after))
    add(changed, counted(before), times=-1)
    return nonzero(changed)


def add(total: dict[Column, Tally], more: Mapping[Column, Mapping[str, int]], times: int = 1) -> None:
    """Add to `total`, in place."""
    for column, tally in more.items():
        own = total.setdefault(column, {})
        for name, number in tally.items():
            own[name] = own.get(name, 0) + times * number


def nonzero(total: Mapping[Column, Mapping[str, int]]) -> dict[Column, Tally]:
    """Without counters that are zero."""
    kept = {column: {name: number for name, number in tally.items() if number} for column, tally in total.items()}
    return {column: tally for column, tally in kept.items() if tally}


def money(tally: Mapping[str, int]) -> list[dict[str, str]]:
    """The sums as the API shows them, by currency; a currency whose sum is zero is left out."""
    return [
        {"amount": _text(number, name), "currency": name}
        for name, number in sorted(tally.items())
        if name != COUNT and number
    ]


def _worth(lead: Lead) -> Tally:
    amount = lead.values.get("amount")
    if not amount or not amount.get("currency"):
        return {}
    worth = int(Decimal(amount["amount"]).scaleb(DIGITS))
    return {amount["currency"]: worth} if worth else {}


def _text(number: int, currency: str) -> str:
    """As few digits behind the point as the currency has, and as many as the sum needs."""
    exact = Decimal(number).scaleb(-DIGITS)
    digits = max(fraction_digits(currency), -int(exact.normalize().as_tuple().exponent))
    return format(exact.quantize(Decimal(1).scaleb(-digits)), "f")
