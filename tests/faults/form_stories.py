"""Stories of a form with everything on: a limit, a captcha of its own, signed times, hosts, and the same text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from chalicelib.services import form_times, workspace
from chalicelib.store import records
from tests.faults.entries import AENNE, JOERG, Delivery, Entry, over_http
from tests.faults.model import Sent
from tests.faults.world import World

STRICT = {
    "name": "Streng",
    "hosts": ["kaefer.example"],
    "spam": {"per_minute": 1, "captcha": {"provider": "altcha", "secret": "of this form"}},
}
ADVERT = "Die besten Uhren der Stadt: https://uhren.example/kaufen"
#: key of a post → what its page brought along; made once a story, so that a retry brings the same.
Brought = dict[str, dict[str, str]]


def stories(world: World) -> list[Entry]:
    """See the module."""
    aenne, joerg = Sent("web_form", "form_submission", **AENNE), Sent("web_form", "form_submission", **JOERG)
    spam = replace(aenne, verdict="quarantined")
    a, b, c, d = Brought(), Brought(), Brought(), Brought()

    def entry(name: str, brought: Brought, delivery: Delivery, *before: Delivery, **more: Any) -> Entry:
        prepared = Delivery(lambda world: make(world, brought), ())
        return Entry(name, ("POST /f/{form_id}",), world, delivery, (prepared, *before), **more)

    return [
        entry("form, all rules", a, posted(a, AENNE, "k1", aenne), otherwise=unless_noted("captcha", (spam,))),
        entry(
            "form, all rules, over the limit",
            b,
            posted(b, AENNE, "k1", aenne),
            posted(b, JOERG, "k0", joerg),
            otherwise=unless_noted("captcha", (joerg, spam)),
        ),
        entry(
            "form, all rules, the same text from others",
            c,
            posted(c, AENNE, "k1", spam, message=ADVERT),
            posted(c, JOERG, "k0", joerg, message=ADVERT),
            # where nothing could be compared, nothing speaks against it
            otherwise=unless_noted("repeated_text", (joerg, aenne)),
        ),
        entry(
            "form, all rules, a proof used by others",
            d,
            posted(d, AENNE, "k1", spam, proof_of="k0"),
            posted(d, JOERG, "k0", joerg),
            # where it could not be noted that the proof was used, it counts
            otherwise=lambda world: (joerg, aenne) if noted(world, "captcha") == {"ok"} else (),
        ),
    ]


def make(world: World, brought: Brought) -> None:
    """The form, and whatever its visitors bring."""
    records.put("FORM", "frm_streng", STRICT)
    workspace.forget()
    shown_at = world.clock.now() - timedelta(minutes=1)
    for key in ("k0", "k1"):
        brought[key] = {"_t": form_times.stamp("frm_streng", shown_at), "_captcha": proof(world)}


def proof(world: World) -> str:
    """A proof that is good for as long as the tests last."""
    import altcha

    secret = STRICT["spam"]["captcha"]["secret"]
    until = world.clock.now() + timedelta(days=3_650)
    asked = altcha.create_challenge(
        "SHA-256", 1, counter=3, expires_at=until, data={"form": "frm_streng"}, hmac_secret=secret
    )
    return altcha.Payload(asked, altcha.solve_challenge(asked)).to_base64()


def posted(
    brought: Brought, person: Mapping[str, str], key: str, sent: Sent, proof_of: str = "", **more: str
) -> Delivery:
    """A post of a page on the form's host."""

    def send(world: World) -> Any:
        along = brought[key] | ({"_captcha": brought[proof_of]["_captcha"]} if proof_of else {})
        body = urlencode({**person, "_key": key, **along, **more}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
                   "Origin": "https://kaefer.example"}  # fmt: skip
        return over_http("POST", "/f/frm_streng", body=body, headers=headers)

    return Delivery(send, (sent,))


def unless_noted(name: str, otherwise: tuple[Sent, ...]) -> Callable[[World], tuple[Sent, ...]]:
    """What may be instead where the door could not note this of the last post."""
    return lambda world: () if name in _notes(world) else otherwise


def noted(world: World, name: str) -> set[str]:
    """What the door has noted of all posts under this name."""
    return {receipt.get("meta", {}).get(name, "") for receipt in world.of_type("receipt")}


def _notes(world: World) -> Mapping[str, str]:
    receipts = [receipt for receipt in world.of_type("receipt") if receipt["external_id"].startswith("frm_streng:")]
    newest = max(receipts, key=lambda receipt: receipt["received_at"], default={})
    return newest.get("meta", {})
