"""Stories of what is set: statuses, fields, sources, settings, users, keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.faults.entries import Delivery, Entry, over_http, same_answers
from tests.faults.harness import Story
from tests.faults.world import World

Expect = Callable[[World, Story], Iterable[str]]


def at_settings(method: str, url: str, key: str = "k-1", **body: Any) -> Delivery:
    """Somebody sets something, with an Idempotency-Key."""
    options: dict[str, Any] = {"headers": {"Idempotency-Key": key}}
    if body:
        options["json"] = body
    return Delivery(lambda world: over_http(method, url, **options), ())


def changed_once(name: str, before: int = 0) -> Expect:
    """The document was changed once if anybody was told so, at most once anyhow, and all answers are the same."""

    def expect(world: World, story: Story) -> Iterable[str]:
        yield from same_answers(world, story)
        versions = [int(item.get("version", 0)) for item in world.of_type("cfg") if item["sk"] == name] or [0]
        allowed = (before + 1,) if story.acknowledged else (before, before + 1)
        if versions[0] not in allowed:
            yield f"the document '{name}' is at version {versions[0]}, not {allowed}"

    return expect


def content(world: World, name: str) -> Any:
    """What a document holds."""
    return next((json.loads(item["data"]) for item in world.of_type("cfg") if item["sk"] == name), {})


def settings_entries(entry: Callable[..., Entry]) -> list[Entry]:
    """The stories; `entry` makes one of name, door, delivery and deliveries before."""
    status = at_settings("POST", "/v1/statuses", "before", id="on_site", name="Vor Ort", kind="open")
    source = at_settings("POST", "/v1/sources", "before", id="messe", name="Messe Köln")
    order = ["junk", "new", "in_process", "processed", "converted"]
    return [
        entry("status made", "POST /v1/statuses",
              at_settings("POST", "/v1/statuses", id="on_site", name="Vor Ort", kind="open"),
              expect=changed_once("statuses")),
        entry("status changed", "PATCH /v1/statuses/{status_id}",
              at_settings("PATCH", "/v1/statuses/on_site", name="Besichtigung", position=1), status,
              expect=changed_once("statuses", 1)),
        entry("status deleted", "DELETE /v1/statuses/{status_id}",
              at_settings("DELETE", "/v1/statuses/on_site"), status, expect=changed_once("statuses", 1)),
        entry("statuses put in order", "PUT /v1/statuses/order",
              at_settings("PUT", "/v1/statuses/order", ids=order), expect=changed_once("statuses")),
        entry("source made", "POST /v1/sources", at_settings("POST", "/v1/sources", id="messe", name="Messe Köln"),
              expect=changed_once("sources")),
        entry("source renamed", "PATCH /v1/sources/{source_id}",
              at_settings("PATCH", "/v1/sources/messe", name="Messe"), source, expect=changed_once("sources", 1)),
        entry("source deleted", "DELETE /v1/sources/{source_id}", at_settings("DELETE", "/v1/sources/messe"), source,
              expect=changed_once("sources", 1)),
    ]  # fmt: skip
