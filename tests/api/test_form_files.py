"""Files of website forms: kept for themselves, listed on the timeline with links that expire, refused by content."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from chalicelib.services import workspace
from chalicelib.store import attachments, files, records
from tests import wire
from tests.api.client import Reply
from tests.desk import Desk
from tests.faults.harness import Injector
from tests.sample_files import GIF, JPEG, PAGE, PDF, TEXT, docx, png

AENNE = {"name": "Änne Öztürk", "email": "aenne@example.de"}
File = tuple[str, str, bytes]


def multipart(fields: dict[str, str], sent: Sequence[File]) -> bytes:
    """Fields and (input, file name, content) as a browser sends them; declared types are lies."""
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in fields.items()]
    for field, name, content in sent:
        quoted = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        head = f'Content-Disposition: form-data; name="{field}"; filename="{quoted}"\r\nContent-Type: image/png\r\n\r\n'
        parts.append(head.encode() + content)
    return b"".join(b"--grenze\r\n" + part + b"\r\n" for part in parts) + b"--grenze--\r\n"


def post(desk: Desk, *sent: File, **more: str) -> Reply:
    return desk.post(multipart({**AENNE, **more}, sent), media_type="multipart/form-data; boundary=grenze")


def listed(desk: Desk, entry: int = -1) -> list[dict[str, Any]]:
    """The files of an entry; by default those of the one that made the lead."""
    (lead,) = desk.leads()
    found: list[dict[str, Any]] = desk.timeline(lead["id"])[entry]["data"].get("files", [])
    return found


def without_link(file: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in file.items() if name != "link"}


def behind(link: str) -> tuple[bytes, dict[str, str]]:
    """What S3 has for a link, and what it says of it."""
    parts = urlsplit(link)
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    key = unquote(parts.path).removeprefix("/").removeprefix("files/")
    return files.read("files", key), said


# In the post


def test_files_of_a_post_are_kept_for_themselves_and_listed_with_links(desk: Desk) -> None:
    reply = post(desk, ("plan", "Dachplan Süd.pdf", PDF), ("foto", "dach.jpg", JPEG))

    receipt = reply.json["receipt_id"].removeprefix("rcp_")
    assert [without_link(file) for file in listed(desk)] == [
        {"field": "plan", "name": "Dachplan Süd.pdf", "size": len(PDF), "content_type": "application/pdf"},
        {"field": "foto", "name": "dach.jpg", "size": len(JPEG), "content_type": "image/jpeg"},
    ]
    assert [behind(file["link"])[0] for file in listed(desk)] == [PDF, JPEG]
    assert desk.world.object_keys("files", "attachments/") == [f"attachments/{receipt}/1", f"attachments/{receipt}/2"]
    assert desk.receipt(reply.json["receipt_id"])["problems"] == []


def test_the_page_of_a_lead_has_the_links_too(desk: Desk) -> None:
    post(desk, ("plan", "plan.pdf", PDF))
    (lead,) = desk.leads()

    (entry,) = desk.get(f"/v1/leads/{lead['id']}?include=timeline")["timeline"]

    assert behind(entry["data"]["files"][0]["link"])[0] == PDF
    assert '"key"' not in json.dumps(entry)


def test_a_file_is_saved_and_never_shown_by_a_browser(desk: Desk) -> None:
    sent = [("a", 'Grundriß "süd".pdf', PDF), ("b", "rechnung.exe", PDF), ("c", "a\r\nSet-Cookie: b.gif", GIF),
            ("d", "図面.pdf", PDF)]  # fmt: skip
    post(desk, *sent)

    said = [behind(file["link"])[1] for file in listed(desk)]

    assert [each["response-content-type"] for each in said] == ["application/octet-stream"] * 4
    assert [each["response-content-disposition"] for each in said] == [
        "attachment; filename=\"Grundriss _sued_.pdf\"; filename*=UTF-8''Grundri%C3%9F%20%22s%C3%BCd%22.pdf",
        'attachment; filename="rechnung.exe.pdf"',
        "attachment; filename=\"a Set-Cookie_ b.gif\"; filename*=UTF-8''a%20Set-Cookie%3A%20b.gif",
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E5%9B%B3%E9%9D%A2.pdf",
    ]
    assert all(each["X-Amz-Expires"] == "900" for each in said)
    assert {urlsplit(file["link"]).netloc for file in listed(desk)} == {"files.s3.eu-central-1.amazonaws.com"}


def test_what_could_be_run_is_refused_by_its_content_and_stays_in_the_raw(desk: Desk) -> None:
    sent = [("a", "bild.png", PAGE), ("b", "x.gif", b"GIF89a/*" + PAGE), ("c", "p.pdf", b"MZ\x90\0" + PDF),
            ("d", "dach.png", png())]  # fmt: skip
    reply = post(desk, *sent)

    assert [without_link(file) for file in listed(desk)] == [
        {"field": "a", "name": "bild.png", "size": len(PAGE), "refused": "file_type"},
        {"field": "b", "name": "x.gif", "size": len(PAGE) + 8, "refused": "file_type"},
        {"field": "c", "name": "p.pdf", "size": len(PDF) + 4, "refused": "file_type"},
        {"field": "d", "name": "dach.png", "size": len(png()), "content_type": "image/png"},
    ]
    receipt = desk.receipt(reply.json["receipt_id"])
    assert [(each["field"], each["code"], each["value"]) for each in receipt["problems"]] == [
        ("a", "file_type", "bild.png"),
        ("b", "file_type", "x.gif"),
        ("c", "file_type", "p.pdf"),
    ]
    assert receipt["outcome"] == "created"
    assert desk.world.object_keys("files", "attachments/") == [
        f"attachments/{reply.json['receipt_id'].removeprefix('rcp_')}/4"
    ]


@pytest.mark.parametrize("number", [19, 20, 21])
def test_twenty_files_of_a_post_are_taken(desk: Desk, number: int) -> None:
    reply = post(desk, *(("plan", f"Grundriss {n} {'x' * 250}.txt", TEXT + b"%d" % n) for n in range(number)))

    taken = min(number, 20)
    assert [behind(file["link"])[0] for file in listed(desk)] == [TEXT + b"%d" % n for n in range(taken)]
    codes = [each["code"] for each in desk.receipt(reply.json["receipt_id"])["problems"]]
    assert codes == ["files_left_out"] * (number > 20)


def test_files_of_somebody_known_are_on_the_new_entry(desk: Desk) -> None:
    desk.post(AENNE)
    post(desk, ("plan", "plan.docx", docx()), nachricht="x" * 5_000)

    assert [file["name"] for file in listed(desk, 0)] == ["plan.docx"]
    assert behind(listed(desk, 0)[0]["link"])[0] == docx()


def test_files_alone_are_an_enquiry(desk: Desk) -> None:
    body = multipart({}, [("plan", "plan.pdf", PDF)])
    reply = desk.post(body, media_type="multipart/form-data; boundary=grenze")

    assert desk.receipt(reply.json["receipt_id"])["outcome"] == "needs_attention"
    assert desk.world.object_keys("files", "attachments/") == []


def test_a_double_click_keeps_files_once_and_another_file_is_another_submission(desk: Desk) -> None:
    for content in (PDF, PDF, PDF + b"%%"):
        post(desk, ("plan", "plan.pdf", content), _key="k")

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["attached", "created"]
    assert len(desk.world.object_keys("files", "attachments/")) == 2


def test_a_quarantined_post_keeps_its_files_in_the_raw_until_it_is_released(desk: Desk) -> None:
    receipt_id = post(desk, ("plan", "plan.pdf", PDF), _hp="x").json["receipt_id"]
    before = desk.world.object_keys("files", "attachments/")

    desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    assert before == []
    assert behind(listed(desk)[0]["link"])[0] == PDF


# The bucket is away


@pytest.mark.parametrize("kind", ["internal error", "throttle", "time-out before"])
def test_while_the_bucket_cannot_be_written_the_enquiry_waits_and_comes_with_its_files(desk: Desk, kind: str) -> None:
    away = Injector()
    with wire.standing_at_the_wire(lambda call, go: failing(away, kind)(call, go) if call.service == "s3" else go()):
        reply = post(desk, ("plan", "plan.pdf", PDF))
        desk.work("intake")
        (receipt,) = desk.receipts("?outcome=pending")

    assert (reply.status, receipt["outcome"], desk.leads()) == (200, "pending", [])
    desk.wait(200)
    desk.sweep()
    assert behind(listed(desk)[0]["link"])[0] == PDF


def failing(away: Injector, kind: str) -> Injector:
    """Whatever is asked next fails like this."""
    away.faults = {len(away.operations): kind}
    return away


def test_a_bucket_that_forbids_writing_keeps_the_enquiry_waiting(desk: Desk) -> None:
    def forbidding(call: Any, go: Any) -> Any:
        return call.refuse("AccessDenied", "Access Denied", 403) if call.service == "s3" else go()

    with wire.standing_at_the_wire(forbidding):
        post(desk, ("plan", "plan.pdf", PDF))
        for _ in range(5):
            desk.wait(200)
            desk.sweep()

    desk.wait(200)
    desk.sweep()
    assert behind(listed(desk)[0]["link"])[0] == PDF


def test_a_post_without_files_asks_the_bucket_for_nothing(desk: Desk) -> None:
    counted = Injector()
    with wire.standing_at_the_wire(counted):
        desk.post(AENNE)

    assert counted.operations.count("PutObject") == counted.operations.count("GetObject") == 0


# Uploaded before the post


@pytest.fixture
def plans(desk: Desk) -> str:
    """A form that asks for files."""
    fields = [{"field": "name"}, {"field": "email"}, {"field": "files"}]
    records.put("FORM", "frm_plans", {"name": "Plans", "fields": fields})
    workspace.forget()
    return "frm_plans"


def begun(desk: Desk, name: str = "Dachplan.pdf", size: int = 5_000_000, **more: Any) -> dict[str, Any]:
    """As the script of a page on another host asks: a simple request."""
    body = json.dumps({"name": name, "size": size, **more}).encode()
    reply = desk.visitor.post(
        "/f/frm_plans/uploads", body=body, headers={"Content-Type": "text/plain;charset=UTF-8", "Accept": "*/*"}
    )
    assert reply.status == 201, reply.text
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    return dict(reply.json)


def uploaded(desk: Desk, content: bytes, name: str = "Dachplan.pdf") -> str:
    """The id of a file that was put where its form says."""
    answer = begun(desk, name, max(len(content), 1))
    desk.world.put_object("files", answer["upload"]["fields"]["key"], content)
    return str(answer["id"])


def sent_with(desk: Desk, *ids: str, **more: str) -> Reply:
    pairs = [*AENNE.items(), *(("_upload", each) for each in ids), *more.items()]
    return desk.post("&".join(f"{name}={value}" for name, value in pairs).encode(), form="frm_plans")


def test_a_form_that_may_be_posted_to_the_bucket_is_signed_for_this_file(desk: Desk, plans: str) -> None:
    answer = begun(desk, "C:\\Pläne\\Dachplan.pdf", 5_000_000, content_type="application/pdf")

    fields = answer["upload"]["fields"]
    policy = json.loads(base64.b64decode(fields["policy"]))
    assert (answer["upload"]["method"], answer["upload"]["url"]) == (
        "POST", "https://files.s3.eu-central-1.amazonaws.com/",
    )  # fmt: skip
    assert fields["key"].startswith("uploads/frm_plans/")
    assert ["content-length-range", 1, 5_000_000] in policy["conditions"]
    assert {"key": fields["key"]} in policy["conditions"]
    assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
    assert begun(desk)["upload"]["fields"]["key"] != fields["key"]


def test_an_uploaded_file_is_moved_to_where_it_stays(desk: Desk, plans: str) -> None:
    large = PDF + b"\0" * 5_000_000
    reply = sent_with(desk, uploaded(desk, large, "C:\\Pläne\\Dach süd.pdf"), uploaded(desk, docx(300_000), "a.docx"))

    receipt = reply.json["receipt_id"].removeprefix("rcp_")
    assert [without_link(file) for file in listed(desk)] == [
        {"name": "Dach süd.pdf", "size": len(large), "content_type": "application/pdf"},
        {"name": "a.docx", "size": len(docx(300_000)),
         "content_type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    ]  # fmt: skip
    assert behind(listed(desk)[0]["link"])[0] == large
    assert desk.world.object_keys("files", "attachments/") == [f"attachments/{receipt}/1", f"attachments/{receipt}/2"]


def test_files_in_the_post_come_before_uploaded_ones(desk: Desk, plans: str) -> None:
    body = multipart({**AENNE, "_upload": uploaded(desk, PDF)}, [("foto", "dach.jpg", JPEG)])
    desk.post(body, form="frm_plans", media_type="multipart/form-data; boundary=grenze")

    assert [(file["name"], behind(file["link"])[0]) for file in listed(desk)] == [
        ("dach.jpg", JPEG),
        ("Dachplan.pdf", PDF),
    ]


def test_an_uploaded_page_is_refused_by_its_content(desk: Desk, plans: str) -> None:
    reply = sent_with(desk, uploaded(desk, PAGE))

    assert listed(desk) == [{"name": "Dachplan.pdf", "size": len(PAGE), "refused": "file_type"}]
    assert [each["code"] for each in desk.receipt(reply.json["receipt_id"])["problems"]] == ["file_type"]
    assert desk.world.object_keys("files", "attachments/") == []


def test_a_file_that_never_arrived_costs_nobody_the_enquiry(desk: Desk, plans: str) -> None:
    reply = sent_with(desk, begun(desk)["id"])

    assert listed(desk) == [{"name": "Dachplan.pdf", "size": 0, "refused": "upload_missing"}]
    problems = desk.receipt(reply.json["receipt_id"])["problems"]
    assert [(each["field"], each["code"], each["value"]) for each in problems] == [
        ("_upload", "upload_missing", "Dachplan.pdf")
    ]


@pytest.mark.parametrize(
    "change", ["another form", "another place", "another name", "another size", "nonsense", "long"]
)
def test_an_id_that_we_did_not_make_for_this_form_leads_nowhere(desk: Desk, plans: str, change: str) -> None:
    upload = uploaded(desk, PDF)
    random, size, name, signature = upload.split(".")
    records.put("FORM", "frm_other", {"name": "Other"})
    forged = {
        "another place": f"{'x' * 22}.{size}.{name}.{signature}",
        "another name": f"{random}.{size}.YQ.{signature}",
        "another size": f"{random}.1.{name}.{signature}",
        "nonsense": "../../raw/2026",
        "long": "x" * 5_000,
    }.get(change, upload)

    reply = desk.post({**AENNE, "_upload": forged}, form="frm_other" if change == "another form" else plans)

    receipt = desk.receipt(reply.json["receipt_id"])
    assert (receipt["outcome"], [each["code"] for each in receipt["problems"]]) == ("created", ["upload_missing"])
    assert desk.world.object_keys("files", "attachments/") == []


def test_the_same_file_uploaded_again_is_the_same_submission_and_another_one_is_not(desk: Desk, plans: str) -> None:
    for content, name in ((PDF, "a.pdf"), (PDF, "a.pdf"), (PDF, "b.pdf"), (PDF + b"%", "b.pdf")):
        sent_with(desk, uploaded(desk, content, name), _key="k")

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["attached", "attached", "created"]


def test_a_quarantined_post_has_its_upload_when_it_is_released_a_month_later(desk: Desk, plans: str) -> None:
    upload = uploaded(desk, PDF)
    receipt_id = sent_with(desk, upload, _hp="x").json["receipt_id"]
    desk.wait(29 * 24 * 3600)
    (place,) = desk.world.object_keys("files", "uploads/")
    files.client().delete_object(Bucket="files", Key=place)  # the bucket's rule

    desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    assert behind(listed(desk)[0]["link"])[0] == PDF


def test_a_file_that_is_written_over_while_it_is_looked_at_is_looked_at_again(desk: Desk, plans: str) -> None:
    upload = uploaded(desk, PDF)
    (place,) = desk.world.object_keys("files", "uploads/")

    def swapping(call: Any, go: Any) -> Any:
        answer = go()
        if call.operation == "GetObject" and "/uploads/" in call.request.url and not swapped:
            swapped.append(True)
            desk.world.put_object("files", place, PAGE)
        return answer

    swapped: list[bool] = []
    with wire.standing_at_the_wire(swapping):
        sent_with(desk, upload)
        desk.work_off("intake")

    assert listed(desk) == [{"name": "Dachplan.pdf", "size": len(PAGE), "refused": "file_type"}]
    assert desk.world.object_keys("files", "attachments/") == []


@pytest.mark.parametrize(
    ("form", "body", "status", "code"),
    [
        ("frm_nobody", {"name": "a.pdf", "size": 1}, 404, "not_found"),
        ("frm_demo", {"name": "a.pdf", "size": 1}, 409, "no_files_asked"),
        ("frm_closed", {"name": "a.pdf", "size": 1}, 410, "form_off"),
        ("frm_plans", {"name": "a.pdf", "size": 0}, 422, "validation_failed"),
        ("frm_plans", {"name": "a.pdf", "size": 25 * 1024 * 1024 + 1}, 422, "validation_failed"),
        ("frm_plans", {"name": "a.pdf", "size": "viel"}, 422, "validation_failed"),
        ("frm_plans", {"name": "a.pdf"}, 422, "validation_failed"),
        ("frm_plans", {"name": "a.pdf", "size": 1, "key": "raw/2026"}, 422, "validation_failed"),
    ],
)
def test_who_may_upload_what(desk: Desk, plans: str, form: str, body: Any, status: int, code: str) -> None:
    records.put("FORM", "frm_closed", {"name": "Closed", "active": False, "fields": [{"field": "files"}]})

    reply = desk.visitor.post(f"/f/{form}/uploads", json=body)

    assert (reply.status, reply.json["code"]) == (status, code)


@pytest.mark.parametrize("size", [1, 25 * 1024 * 1024])
def test_up_to_25_mb_can_be_uploaded(desk: Desk, plans: str, size: int) -> None:
    assert begun(desk, size=size)["upload"]["url"]


def test_a_body_that_is_no_json_is_a_problem(desk: Desk, plans: str) -> None:
    reply = desk.visitor.post("/f/frm_plans/uploads", body=b"name=a&size=1")

    assert (reply.status, reply.json["code"]) == (400, "broken_json")


def test_keys_are_made_of_nothing_a_sender_says() -> None:
    assert attachments.key_of("V0KD261GXKV0EA9M", 3) == "attachments/V0KD261GXKV0EA9M/3"
