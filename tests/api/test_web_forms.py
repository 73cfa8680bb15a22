"""Website forms over HTTP: any form's post becomes a lead, once, and the visitor is thanked whatever happens behind."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode, urlsplit

import pytest

from chalicelib.domain.cleaning import sound
from chalicelib.domain.redirects import allowed
from chalicelib.services import workspace
from chalicelib.store import records
from tests.desk import BROWSER, Desk
from tests.domain.test_redirects import ALLOWED, HOSTS, REFUSED

JOERG = {"vorname": "Jörg", "nachname": "Müßig", "telefon": "030 12345678", "e-mail": "joerg@example.org",
         "nachricht": "Bitte um Rückruf"}  # fmt: skip
MULTIPART = (
    '--grenze\r\nContent-Disposition: form-data; name="vorname"\r\n\r\nJörg\r\n'
    '--grenze\r\nContent-Disposition: form-data; name="nachname"\r\n\r\nMüßig\r\n'
    '--grenze\r\nContent-Disposition: form-data; name="telefon"\r\n\r\n030 12345678\r\n'
    '--grenze\r\nContent-Disposition: form-data; name="e-mail"\r\n\r\njoerg@example.org\r\n'
    '--grenze\r\nContent-Disposition: form-data; name="nachricht"\r\n\r\nBitte um Rückruf\r\n--grenze--\r\n'
).encode()
AS_JSON = (
    '{"vorname": "Jörg", "nachname": "Müßig", "telefon": "030 12345678", "e-mail": "joerg@example.org",'
    ' "nachricht": "Bitte um Rückruf"}'
).encode()
LATIN_1 = (
    b"vorname=J%F6rg&nachname=M%FC%DFig&telefon=030+12345678&e-mail=joerg@example.org&nachricht=Bitte+um+R%FCckruf"
)
WAYS = {
    "urlencoded": (LATIN_1.replace(b"%F6", b"%C3%B6").replace(b"%FC%DF", b"%C3%BC%C3%9F").replace(b"%FC", b"%C3%BC"),
                   "application/x-www-form-urlencoded"),
    "urlencoded by a latin-1 page": (LATIN_1, "application/x-www-form-urlencoded"),
    "raw latin-1 bytes": (LATIN_1.replace(b"%F6", b"\xf6").replace(b"%FC", b"\xfc").replace(b"%DF", b"\xdf"),
                          "application/x-www-form-urlencoded"),
    "multipart": (MULTIPART, "multipart/form-data; boundary=grenze"),
    "JSON": (AS_JSON, "application/json"),
    "sendBeacon": (AS_JSON, "text/plain;charset=UTF-8"),
    "no media type": (LATIN_1, ""),
}  # fmt: skip


def at_the_beginning_of_a_window(desk: Desk) -> None:
    """The clock moves to ten seconds after a full five minutes."""
    now = desk.world.clock.now()
    desk.world.clock.wait(310 - now.timestamp() % 300)


@pytest.mark.parametrize("way", WAYS)
def test_every_kind_of_body_becomes_the_same_lead(desk: Desk, way: str) -> None:
    body, media_type = WAYS[way]

    reply = desk.post(body, media_type=media_type)

    assert reply.status == 200, reply.text
    (lead,) = desk.leads()
    assert (lead["name"], lead["given_name"], lead["family_name"]) == ("Jörg Müßig", "Jörg", "Müßig")
    assert [phone["e164"] for phone in lead["phones"]] == ["+493012345678"]
    assert [email["address"] for email in lead["emails"]] == ["joerg@example.org"]
    assert lead["comment"] == "Bitte um Rückruf"
    assert (lead["source"], lead["source_detail"], lead["status"]) == ("web_form", "frm_demo", "new")


def test_a_script_gets_json_with_the_receipt(desk: Desk) -> None:
    reply = desk.post(JOERG)

    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    (receipt,) = desk.receipts()
    assert reply.json == {
        "message": "Thank you! We have received your message and will be in touch soon.",
        "redirect_url": None,
        "receipt_id": receipt["id"],
    }
    assert (receipt["outcome"], receipt["lead_id"]) == ("created", desk.leads()[0]["id"])


def test_a_browser_is_sent_on_to_a_page_that_says_thank_you(desk: Desk) -> None:
    reply = desk.post(JOERG, accept=BROWSER, **{"Accept-Language": "de-DE,de;q=0.9"})
    landing = desk.visitor.get(reply.headers["Location"])

    assert (reply.status, reply.headers["Location"]) == (303, "/f/frm_demo/thanks?lang=de")
    assert landing.status == 200
    assert landing.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Vielen Dank! Wir haben Ihre Nachricht erhalten" in landing.text
    assert "default-src 'none'" in landing.headers["Content-Security-Policy"]
    assert len(desk.leads()) == 1


def test_fields_nobody_can_place_are_kept_on_the_timeline(desk: Desk) -> None:
    desk.post({**JOERG, "Lieblingsfarbe": "grün", "telefon": "gibt es nicht"}, Referer="https://kaefer.example/angebot")

    (lead,) = desk.leads()
    (entry,) = desk.timeline(lead["id"])
    assert lead["phones"] == []
    assert entry["data"]["fields"] == {"Lieblingsfarbe": "grün"}
    assert entry["data"]["page"] == "https://kaefer.example/angebot"
    assert entry["data"]["raw"]["phones"] == ["gibt es nicht"]
    (problem,) = desk.receipts()[0]["problems"]
    assert (problem["code"], problem["value"]) == ("invalid_phone", "gibt es nicht")


def test_where_a_visitor_came_from_is_read_off_the_page(desk: Desk) -> None:
    desk.post(
        {**JOERG, "_page": "https://kaefer.example/pv?utm_source=newsletter&utm_campaign=Fr%C3%BChling&gclid=Cj0"}
    )

    (lead,) = desk.leads()
    assert lead["utm"] == {"source": "newsletter", "campaign": "Frühling"}
    assert lead["click_ids"] == {"gclid": "Cj0"}


# The same post again


def test_a_double_click_is_one_lead_and_the_same_thanks(desk: Desk) -> None:
    at_the_beginning_of_a_window(desk)
    first, second = desk.post(JOERG), desk.post(JOERG)

    assert (second.status, second.json) == (200, first.json)
    assert len(desk.leads()) == 1
    (receipt,) = desk.receipts()
    assert (receipt["deliveries"], receipt["outcome"]) == (2, "created")
    assert desk.reconciliation()["received"] == 1


def test_the_same_post_over_the_border_of_five_minutes_is_still_the_same(desk: Desk) -> None:
    at_the_beginning_of_a_window(desk)
    desk.world.clock.wait(285)  # five seconds before the border
    first = desk.post(JOERG)
    desk.world.clock.wait(10)

    second = desk.post(JOERG)

    assert second.json == first.json
    assert [receipt["deliveries"] for receipt in desk.receipts()] == [2]


def test_the_same_values_much_later_are_another_enquiry_of_the_same_person(desk: Desk) -> None:
    desk.post(JOERG)
    desk.wait(660)

    desk.post(JOERG)

    assert [receipt["outcome"] for receipt in desk.receipts()] == ["attached", "created"]
    (lead,) = desk.leads()
    assert [entry["type"] for entry in desk.timeline(lead["id"])] == ["form_submission", "created"]


def test_a_key_makes_a_retry_the_same_submission_at_any_time(desk: Desk) -> None:
    first = desk.post({**JOERG, "_key": "a1b2"})
    desk.wait(24 * 3600)

    second = desk.post({**JOERG, "_key": "a1b2"})

    assert second.json == first.json
    assert len(desk.receipts()) == 1


def test_corrected_values_under_the_same_key_are_a_new_submission_of_the_same_lead(desk: Desk) -> None:
    desk.post({**JOERG, "_key": "a1b2", "e-mail": "joerg@example"})

    desk.post({**JOERG, "_key": "a1b2"})

    (lead,) = desk.leads()
    assert [email["address"] for email in lead["emails"]] == ["joerg@example.org"]
    assert [entry["type"] for entry in desk.timeline(lead["id"])] == ["form_submission", "created"]
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["attached", "created"]


def test_two_visitors_with_one_message_are_two_leads(desk: Desk) -> None:
    desk.post(JOERG)

    desk.post({**JOERG, "vorname": "Änne", "telefon": "0176 04069012", "e-mail": "aenne@example.de"})

    assert [lead["name"] for lead in desk.leads()] == ["Jörg Müßig", "Änne Müßig"]


def test_two_visitors_who_leave_an_area_code_only_are_two_leads(desk: Desk) -> None:
    desk.post({"name": "Jörg Müßig", "telefon": "0221 siehe Signatur"})

    desk.post({"name": "Änne Öztürk", "telefon": "0221 folgt"})

    assert [(lead["name"], lead["phones"]) for lead in desk.leads()] == [("Jörg Müßig", []), ("Änne Öztürk", [])]
    assert [receipt["problems"][0]["value"] for receipt in desk.receipts()] == ["0221 folgt", "0221 siehe Signatur"]


def test_the_same_post_to_two_forms_is_two_enquiries(desk: Desk) -> None:
    records.put("FORM", "frm_messe", {"name": "Messe Köln"})

    desk.post(JOERG)
    desk.post(JOERG, form="frm_messe")

    assert [receipt["source_detail"] for receipt in desk.receipts()] == ["frm_messe", "frm_demo"]
    assert len(desk.leads()) == 1


# Robots


def test_a_filled_honeypot_is_quarantined_and_answered_as_success(desk: Desk) -> None:
    honest = desk.post(JOERG)
    robot = desk.post({**JOERG, "vorname": "Robo", "e-mail": "robo@example.org", "telefon": "", "_gotcha": "x"})

    assert (robot.status, robot.json["message"]) == (200, honest.json["message"])
    assert set(robot.json) == set(honest.json)
    assert len(desk.leads()) == 1
    quarantined = desk.receipt(robot.json["receipt_id"])
    assert (quarantined["outcome"], quarantined["reason"], quarantined["lead_id"]) == ("quarantined", "honeypot", None)


def test_what_was_quarantined_is_released_with_the_time_it_came(desk: Desk) -> None:
    receipt_id = desk.post({**JOERG, "_hp": "x"}).json["receipt_id"]
    received_at = desk.receipt(receipt_id)["received_at"]
    desk.wait(3 * 24 * 3600)

    released = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")
    again = desk.client.post(f"/v1/intake/receipts/{receipt_id}/release")

    (lead,) = desk.leads()
    assert (released.status, released.json["outcome"], released.json["lead_id"]) == (200, "created", lead["id"])
    assert (again.status, again.json) == (200, released.json)
    assert (lead["name"], lead["received_at"]) == ("Jörg Müßig", received_at)
    assert lead["created_at"] > received_at


NOTHING = [b"", b"_key=1", b"vorname=&nachname=", b"submit=Absenden", b"name=+++&_lang=de"]


@pytest.mark.parametrize("body", NOTHING)
def test_a_post_without_anything_in_it_is_a_problem_for_a_script_and_leaves_no_receipt(desk: Desk, body: bytes) -> None:
    reply = desk.post(body)

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert [error["code"] for error in reply.json["errors"]] == ["says_nothing"]
    assert desk.world.of_type("receipt") == []


@pytest.mark.parametrize("body", NOTHING)
def test_a_visitor_who_sends_an_empty_form_gets_it_again(desk: Desk, body: bytes) -> None:
    body += b"&_next=https://kaefer.example/danke"
    headers = {"Accept-Language": "de-DE", "Referer": 'https://kaefer.example/pv?"'}

    reply = desk.post(body, accept=BROWSER, **headers)

    assert (reply.status, reply.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    assert '<div class="errors" id="f-errors" role="alert" tabindex="-1"' in reply.text
    assert "<li>Es wurde noch nichts eingetragen." in reply.text
    assert '<input type="hidden" name="_next" value="https://kaefer.example/danke">' in reply.text
    assert '<input type="hidden" name="_page" value="https://kaefer.example/pv?&#34;">' in reply.text
    assert 'name="comment"' in reply.text
    assert desk.world.of_type("receipt") == []


def test_a_post_with_anything_in_it_is_kept(desk: Desk) -> None:
    robot = desk.post({"_hp": "x"})
    campaign = desk.post({"name": "", "utm_source": "newsletter"}, accept=BROWSER)

    assert (robot.status, campaign.status) == (200, 303)
    assert sorted(receipt["outcome"] for receipt in desk.receipts()) == ["needs_attention", "quarantined"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x00\xff\xfe\x01" * 50, "application/x-www-form-urlencoded"),
        (b'{"name": ', "application/json"),
        (b"[" * 50_000, "application/json"),
        (b"--grenze\r\nnothing of the kind", "multipart/form-data; boundary=grenze"),
        (b"multipart without a boundary", "multipart/form-data"),
        (b"%PDF-1.7 ...", "application/pdf"),
        ("name=\ud800".encode("utf-8", "surrogatepass"), "application/x-www-form-urlencoded"),
    ],
)
def test_whatever_is_posted_is_taken_in_and_kept_byte_for_byte(desk: Desk, body: bytes, media_type: str) -> None:
    from chalicelib.store import receipts

    reply = desk.post(body, media_type=media_type)

    assert reply.status == 200, reply.text
    stored = receipts.get(reply.json["receipt_id"].removeprefix("rcp_"))
    assert stored
    assert receipts.raw_of(stored).body == body
    assert stored.outcome in ("created", "needs_attention")


def test_a_body_that_cannot_be_opened_needs_attention_and_is_thanked(desk: Desk) -> None:
    reply = desk.post(b"\x0b\x02\x80name=a\x03", **{"Content-Encoding": "br"})

    receipt = desk.receipt(reply.json["receipt_id"])
    assert (reply.status, receipt["outcome"], receipt["reason"]) == (200, "needs_attention", "unreadable")
    assert receipt["raw"]["base64"] == "CwKAbmFtZT1hAw=="


def test_a_large_post_lies_beside_its_receipt(desk: Desk) -> None:
    words = " ".join(f"Zeile {number} über Wärmepumpen" for number in range(2_000))
    reply = desk.post({**JOERG, "nachricht": words})

    receipt = desk.receipt(reply.json["receipt_id"])

    assert receipt["outcome"] == "created"
    assert (len(receipt["raw"]["base64"]) > 0) if "base64" in receipt["raw"] else receipt["raw"]["link"]
    (lead,) = desk.leads()
    assert words.startswith(lead["comment"][:19_000])


def test_a_post_over_4_mb_is_refused(desk: Desk) -> None:
    reply = desk.post(b"nachricht=" + b"x" * (4 * 1024 * 1024))

    assert (reply.status, reply.json["code"]) == (413, "body_too_large")
    assert desk.world.of_type("receipt") == []


# Where it goes


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_form_is_404(desk: Desk, method: str) -> None:
    reply = desk.visitor.request(method, "/f/frm_nobody", body=b"name=x" if method == "POST" else b"")

    assert (reply.status, reply.json["code"]) == (404, "not_found")
    assert desk.world.of_type("receipt") == []


@pytest.mark.parametrize(("language", "text"), [("de-AT", "Dieses Formular gibt es"), ("fr", "This form does not")])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", ""), ("GET", "/thanks")])
def test_a_browser_gets_a_page_about_an_unknown_form(
    desk: Desk, method: str, path: str, language: str, text: str
) -> None:
    headers = {"Accept": BROWSER, "Accept-Language": language}

    reply = desk.visitor.request(method, f"/f/frm_nobody{path}", body=b"name=x", headers=headers)

    assert (reply.status, reply.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert text in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_a_browser_gets_a_page_about_too_large_a_post(desk: Desk) -> None:
    reply = desk.post(b"nachricht=" + b"x" * (4 * 1024 * 1024), accept=BROWSER, **{"Accept-Language": "de"})

    assert (reply.status, reply.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert "größer als 4 MB" in reply.text


def test_there_are_no_thanks_of_a_form_that_does_not_exist(desk: Desk) -> None:
    assert desk.visitor.get("/f/frm_nobody/thanks").status == 404


def test_a_visitor_is_sent_on_to_the_forms_own_hosts_only(desk: Desk) -> None:
    records.put("FORM", "frm_demo", {"name": "Demo", "hosts": list(HOSTS), "spam": {"per_minute": None}})
    workspace.forget()
    bodies = {target: urlencode({**JOERG, "_next": target}, errors="replace") for target in (*ALLOWED, *REFUSED)}
    # control characters do not get through the body, blanks around a control field are cut
    expected = {target: allowed(sound(target.encode("utf-8", "replace").decode()).strip(), HOSTS) for target in bodies}

    browser = {target: desk.post(body.encode(), accept=BROWSER) for target, body in bodies.items()}
    script = {target: desk.post(body.encode()).json["redirect_url"] for target, body in bodies.items()}

    assert {reply.status for reply in browser.values()} == {303}
    assert {target: reply.headers["Location"] for target, reply in browser.items()} == {
        target: address or "/f/frm_demo/thanks?lang=en" for target, address in expected.items()
    }
    assert script == {target: address or None for target, address in expected.items()}
    assert not any("evil" in urlsplit(address).netloc for address in expected.values())
    assert len(desk.leads()) == 1


def test_a_form_has_an_address_of_its_own_to_go_on_to(desk: Desk) -> None:
    records.put("FORM", "frm_demo", {"name": "Demo", "redirect_url": "https://kaefer.example/danke"})
    workspace.forget()

    assert desk.post(JOERG, accept=BROWSER).headers["Location"] == "https://kaefer.example/danke"
    assert desk.post(JOERG).json["redirect_url"] == "https://kaefer.example/danke"


# Pages


def test_the_page_of_a_form_posts_to_the_form(desk: Desk) -> None:
    page = desk.visitor.get("/f/frm_demo", headers={"Accept-Language": "de"})

    assert page.status == 200
    for part in ('<form method="post"', 'name="name"', 'name="email"', 'name="phone"', 'name="comment"', "Absenden"):
        assert part in page.text
    assert "<script" not in page.text


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "<img src=x onerror=alert(1)>", "'-alert(1)-'"])
def test_no_text_of_a_visitor_or_a_form_is_ever_html(desk: Desk, text: str) -> None:
    records.put("FORM", "frm_demo", {"name": text})
    workspace.forget()
    attack = dict.fromkeys((*JOERG, "_key", "_next", "_lang", "_page", "Farbe"), text)

    posted = desk.post(attack, accept=BROWSER)
    pages = [
        desk.visitor.get("/f/frm_demo"),
        desk.visitor.get(f"/f/frm_demo?lang={quote(text)}"),
        desk.visitor.get(f"/f/frm_demo/thanks?lang={quote(text)}"),
        desk.visitor.get("/f/frm_demo", headers={"Accept-Language": text}),
    ]

    assert posted.status == 303
    for page in (posted, *pages):
        assert text not in page.text
        assert "<script" not in page.text
        assert "<img" not in page.text
    assert desk.leads()[0]["comment"] == text


def test_a_form_is_found_the_moment_it_is_made(desk: Desk) -> None:
    assert desk.post(JOERG, form="frm_neu").status == 404
    records.put("FORM", "frm_neu", {"name": "Neu"})

    assert desk.post(JOERG, form="frm_neu").status == 200


def test_evidence_is_kept_with_the_raw(desk: Desk) -> None:
    headers = {"Referer": "https://kaefer.example/pv", "User-Agent": "Mozilla/5.0", "Accept-Language": "de"}

    receipt = desk.receipt(desk.post(JOERG, **headers).json["receipt_id"])

    address_hash = receipt["meta"].pop("address_hash")
    assert re.fullmatch("[0-9a-f]{16}", address_hash)
    assert receipt["meta"] == {
        "page": "https://kaefer.example/pv", "user_agent": "Mozilla/5.0", "accept_language": "de",
        "origin": "https://kaefer.example",
    }  # fmt: skip
    assert receipt["received_at"].startswith("2026-11-23T08:15:")
