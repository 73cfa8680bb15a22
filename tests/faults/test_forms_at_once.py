"""No lost update: several change one form at once, in every order of their wire calls."""

from __future__ import annotations

from typing import Any

from chalicelib.store import forms
from tests.faults.entries import over_http
from tests.faults.harness import Refused
from tests.faults.interleave import all_orders
from tests.faults.world import World

MOST = 200
PATH = "/v1/forms/frm_demo"


def touches_a_form(call: Any) -> bool:
    return "FORM" in str(call.body)


def asked(method: str, **options: Any) -> Any:
    """The status; of what is refused the first word."""
    try:
        return over_http(method, PATH, **options)["status"]
    except Refused as refusal:
        return int(str(refusal).split(" → ")[1].split()[0])


def ends(world: World, *actors: Any) -> list[tuple[list[Any], Any]]:
    """What each was told, and the form afterwards, in every order."""
    kept = world.keep()

    def reset() -> list[Any]:
        world.put_back(kept)
        return list(actors)

    found = []
    for run in all_orders(reset, MOST, touches_a_form):
        assert [str(each) for each in run.results if isinstance(each, BaseException)] == []
        found.append((run.results, forms.get("frm_demo")))
        assert forms.ids() == (["frm_demo"] if found[-1][1] else [])
        assert world.violations() == []
    print(f"{len(found)} orders")
    return found


def test_two_who_change_different_members_both_have_their_way(world: World) -> None:
    found = ends(world, lambda: asked("PATCH", json={"hosts": ["kaefer.example"]}),
                 lambda: asked("PATCH", json={"default_region": "AT"}))  # fmt: skip

    assert len(found) > 3
    for told, form in found:
        assert told == [200, 200]
        assert (form.version, form.record["hosts"], form.record["default_region"]) == (3, ["kaefer.example"], "AT")


def test_of_two_who_mean_the_same_version_one_is_refused(world: World) -> None:
    headers = {"If-Match": '"1"'}
    found = ends(world, lambda: asked("PATCH", json={"name": "Dach"}, headers=headers),
                 lambda: asked("PATCH", json={"name": "Haus"}, headers=headers))  # fmt: skip

    for told, form in found:
        assert sorted(told) == [200, 412]
        assert (form.version, form.record["name"]) == (2, "Dach" if told[0] == 200 else "Haus")


def test_a_change_and_a_deletion_leave_no_half_of_a_form(world: World) -> None:
    found = ends(world, lambda: asked("PATCH", json={"name": "Dach"}), lambda: asked("DELETE"))

    assert {tuple(told) for told, _ in found} == {(200, 204), (404, 204)}
    assert {form for _, form in found} == {None}
