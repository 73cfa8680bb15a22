"""What a visitor sees of a form: its page, what is missing, its thanks; and that no text is ever anything but text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from chalicelib.api import pages
from chalicelib.domain.form import Form
from chalicelib.domain.form_view import thanks, view
from chalicelib.services import workspace
from chalicelib.store import records
from tests.api.client import Reply
from tests.desk import BROWSER, Desk
from tests.hostile_texts import MARKS, PAYLOADS, VECTORS

FIELDS = [
    {"field": "name", "required": True},
    {"field": "email", "required": True},
    {"field": "phone"},
    {"field": "comment"},
]
PRIVACY = {"id": "privacy", "text": {"de": "Datenschutz gelesen", "en": "Read the privacy notice"}}
FORM = {"name": "Website", "fields": FIELDS, "consents": [PRIVACY]}
COMPLETE = {"name": "Jörg Müßig", "email": "joerg@example.org", "_consent": "privacy"}


def has_form(form_id: str = "frm_web", **record: Any) -> None:
    records.put("FORM", form_id, {**FORM, **record})
    workspace.forget()


@pytest.fixture(autouse=True)
def _form(desk: Desk) -> None:
    has_form()


@dataclass
class Element:
    """An element of a page, with the text right in it."""

    tag: str
    attributes: dict[str, str | None]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """The elements of a page in order, as a browser would make them."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[Element] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        if tag not in ("input", "meta", "br"):
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().tag != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def values(self) -> dict[str, str]:
        """Name → value of inputs and text areas; of those to tick, of the ticked ones."""
        found = {}
        for each in self.elements:
            kind, name = each.attributes.get("type"), each.attributes.get("name")
            if each.tag == "meta":
                continue
            if name and each.tag == "textarea":
                found[name] = each.text.removeprefix("\n")
            elif name and (kind not in ("checkbox", "radio") or "checked" in each.attributes):
                found[name] = each.attributes.get("value") or ""
        return found

    def shape(self) -> list[tuple[str, frozenset[str]]]:
        """Tags and names of attributes."""
        return [(each.tag, frozenset(each.attributes)) for each in self.elements]

    def texts(self, tag: str) -> list[str]:
        return [each.text.strip() for each in self.elements if each.tag == tag]


def post(desk: Desk, fields: Mapping[str, str], *, accept: str = BROWSER, **headers: str) -> Reply:
    return desk.post(fields, form="frm_web", accept=accept, **headers)


# ── what is missing ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_browser_gets_the_form_again_with_everything_it_sent(desk: Desk) -> None:
    sent = {"name": "Jörg", "email": "joerg@", "comment": "Zeile 1\r\nZeile 2", "_key": "k1", "_next": "https://a.de/x",
            "_page": "https://kaefer.example/pv", "_landing": "https://kaefer.example/?utm_source=x", "_lang": "de",
            "_consent": "privacy", "Dachfläche": "84 m²"}  # fmt: skip

    reply = post(desk, sent)

    page = Page(reply.text)
    assert (reply.status, reply.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
    values = page.values()
    assert values.pop("_t")
    assert values == {**sent, "phone": "", "_hp": ""}
    assert page.texts("li") == [""]
    assert page.texts("a") == ["„E-Mail“: Das ist keine vollständige E-Mail-Adresse. Beispiel: name@example.de"]
    assert page.texts("title") == ["Bitte prüfen Sie Ihre Angaben: Schreiben Sie uns"]
    assert desk.world.of_type("receipt") == []


def test_the_corrected_form_is_one_lead_with_all_that_was_said_before(desk: Desk) -> None:
    again = Page(post(desk, {**COMPLETE, "email": "joerg@", "Dachfläche": "84 m²"}).text).values()

    desk.world.clock.wait(2)
    reply = post(desk, {**again, "email": "joerg@example.org"})

    assert reply.status == 303
    (lead,) = desk.leads()
    assert (lead["name"], lead["emails"][0]["address"]) == ("Jörg Müßig", "joerg@example.org")
    assert desk.timeline(lead["id"])[0]["data"]["fields"] == {"Dachfläche": "84 m²"}


def test_a_script_gets_all_problems_in_the_visitors_language(desk: Desk) -> None:
    reply = post(desk, {"name": "Jörg", "email": "joerg@", "_lang": "de"}, accept="application/json")

    assert (reply.status, reply.json["code"]) == (422, "validation_failed")
    assert reply.json["detail"] == "Bitte prüfen Sie Ihre Angaben"
    assert reply.json["errors"] == [
        {"field": "email", "pointer": "/email", "code": "invalid_email",
         "detail": "„E-Mail“: Das ist keine vollständige E-Mail-Adresse. Beispiel: name@example.de"},
        {"field": "_consent.privacy", "pointer": "/_consent/privacy", "code": "required",
         "detail": "Bitte stimmen Sie zu: „Datenschutz gelesen“"},
    ]  # fmt: skip
    assert desk.world.of_type("receipt") == []


def test_the_sites_own_form_is_understood(desk: Desk) -> None:
    has_form(consents=[])
    own = {
        "vorname": "Jörg",
        "nachname": "Müßig",
        "E-Mail-Adresse": "joerg@example.org",
        "Nachricht": "Bitte um Rückruf",
    }

    assert post(desk, own).status == 303
    lacking = Page(post(desk, {**own, "E-Mail-Adresse": "joerg@"}).text).values()
    assert (lacking["name"], lacking["email"], lacking["comment"]) == ("Jörg Müßig", "joerg@", "Bitte um Rückruf")
    (problem,) = post(desk, {**own, "E-Mail-Adresse": "joerg@"}, accept="application/json").json["errors"]
    assert (problem["field"], problem["code"]) == ("E-Mail-Adresse", "invalid_email")


def test_a_value_that_is_not_required_costs_nothing(desk: Desk) -> None:
    assert post(desk, {**COMPLETE, "phone": "keine"}).status == 303
    assert [each["code"] for each in desk.receipts()[0]["problems"]] == ["invalid_phone"]


def test_who_cannot_read_the_answer_is_taken_in_and_what_is_missing_is_named(desk: Desk) -> None:
    beacon = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "empty"}

    reply = post(desk, {"name": "Jörg", "phone": "keine", "_consent": "privacy"}, accept="*/*", **beacon)

    assert reply.status == 200
    (receipt,) = desk.receipts()
    assert receipt["outcome"] == "created"
    named = [("email", "required"), ("phones[0]", "invalid_phone")]
    assert [(each["field"], each["code"]) for each in receipt["problems"]] == named
    assert desk.receipt(receipt["id"])["meta"]["missing"] == "email"


def test_a_consent_that_a_beacon_lacks_is_named_once(desk: Desk) -> None:
    reply = post(desk, {"name": "Jörg", "email": "joerg@example.org"}, accept="*/*", **{"Sec-Fetch-Mode": "no-cors"})

    assert reply.status == 200
    (receipt,) = desk.receipts()
    assert [(each["field"], each["code"], each["value"]) for each in receipt["problems"]] == [
        ("_consent", "required", "privacy")
    ]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"\x00\xff\xfe\x01" * 50, "application/x-www-form-urlencoded"),
        (b'{"name": ', "application/json"),
        (b"--grenze\r\nnothing of the kind", "multipart/form-data; boundary=grenze"),
        (b"%PDF-1.7 ...", "application/pdf"),
    ],
)
def test_what_could_not_be_read_lacks_nothing_and_is_kept(desk: Desk, body: bytes, media_type: str) -> None:
    reply = desk.post(body, form="frm_web", media_type=media_type)

    assert reply.status == 200
    assert [receipt["outcome"] for receipt in desk.receipts()] == ["needs_attention"]


def test_an_empty_post_of_a_form_that_requires_something_says_what(desk: Desk) -> None:
    reply = post(desk, {"name": "", "_lang": "en"}, accept="application/json")

    assert [error["field"] for error in reply.json["errors"]] == ["name", "email", "_consent.privacy"]


def test_nothing_is_required_where_settings_cannot_be_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.domain.errors import Busy
    from chalicelib.services import own_fields

    def fails(*args: object) -> None:
        raise Busy("The table cannot be read now")

    has_form(fields=[*FIELDS, {"field": "custom.topic"}])
    monkeypatch.setattr(own_fields, "by_name", fails)

    assert post(desk, {"name": "Jörg"}, accept="application/json").status == 200


def test_a_form_that_is_switched_off_asks_for_nothing(desk: Desk) -> None:
    has_form(active=False)

    assert post(desk, {"name": "Jörg"}).status == 303


def test_own_fields_arrive_under_the_names_of_their_inputs(desk: Desk) -> None:
    for name, kind, more in (
        ("wishes", "multi_choice", {"choices": [{"id": "s", "label": "Speicher"}, {"id": "w", "label": "Wallbox"}]}),
        ("call_at", "datetime", {}),
        ("owns", "boolean", {}), ("roof_area", "number", {}),
    ):  # fmt: skip
        assert desk.client.post("/v1/fields", json={"name": name, "type": kind, "label": name, **more}).status == 201
    fields = ["name", "custom.wishes", "custom.owns", "custom.roof_area", "custom.call_at", "address.street2",
              "birthdate", "company"]  # fmt: skip
    has_form(fields=[{"field": name} for name in fields], consents=[])
    body = urlencode([
        ("name", "Jörg"), ("custom.wishes", "s"), ("custom.wishes", "w"), ("custom.owns", "true"),
        ("custom.roof_area", "84,5"), ("address.street2", "Hinterhaus"), ("birthdate", "1990-02-28"),
        ("custom.call_at", "2026-11-24T09:15"),
    ])  # fmt: skip

    assert desk.post(body.encode(), form="frm_web").status == 200

    (lead,) = desk.leads()
    assert lead["custom"] == {"wishes": ["s", "w"], "owns": True, "roof_area": 84.5,
                              "call_at": "2026-11-24T08:15:00.000Z"}  # fmt: skip
    assert (lead["address"]["street2"], lead["birthdate"]) == ("Hinterhaus", "1990-02-28")


# ── where somebody came from ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("page", "utm", "click_ids"),
    [
        ("https://kaefer.example/kontakt", {"source": "messe"}, {"gclid": "Cj0"}),
        ("https://kaefer.example/kontakt?utm_medium=mail", {"medium": "mail"}, {"gclid": "Cj0"}),
        ("https://kaefer.example/kontakt?fbclid=F&utm_medium=mail", {"medium": "mail"}, {"fbclid": "F"}),
    ],
)
def test_the_landing_page_tells_what_the_page_itself_does_not(
    desk: Desk, page: str, utm: dict[str, str], click_ids: dict[str, str]
) -> None:
    landing = "https://kaefer.example/?utm_source=messe&gclid=Cj0"

    post(desk, {**COMPLETE, "_page": page, "_landing": landing, "_referrer": "https://suche.example/"})

    (lead,) = desk.leads()
    data = desk.timeline(lead["id"])[0]["data"]
    assert (lead["utm"], lead["click_ids"]) == (utm, click_ids)
    assert (data["page"], data["landing"], data["referrer"]) == (page, landing, "https://suche.example/")


def test_who_comes_to_the_hosted_page_by_a_link_brings_the_page_it_is_on(desk: Desk) -> None:
    page = desk.visitor.get("/f/frm_web", headers={"Referer": "https://kaefer.example/pv"})

    assert Page(page.text).values()["_referrer"] == "https://kaefer.example/pv"


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("asked", "accept", "language"),
    [("de", "en", "de"), ("", "fr-CH, de;q=0.9", "de"), ("fr", "de", "de"), ("", "", "en"), ("EN-GB", "de", "en")],
)
def test_pages_are_in_the_language_asked_for_else_the_browsers(
    desk: Desk, asked: str, accept: str, language: str
) -> None:
    for path in ("", "/thanks"):
        reply = desk.visitor.get(f"/f/frm_web{path}?lang={asked}", headers={"Accept-Language": accept})
        assert f'<html lang="{language}">' in reply.text


def test_the_thanks_are_the_forms_own_words_on_every_way(desk: Desk) -> None:
    has_form(texts={"thanks_title": {"de": "Da!"}, "thanks": {"de": "Bis morgen.", "en": "See you."}})

    landing = desk.visitor.get(post(desk, {**COMPLETE, "_lang": "de"}).headers["Location"])

    assert (Page(landing.text).texts("h1"), Page(landing.text).texts("p")) == (["Da!"], ["Bis morgen."])
    assert post(desk, {**COMPLETE, "_lang": "en"}, accept="application/json").json["message"] == "See you."


def test_a_form_that_is_switched_off_is_closed(desk: Desk) -> None:
    has_form(active=False)

    script = desk.visitor.get("/f/frm_web")
    browser = desk.visitor.get("/f/frm_web", headers={"Accept": BROWSER, "Accept-Language": "de"})
    fragment = desk.visitor.get("/f/frm_web?fragment=1&lang=de")

    assert (script.status, script.json["code"]) == (410, "form_off")
    assert (browser.status, Page(browser.text).texts("h1")) == (410, ["Formular geschlossen"])
    assert (fragment.status, Page(fragment.text).texts("p")) == (
        410, ["Dieses Formular nimmt zurzeit keine Nachrichten an."],
    )  # fmt: skip


def test_every_page_allows_its_own_style_and_nothing_else(desk: Desk) -> None:
    replies = [
        desk.visitor.get("/f/frm_web"),
        desk.visitor.get("/f/frm_web/thanks"),
        post(desk, {"name": "x"}),
        desk.visitor.get("/f/frm_nobody", headers={"Accept": BROWSER}),
    ]
    for reply in replies:
        (style,) = re.findall(r"<style>(.*?)</style>", reply.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert reply.headers["Content-Security-Policy"] == (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action *; base-uri 'none'; frame-ancestors *"
        )
        assert "<script" not in reply.text
        assert " style=" not in reply.text


@pytest.mark.parametrize(
    ("hosts", "ancestors"),
    [
        ([], "*"),
        (["kaefer.example", "*.kaefer.example"], "'self' kaefer.example:* *.kaefer.example:*"),
        (["müller.example"], "'self' xn--mller-kva.example:*"),
        (["kaefer.example; script-src *", "a b", "*"], "'self'"),
    ],
)
def test_only_pages_of_the_forms_hosts_may_show_it_in_a_frame(desk: Desk, hosts: list[str], ancestors: str) -> None:
    has_form(hosts=hosts)
    replies = [
        desk.visitor.get("/f/frm_web"), desk.visitor.get("/f/frm_web/thanks"), post(desk, {"name": "x"}),
    ]  # fmt: skip

    for reply in replies:
        assert reply.headers["Content-Security-Policy"].endswith(f"; frame-ancestors {ancestors}")


@dataclass
class Proof:
    """A captcha as its page shows it."""

    element: str = '<div data-captcha="altcha" data-challenge="../f/frm_a/challenge"></div>'
    script: str = "../embed/captcha.js"
    policy: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"script-src": ("'self'",), "style-src": ("https://x.example",)}
    )


def test_a_captcha_stands_before_the_button_and_the_policy_allows_what_it_needs() -> None:
    shown = view(Form("frm_a"), "de", {})
    page, fragment = (
        pages.form_page(shown, [], Proof()),
        pages.fragment(shown, [], thanks(Form("frm_a"), "de"), Proof()),
    )

    placed = f'<div data-script="../embed/captcha.js">{Proof.element}</div>\n<button>'
    assert placed in page
    assert placed in fragment
    assert ('<script async src="../embed/captcha.js"></script>' in page, "<script" in fragment) == (True, False)
    policy = pages.headers(["a.example"], Proof())["Content-Security-Policy"].split("; ")
    assert policy[1].endswith("' https://x.example")
    assert policy[-2:] == ["frame-ancestors 'self' a.example:*", "script-src 'self'"]


def test_every_input_has_a_label_and_every_reference_a_target(desk: Desk) -> None:
    desk.client.post("/v1/fields", json={"name": "topic", "type": "choice", "label": "Thema",
                                         "choices": [{"id": "pv", "label": "PV"}]})  # fmt: skip
    fields = [*FIELDS, {"field": "custom.topic", "required": True}, {"field": "files"}]
    has_form(fields=fields)
    for reply in (
        desk.visitor.get("/f/frm_web"),
        post(desk, {"phone": "x"}),
        desk.visitor.get("/f/frm_web?fragment=1"),
    ):
        elements = Page(reply.text).elements
        ids = [each.attributes["id"] for each in elements if "id" in each.attributes]
        asked = [
            each.attributes["id"] for each in elements
            if each.attributes.get("type") not in ("hidden", "checkbox", "radio") and each.tag in ("input", "textarea")
            and each.attributes["name"] != "_hp"
        ]  # fmt: skip
        labelled = {each.attributes.get("for") for each in elements if each.tag == "label"}
        pointed = [each.attributes.get(name) for each in elements for name in ("aria-describedby", "aria-labelledby")]
        links = [each.attributes["href"] or "" for each in elements if each.tag == "a"]
        assert len(ids) == len(set(ids))
        assert set(asked) <= labelled
        assert {one for each in pointed if each for one in each.split()} <= set(ids)
        assert {link.removeprefix("#") for link in links if link.startswith("#")} <= set(ids)


# ── no text is ever anything but text ─────────────────────────────────────────────────────────────────────────────


def escaped_shape(replies: Iterable[Reply]) -> list[Any]:
    return [Page(reply.text).shape() for reply in replies]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_that_a_visitor_sends_becomes_part_of_a_page(desk: Desk, payload: str) -> None:
    has_form(consents=[])
    names = ("name", "phone", "comment", "_key", "_page", "_next", "_landing", "_referrer", "fremd")
    harmless = Page(post(desk, {**dict.fromkeys(names, "harmlos"), "email": "x", "_lang": "de"}).text)
    for mark in MARKS:
        vector = mark + payload
        reply = post(desk, {**dict.fromkeys(names, vector), "email": "x", "_lang": "de"}, Referer="https://a.example")

        page = Page(reply.text)
        assert page.shape() == harmless.shape()
        assert page.values()["comment"] == vector.replace("\x00", "").strip()
        assert page.texts("style") == harmless.texts("style")


@pytest.mark.parametrize("vector", VECTORS[:: len(PAYLOADS) + 1] + VECTORS[: len(PAYLOADS)])
def test_nothing_that_stands_in_a_form_or_an_address_becomes_part_of_a_page(desk: Desk, vector: str) -> None:
    def shown(text: str) -> list[Reply]:
        words = {"de": text, "en": text}
        has_form(
            name=text,
            texts=dict.fromkeys(("title", "intro", "send", "thanks_title", "thanks"), words),
            fields=[{"field": "name", "required": True, "label": words, "placeholder": words, "preset": text},
                    {"field": "phone", "show_if": {"field": "name", "equals": text}},
                    {"field": f"custom.{text}", "label": text}, {"field": f"messengers.{text}"}],
            consents=[{"id": text, "text": words}],
        )  # fmt: skip
        return [
            desk.visitor.get(f"/f/frm_web?lang={quote(text)}", headers={"Referer": text, "Accept-Language": text}),
            desk.visitor.get(f"/f/frm_web?fragment=1&lang={quote(text)}&x={quote(text)}"),
            desk.visitor.get(f"/f/frm_web/thanks?lang={quote(text)}"),
            post(desk, {"phone": "1", "_lang": text}, **{"Accept-Language": text}),
        ]

    harmless = shown("https://x.example/" if "http" in vector else "harmlos")
    attacked = shown(vector)

    def without_links(shape: list[tuple[str, frozenset[str]]]) -> list[Any]:
        return [each for each in shape if each != ("a", frozenset({"href", "target", "rel"}))]

    assert list(map(without_links, escaped_shape(attacked))) == list(map(without_links, escaped_shape(harmless)))
    for reply in attacked:
        links = [each.attributes["href"] or "" for each in Page(reply.text).elements if each.tag == "a"]
        assert all(link.startswith(("http://", "https://", "#")) for link in links)
        assert "49" not in "".join(Page(reply.text).texts("h1"))


def test_a_page_that_did_not_escape_would_be_found() -> None:
    open_to_all = Page("<p>" + PAYLOADS[1] + "</p>").shape()

    assert open_to_all != Page("<p>harmlos</p>").shape()


def test_templates_escape_everything() -> None:
    assert pages._environment().autoescape is True
    sources = [path.read_text(encoding="utf-8") for path in (pages._HERE / "templates").glob("*.html")]
    assert len(sources) >= 6
    assert [found for text in sources for found in re.findall(r"\|\s*safe|autoescape", text)] == []
