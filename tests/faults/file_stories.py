"""Website forms with files, in the post and uploaded before it, as stages for the harness."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.store import records
from tests.faults.entries import AENNE, Delivery, Entry, created_by_api, left_pending, over_http, swept, taken_up
from tests.faults.harness import Story
from tests.faults.model import Sent
from tests.faults.world import World
from tests.sample_files import PDF, docx

POSTS, UPLOADS = "POST /f/{form_id}", "POST /f/{form_id}/uploads"
FORM = "frm_plans"
LARGE = PDF + b"\0" * 10_000
SENT = Sent("web_form", "form_submission", **AENNE)


def stories(world: World) -> Iterator[Entry]:
    """Each with what must hold of its files."""
    two = form_with({"plan.pdf": PDF, "Angebot.docx": docx()})
    yield Entry("form, two files", (POSTS,), world, two, expect=objects_of(2))
    known = (created_by_api(AENNE),)
    yield Entry("form, two files of a known person", (POSTS,), world, two, known, expect=objects_of(2))
    left = left_pending(two, after="PutItem")
    yield Entry("intake queue: a pending form with files", ("intake",), world, Delivery(taken_up, two.sent),
                arrange=left, expect=objects_of(2), always_redelivered=True)  # fmt: skip
    yield Entry("sweep: a pending form with files", ("sweep",), world, Delivery(swept, two.sent),
                arrange=left, expect=objects_of(2), always_redelivered=True)  # fmt: skip
    arrange, uploaded = form_with_upload()
    yield Entry("form, an uploaded file", (POSTS,), world, uploaded, arrange=arrange, expect=objects_of(1))
    yield Entry("upload for a form", (UPLOADS,), world, Delivery(begun, (), once=False), arrange=asks_for_files)


def form_with(sent: Mapping[str, bytes]) -> Delivery:
    """A browser's post with these files."""
    fields = {"name": AENNE["name"], "phone": AENNE["phone"], "email": AENNE["email"], "_key": "k1"}
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    for name, content in sent.items():
        head = f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: a/b\r\n\r\n'
        parts.append(head.encode() + content)
    body = b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Accept": "application/json"}
    return Delivery(lambda world: over_http("POST", "/f/frm_demo", body=body, headers=headers), (SENT,))


def asks_for_files(world: World) -> None:
    """A form with a field for files."""
    records.put("FORM", FORM, {"name": "Plans", "fields": [{"field": "name"}, {"field": "files"}]})


def begun(world: World) -> Any:
    """The script asks where to put a file; the answer differs each time, and nothing is stored."""
    body = json.dumps({"name": "Dachplan.pdf", "size": len(LARGE)}).encode()
    return over_http("POST", f"/f/{FORM}/uploads", body=body, headers={"Content-Type": "text/plain"})["body"]


def form_with_upload() -> tuple[Callable[[World], None], Delivery]:
    """(a file uploaded, the post that names it)."""
    told: dict[str, Any] = {}

    def arrange(world: World) -> None:
        asks_for_files(world)
        told.update(begun(world))
        world.put_object("files", told["upload"]["fields"]["key"], LARGE)

    def send(world: World) -> Any:
        return over_http("POST", f"/f/{FORM}", json={**AENNE, "_key": "k1", "_upload": told["id"]})

    return arrange, Delivery(send, (SENT,))


def objects_of(number: int) -> Callable[[World, Story], Iterable[str]]:
    """Every file that a timeline lists is there, once, and there are so many if there is a lead."""

    def expect(world: World, story: Story) -> Iterator[str]:
        listed = [file for item in world.of_type("lead", "form_submission") for file in files_of(item)]
        there = world.object_keys("files", "attachments/")
        if missing := sorted({file.get("key", "") for file in listed} - set(there)):
            yield f"R1 files listed and not there: {missing}"
        receipts = [each for each in world.of_type("receipt") if each["source"] == "web_form"]
        if len(listed) != number * len(receipts):
            yield f"R1 {len(listed)} files listed of {number} in {len(receipts)} posts"

    return expect


def files_of(item: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The files that a lead's opening or an entry lists."""
    data = item.get("opening", {}).get("data", {}) if item["type"] == "lead" else item["data"]
    found: list[dict[str, Any]] = data.get("files", [])
    return found
