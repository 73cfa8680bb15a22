"""The time at which a form was shown, signed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.services.form_times import FORGED, seconds_since, stamp
from tests.conftest import MONDAY
from tests.faults.world import World


@pytest.mark.parametrize(("after", "seconds"), [(0, "0"), (1.999, "1"), (2, "2"), (90_000, "90000"), (-5, "0")])
def test_a_stamp_says_how_long_ago_the_form_was_shown(world: World, after: float, seconds: str) -> None:
    stamped = stamp("frm_1", MONDAY)

    assert seconds_since(stamped, "frm_1", MONDAY + timedelta(seconds=after)) == seconds


def test_whatever_is_not_stamped_by_us_for_this_form_is_forged(world: World) -> None:
    stamped = stamp("frm_1", MONDAY)
    moment, _, signature = stamped.partition(".")
    earlier = stamp("frm_1", MONDAY - timedelta(hours=1)).partition(".")[0]
    forged = [
        "", ".", "1", moment, f"{moment}.", f".{signature}", f"{earlier}.{signature}", f"{moment}.{signature[:-1]}",
        f"{moment}.{signature}x", f"{moment}.{signature.upper()}", f" {stamped}", f"{stamped}\n", stamped * 2,
        "x" * 100_000, f"ü.{signature}", f"{moment}.\ud800", f"+{moment}.{signature}",
    ]  # fmt: skip

    assert {text: seconds_since(text, "frm_1", MONDAY) for text in forged} == dict.fromkeys(forged, FORGED)
    assert seconds_since(stamped, "frm_2", MONDAY) == FORGED


def test_the_secret_is_not_in_a_stamp(world: World) -> None:
    from chalicelib.services import workspace

    key = workspace.key_for("form time", MONDAY)

    assert key != workspace.cursor_secret(MONDAY)
    assert key != workspace.key_for("form address", MONDAY)
    assert len(stamp("frm_1", MONDAY)) < 30
