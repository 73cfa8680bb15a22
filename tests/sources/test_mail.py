"""Mails as people, websites and machines send them: who, what, where to, and whether it is an enquiry."""

from __future__ import annotations

import base64
import importlib.util
import json
import quopri
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chalicelib.domain.inbound import OUTCOMES, Inbound, Raw, Reading
from chalicelib.sources.mail import identity, read, thread_key
from chalicelib.sources.mail.addresses import parse_addresses
from chalicelib.sources.mail.gate import RULES
from chalicelib.sources.mail.html_text import text_of_html
from chalicelib.sources.mail.mime import MAIL_LIMIT
from chalicelib.sources.mail.quotes import new_text
from chalicelib.sources.mail.words import decode_words

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
OURS = Reading(own_domains=frozenset({"solar-mueller.de"}), own_addresses=frozenset({"leads@leadger.test"}))


def mail(body: str | bytes = "Guten Tag,\n\nbitte rufen Sie an.\n", **headers: str) -> bytes:
    """A mail; header names with `_` for `-`, an empty value leaves a default out."""
    found = {
        "From": "Änne Öztürk <aenne@example.de>",
        "To": "leads@leadger.test",
        "Subject": "Photovoltaik",
        "Date": "Mon, 23 Nov 2026 09:14:00 +0100",
        "Message-ID": "<m1@example.de>",
        "Content-Type": "text/plain; charset=utf-8",
    }
    found |= {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in found.items() if value)
    return head.encode() + b"\r\n" + (body.encode() if isinstance(body, str) else body)


def received(body: bytes, reading: Reading = OURS, **meta: str) -> Inbound:
    raw = Raw("email", "leads@leadger.test", identity(body), AT, body, "message/rfc822", meta)
    return read(raw, reading)


def multipart(kind: str, *parts: str, boundary: str = "B1") -> dict[str, str]:
    """Body and Content-Type for `mail(**…)`."""
    body = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    return {"body": body, "Content_Type": f'multipart/{kind}; boundary="{boundary}"'}


# An enquiry


def test_a_plain_mail_becomes_an_enquiry():
    body = mail("Guten Tag,\r\n\r\nbitte rufen Sie an: 0176 04069012.\r\n\r\n-- \r\nÄnne Öztürk\r\n")

    inbound = received(body, dmarc_verdict="PASS", envelope_to="leads+googleads@leadger.test")

    text = "Guten Tag,\n\nbitte rufen Sie an: 0176 04069012."
    assert inbound.values == {
        "name": "Änne Öztürk",
        "emails": ("aenne@example.de",),
        "title": "Photovoltaik",
        "comment": text,
    }
    assert inbound.entry == {
        "subject": "Photovoltaik",
        "from": "Änne Öztürk <aenne@example.de>",
        "to": ["leads@leadger.test"],
        "text": text + "\n\n-- \nÄnne Öztürk",
        "new_text": text,
        "attachments": [],
        "message_id": "m1@example.de",
        "quoted": False,
        "mailbox": "leads+googleads@leadger.test",
        "tag": "googleads",
    }
    assert (inbound.entry_type, inbound.problems, inbound.verdict) == ("email", (), None)
    assert inbound.occurred_at == datetime(2026, 11, 23, 8, 14, tzinfo=UTC)
    assert inbound.leaves == (thread_key("<m1@example.de>"),)
    assert inbound.follows == ()
    assert inbound.may_adopt


@pytest.mark.parametrize("verdict", ["", "GRAY", "DISABLED", "PROCESSING_FAILED"])
def test_a_sender_who_is_not_proved_makes_a_lead_but_extends_none(verdict):
    inbound = received(mail(), dmarc_verdict=verdict)

    assert inbound.verdict is None
    assert not inbound.may_adopt


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("Re: AW: Fwd: WG: Angebot", "Angebot"),
        ("RE[2]: Angebot", "Angebot"),
        ("Antw.: kein Präfix", "Antw.: kein Präfix"),
        ("Reise: nach Rom", "Reise: nach Rom"),
        ("=?utf-8?Q?Anfrage_f=C3=BCr?= =?utf-8?Q?_K=C3=B6ln?=", "Anfrage für Köln"),
        ("=?utf-8?B?w4Q=?= =?utf-8?B?bm5l?=", "Änne"),
        ("=?utf-8?Q?=C3?= =?utf-8?Q?=84nne?=", "Änne"),
        ("=?iso-8859-1?q?Gr=FC=DFe?= aus =?windows-1252?Q?K=F6ln_=80?=", "Grüße aus Köln €"),
        ("=?x-nobody-knows?Q?Gr=FC=DFe?=", "Grüße"),
        ("=?utf-8?B?kaputt!!?= Rest", None),
        ("", ""),
    ],
)
def test_subjects(subject, title):
    found = received(mail(Subject=subject)).values.get("title", "")

    assert found == title if title is not None else found.endswith("Rest")


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ("aenne@example.de", None, "aenne@example.de"),
        ("<aenne@example.de>", None, "aenne@example.de"),
        ('"Öztürk, Änne" <aenne@example.de>', "Öztürk, Änne", "aenne@example.de"),
        ("Öztürk, Änne <aenne@example.de>", "Öztürk, Änne", "aenne@example.de"),
        ("=?utf-8?Q?=C3=96zt=C3=BCrk=2C_=C3=84nne?= <aenne@example.de>", "Öztürk, Änne", "aenne@example.de"),
        ('"=?utf-8?Q?=C3=84nne_=C3=96zt=C3=BCrk?=" <aenne@example.de>', "Änne Öztürk", "aenne@example.de"),
        ("=?utf-8?Q?Meier,_Bo?= <bo@example.de>", "Meier, Bo", "bo@example.de"),
        ("'Änne Öztürk' <aenne@example.de>", "Änne Öztürk", "aenne@example.de"),
        ("aenne@example.de (Änne (die Große) Öztürk)", "Änne (die Große) Öztürk", "aenne@example.de"),
        ('"chef@bank.example" <spoof@example.com>', None, "spoof@example.com"),
        ("Änne <@relay.example:aenne@example.de>", "Änne", "aenne@example.de"),
        ("Team: Änne <aenne@example.de>, bo@example.de;", "Änne", "aenne@example.de"),
        ("Änne Öztürk <aenne@öztürk.de>", "Änne Öztürk", "aenne@öztürk.de"),
        ("Änne <mailto:aenne@example.de>", "Änne", "aenne@example.de"),
        ("Änne <aenne@example.de", "Änne", "aenne@example.de"),
        ('"Karl \\"Kalle\\" Groß" <kalle@example.de>', 'Karl "Kalle" Groß', "kalle@example.de"),
    ],
)
def test_senders(header, name, address):
    values = received(mail(From=header)).values

    assert (values.get("name"), values["emails"]) == (name, (address,))


@pytest.mark.parametrize(
    ("charset", "codec", "text"),
    [
        ("utf-8", "utf-8", "Grüße aus Łódź €"),
        ("iso-8859-1", "cp1252", "Grüße €"),
        ("us-ascii", "cp1252", "Grüße"),
        ("us-ascii", "utf-8", "Grüße"),
        ("x-unknown", "utf-8", "Grüße"),
        ("x-unknown", "cp1252", "Grüße"),
        ("windows-1251", "cp1251", "Здравствуйте"),
        ("koi8-r", "koi8-r", "Здравствуйте"),
        ("iso-2022-jp", "iso-2022-jp", "こんにちは"),
        ("gb2312", "gb18030", "你好"),
        ("base64", "utf-8", "Grüße"),
        ("punycode", "utf-8", "Grüße"),
        ("", "cp1252", "Grüße"),
        ("utf-7", "utf-7", "Grüße"),
        ("utf-16", "utf-16", "Grüße"),
    ],
)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_charsets_and_transfer_encodings(charset, codec, text, encoding):
    data = text.encode(codec)
    body = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring, "8bit": bytes}[encoding](data)
    kind = f'text/plain; charset="{charset}"' if charset else "text/plain"

    inbound = received(mail(body, Content_Type=kind, Content_Transfer_Encoding=encoding))

    assert inbound.values["comment"] == text


def test_one_wrong_byte_costs_one_character():
    inbound = received(mail("Größe: ".encode() + b"\xe4 Meter"))

    assert inbound.values["comment"] == "Größe: ä Meter"


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("base64", b"R3L8w59l"[:-1] + b"\r\n"),
        ("base64", b"!!R3LDvMOf*ZQ==\r\nTrailer text"),
        ("quoted-printable", b"Gr=C3=BC=C3=9Fe =ZZ = und mehr=\r\n"),
        ("x-nobody-knows", "Grüße".encode()),
    ],
)
def test_damaged_transfer_encodings_cost_what_is_damaged(encoding, body):
    comment = received(mail(body, Content_Transfer_Encoding=encoding)).values["comment"]

    assert str(comment).startswith("Gr")


def test_raw_bytes_in_headers_are_read():
    body = mail().replace("Änne Öztürk".encode(), "Änne Öztürk".encode("cp1252"))

    assert received(body).values["name"] == "Änne Öztürk"


def test_flowed_text_is_put_together():
    inbound = received(mail("Das ist ein \r\nSatz.\r\nNeuer Absatz.\r\n", Content_Type="text/plain; format=flowed"))

    assert inbound.values["comment"] == "Das ist ein Satz.\nNeuer Absatz."


def test_lines_that_end_in_a_bare_carriage_return():
    inbound = received(mail("eins\r\nzwei\r\n").replace(b"\r\n", b"\r"))

    assert inbound.values["comment"] == "eins\nzwei"
    assert inbound.values["name"] == "Änne Öztürk"


def test_no_blank_line_between_head_and_body():
    inbound = received(b"From: a@example.de\nSubject: Hallo\nbitte rufen Sie an\nDanke\n")

    assert inbound.values == {"emails": ("a@example.de",), "title": "Hallo", "comment": "bitte rufen Sie an\nDanke"}


# Parts

HTML = (
    "<html><head><title>T</title><style>p{color:red}</style></head><body>"
    '<div style="display:none;max-height:0">Vorschau, die niemand sieht</div><span hidden>auch das</span>'
    "<p>Guten&nbsp;Tag &amp; hallo,</p><p>bitte <b>anrufen</b>:<br>0176 04069012</p>"
    '<script>if (a<b) { document.write("böse") }</script><!-- Kommentar > --><ul><li>eins</li><li>zwei</li></ul>'
    '<img alt="x > y" src="cid:1"><table><tr><td>Dach</td><td>84 m²</td></tr></table></body></html>'
)
SHOWN = "Guten Tag & hallo,\n\nbitte anrufen:\n0176 04069012\n\neins\nzwei\nDach 84 m²"


def test_html_alone_is_read_as_text_without_what_nobody_sees():
    assert received(mail(HTML, Content_Type="text/html; charset=utf-8")).values["comment"] == SHOWN


def test_the_plain_part_wins():
    parts = multipart(
        "alternative",
        "Content-Type: text/plain; charset=utf-8\r\n\r\nBitte anrufen",
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{HTML}",
    )

    assert received(mail(**parts)).values["comment"] == "Bitte anrufen"


@pytest.mark.parametrize(
    "plain", ["", "   \r\n", "Your mail client does not support HTML.", "Bitte HTML-Ansicht nutzen!"]
)
def test_a_plain_part_that_says_nothing_gives_way_to_html(plain):
    parts = multipart(
        "alternative",
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{plain}",
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{HTML}",
    )

    assert received(mail(**parts)).values["comment"] == SHOWN


def test_attachments_are_listed_and_not_read():
    photo = base64.b64encode(bytes(range(256))).decode()
    inner = multipart("alternative", "Content-Type: text/plain\r\n\r\nSiehe Foto", boundary="B2")
    parts = multipart(
        "mixed",
        f"Content-Type: {inner['Content_Type']}\r\n\r\n{inner['body']}",
        'Content-Type: image/jpeg\r\nContent-Disposition: attachment; filename="=?utf-8?Q?D=C3=A4cher.jpg?="\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{photo}",
        "Content-Type: text/plain\r\nContent-Disposition: attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.txt\r\n\r\n84 m",
        "Content-Type: application/pdf; name*0*=utf-8''Grund; name*1=riss; name*2*=%2Epdf\r\n\r\n%PDF",
        "Content-Type: message/rfc822\r\n\r\nSubject: alt\r\n\r\nalter Text",
    )

    inbound = received(mail(**parts))

    assert inbound.values["comment"] == "Siehe Foto"
    assert inbound.entry["attachments"] == [
        {"name": "Dächer.jpg", "type": "image/jpeg", "size": 256},
        {"name": "Größe.txt", "type": "text/plain", "size": 4},
        {"name": "Grundriss.pdf", "type": "application/pdf", "size": 4},
        {"name": "", "type": "message/rfc822", "size": 26},
    ]
    json.dumps(inbound.entry)


def test_a_multipart_without_its_end_or_without_its_boundary_is_read():
    cut = multipart("mixed", "Content-Type: text/plain\r\n\r\nBitte anrufen")
    cut["body"] = cut["body"].replace("--B1--", "")
    lost = {"body": "Bitte anrufen", "Content_Type": "multipart/mixed; boundary=nirgends"}
    none = {"body": "Bitte anrufen", "Content_Type": "multipart/mixed"}

    assert [received(mail(**parts)).values["comment"] for parts in (cut, lost, none)] == ["Bitte anrufen"] * 3


# What is new

#: One new sentence and a quote (of which every line says `alt`), as the usual clients write it.
QUOTES = sorted(Path(__file__).with_name("mail_quotes").glob("*.txt"))


def test_fifteen_clients_are_known():
    assert len(QUOTES) == 15


@pytest.mark.parametrize("client", QUOTES, ids=lambda path: path.stem)
def test_quotes_and_signatures_of_the_usual_clients_are_not_new(client):
    inbound = received(mail(client.read_text("utf-8")))

    assert inbound.values["comment"] == "Danke, passt."
    assert inbound.entry["quoted"] is True
    assert "alt" in inbound.entry["text"]


def test_quotes_in_html_are_not_new():
    html = (
        '<div dir="ltr">Danke, passt.</div><br><div class="gmail_quote"><div class="gmail_attr">Am Mo., 23. Nov. 2026 '
        "um 09:14 Uhr schrieb Solar &lt;leads@leadger.test&gt;:<br></div><blockquote><p>alt</p></blockquote></div>"
    )

    assert received(mail(html, Content_Type="text/html; charset=utf-8")).values["comment"] == "Danke, passt."


def test_answers_between_quoted_lines_are_kept():
    new = new_text("Am 23.11.26 um 09:14 schrieb Solar:\n> Wann?\n\nMorgen.\n\n> Wo?\n\nIn Köln.\n")

    assert (new.text, new.has_quote) == ("Morgen.\n\nIn Köln.", True)


@pytest.mark.parametrize(
    "text",
    [
        "Am Freitag schrieb ich Ihnen folgendes:\nBitte anrufen.",
        "Von: Köln\nAn: Bonn\nDatum: 3.12.\nBitte ein Angebot.",
        "On the roof we want:\npanels",
        "Gesendet am Freitag haben wir Ihnen das Formular schon.",
        "Preis: 5 - 10 TEUR\n---\nDanke",
        "Grüße\n--\n",
    ],
)
def test_sentences_that_look_like_quotes_stay(text):
    assert new_text(text).text.split("\n--\n")[0].strip() == text.split("\n--\n")[0].strip()


def test_a_forwarded_mail_without_a_word_of_its_own_keeps_what_it_forwards():
    text = (
        "---------- Forwarded message ---------\nVon: Bo <bo@example.de>\nDate: heute\nSubject: Dach\n\nBitte anrufen"
    )

    inbound = received(mail(text, Subject="Fwd: Dach"))

    assert inbound.values["comment"] == text
    assert inbound.values["title"] == "Dach"


# Who it is


def test_a_contact_form_passes_on_a_visitor():
    one, two = (
        received(
            mail(From="Website <leads@leadger.test>", Reply_To=f"{name} <{name}@example.de>", Message_ID=f"<{name}@x>")
        )
        for name in ("Anna", "Bo")
    )

    assert (one.values["name"], one.values["emails"], one.verdict) == ("Anna", ("Anna@example.de",), None)
    assert two.values["emails"] == ("Bo@example.de",)
    assert one.entry["reply_to"] == "Anna <Anna@example.de>"


def test_a_website_that_calls_itself_a_machine_is_an_enquiry_all_the_same():
    inbound = received(
        mail(
            From="wordpress@solar-mueller.de",
            Reply_To="anna@example.de",
            Auto_Submitted="auto-generated",
            Precedence="bulk",
        ),
        envelope_from="",
    )

    assert (inbound.values["emails"], inbound.verdict) == (("anna@example.de",), None)


def test_a_form_tool_passes_on_a_visitor():
    inbound = received(mail(From="Forms <noreply@forms.example>", Reply_To="anna@example.de"))

    assert inbound.values["emails"] == ("anna@example.de",)


def test_a_reply_to_of_a_person_does_not_replace_the_person():
    inbound = received(mail(Reply_To="buero@example.de"))

    assert inbound.values["emails"] == ("aenne@example.de",)
    assert inbound.entry["reply_to"] == "buero@example.de"


def test_a_colleague_is_never_the_lead():
    inbound = received(mail(From="Kollege <kollege@solar-mueller.de>"))

    assert inbound.values == {"title": "Photovoltaik", "comment": "Guten Tag,\n\nbitte rufen Sie an."}
    assert [problem.code for problem in inbound.problems] == ["sender_is_ours"]
    assert inbound.verdict is None


def test_a_mail_without_sender_is_an_enquiry_that_says_so():
    inbound = received(mail(From=""))

    assert "emails" not in inbound.values
    assert [problem.code for problem in inbound.problems] == ["no_sender"]


# Threads


def test_a_reply_names_what_it_follows_best_first():
    inbound = received(mail(In_Reply_To="<c@x>", References="<a@x>\r\n <b@x> <c@x>"))

    assert inbound.follows == tuple(map(thread_key, ("c@x", "b@x", "a@x")))
    assert inbound.follows[0] == thread_key(" <c@x> ")
    assert len(inbound.follows[0]) == len("mail#") + 32


def test_no_more_than_twenty_references_are_followed():
    references = " ".join(f"<{number}@x>" for number in range(5_000))

    assert received(mail(References=references)).follows == tuple(thread_key(f"{n}@x") for n in range(4_999, 4_979, -1))


# The gate

GATE = {
    "bounce, null sender": ("null_sender", "ignored", {"Return_Path": "<>"}, {}),
    "null sender of the envelope": ("null_sender", "ignored", {}, {"envelope_from": ""}),
    "bounce, report": (
        "bounce",
        "ignored",
        {"Content_Type": 'multipart/report; report-type=delivery-status; boundary="x"', "Return_Path": "<>"},
        {},
    ),
    "bounce, Exim": ("bounce", "ignored", {"X_Failed_Recipients": "bo@example.de"}, {}),
    "bounce, qmail": ("bounce", "ignored", {"From": "MAILER-DAEMON@mx.example.de"}, {}),
    "read receipt": (
        "read_receipt",
        "ignored",
        {"Content_Type": "multipart/report; report-type=disposition-notification; boundary=x"},
        {},
    ),
    "complaint": (
        "complaint",
        "ignored",
        {"Content_Type": 'multipart/report; report-type="feedback-report"; boundary=x'},
        {},
    ),
    "other report": ("report", "ignored", {"Content_Type": "multipart/report; boundary=x"}, {}),
    "out of office": ("auto_reply", "ignored", {"Auto_Submitted": "auto-replied (vacation)"}, {}),
    "out of office, old": ("auto_reply", "ignored", {"Precedence": "auto_reply"}, {}),
    "out of office, X-Autoreply": ("auto_reply", "ignored", {"X_Autoreply": "yes"}, {}),
    "out of office, X-Autorespond": ("auto_reply", "ignored", {"X_Autorespond": "Abwesend"}, {}),
    "machine": ("auto_generated", "quarantined", {"Auto_Submitted": "auto-generated"}, {}),
    "newsletter": ("mailing_list", "quarantined", {"List_Unsubscribe": "<https://example.com/u>"}, {}),
    "list": ("mailing_list", "quarantined", {"List_Id": "<python-de.example.org>"}, {}),
    "notification of a list with Reply-To": (
        "mailing_list",
        "quarantined",
        {"From": "notifications@git.example", "Reply_To": "reply+7@git.example", "List_Id": "<x>"},
        {},
    ),
    "bulk": ("bulk", "quarantined", {"Precedence": "bulk"}, {}),
    "junk": ("bulk", "quarantined", {"Precedence": "junk"}, {}),
    "our own mailbox": ("own_address", "ignored", {"From": "Leads <LEADS@leadger.test>"}, {}),
    "our own mailbox with tag": ("own_address", "ignored", {"From": "leads+ads@leadger.test"}, {}),
    "spam": ("spam", "quarantined", {}, {"spam_verdict": "FAIL"}),
    "virus": ("virus", "quarantined", {}, {"virus_verdict": "FAIL", "spam_verdict": "FAIL"}),
    "spam, header of SES": ("spam", "quarantined", {"X_SES_Spam_Verdict": "FAIL"}, {}),
    "forged": ("dmarc_fail", "quarantined", {"In_Reply_To": "<a@x>"}, {"dmarc_verdict": "FAIL"}),
    "set-up of SES": (
        "ses_setup",
        "ignored",
        {"From": "Amazon Web Services <no-reply-aws@amazon.com>", "Subject": "Amazon SES Setup Notification"},
        {},
    ),
    "set-up of SES, by key": ("ses_setup", "ignored", {}, {"object": "mail:incoming/AMAZON_SES_SETUP_NOTIFICATION"}),
    "calendar": ("calendar_reply", "ignored", {"Content_Type": "text/calendar; method=REPLY; charset=utf-8"}, {}),
}


@pytest.mark.parametrize("case", GATE)
def test_what_is_no_enquiry_is_kept_with_the_reason(case):
    reason, outcome, headers, meta = GATE[case]

    inbound = received(mail(**headers), **meta)

    assert inbound.verdict is not None
    assert (inbound.verdict.reason, inbound.verdict.outcome) == (reason, outcome)
    assert inbound.verdict.detail.endswith(".")
    assert not inbound.may_adopt


def test_every_rule_has_a_case_and_its_own_reason():
    assert {reason for reason, *_ in GATE.values()} == {rule.reason for rule in RULES}
    assert len({rule.reason for rule in RULES}) == len(RULES)


def test_a_forged_mail_follows_nothing():
    inbound = received(mail(In_Reply_To="<a@x>"), dmarc_verdict="FAIL")

    assert (inbound.follows, inbound.leaves) == ((), ())


@pytest.mark.parametrize(
    ("headers", "meta"),
    [
        ({"X_Auto_Response_Suppress": "All"}, {}),
        ({"Auto_Submitted": "no"}, {}),
        ({"Precedence": "first-class"}, {}),
        ({"Return_Path": "<aenne@example.de>"}, {"envelope_from": "aenne@example.de"}),
        ({"From": "postmaster@example.de"}, {}),
        ({}, {"spam_verdict": "GRAY", "virus_verdict": "PROCESSING_FAILED", "dmarc_verdict": "DISABLED"}),
        ({"Authentication_Results": "x; dmarc=fail"}, {}),
        ({"Disposition_Notification_To": "aenne@example.de"}, {}),
        ({"Content_Type": "text/calendar; method=REQUEST"}, {}),
    ],
)
def test_what_is_no_sign_of_a_machine(headers, meta):
    assert received(mail(**headers), **meta).verdict is None


def test_a_calendar_answer_in_a_part_is_seen():
    parts = multipart(
        "alternative",
        "Content-Type: text/plain\r\n\r\nBo hat zugesagt",
        "Content-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.b64encode(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n").decode(),
    )

    assert received(mail(**parts)).verdict.reason == "calendar_reply"


# Identity


def test_the_same_mail_by_two_ways_is_one():
    body = mail()
    by_ses = (
        b"Return-Path: <aenne@example.de>\r\nReceived: from x by inbound-smtp.eu-central-1.amazonaws.com;\r\n Mon\r\n"
        b"X-SES-Spam-Verdict: PASS\r\nX-SES-Virus-Verdict: PASS\r\nAuthentication-Results: amazonses.com;\r\n"
        b"X-SES-RECEIPT: QUJD\r\nDKIM-Signature: v=1; a=rsa\r\n" + body
    )
    other_recipient = body.replace(b"To: leads@leadger.test", b"To: info@leadger.test")

    assert identity(by_ses) == identity(body) == identity(other_recipient) == identity(body.replace(b"\r\n", b"\n"))


@pytest.mark.parametrize(
    "other",
    [
        mail("Guten Tag, anderer Text"),
        mail(Message_ID="<m2@example.de>"),
        mail(Subject="Anderes"),
        mail(From="Bo <bo@example.de>"),
    ],
)
def test_another_mail_is_another(other):
    assert identity(other) != identity(mail())


def test_without_message_id_the_content_decides():
    one, same, other = mail(Message_ID=""), mail(Message_ID=""), mail("anderes", Message_ID="")

    assert identity(one) == identity(same) != identity(other)
    assert identity(one).startswith("content-")


# Budgets and damage


def in_time(body: bytes, seconds: float = 5) -> Inbound:
    began = time.process_time()
    inbound = received(body)
    assert time.process_time() - began < seconds
    json.dumps(inbound.entry)
    assert all(problem.detail[0].isupper() and problem.detail[-1] == "." for problem in inbound.problems)
    return inbound


def nested(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return b"From: a@example.de\r\nSubject: Bombe\r\n" + opening + b"\r\ntief\r\n"


BOMBS = {
    "980 nested multiparts": (nested(980), ["too_deep"]),
    "5,000 nested multiparts": (nested(5_000), ["too_deep"]),
    "nested comments in From": (mail(From="(" * 3_000 + ")" * 3_000 + " a@example.de"), []),
    "20,000 parentheses": (mail(From="(" * 20_000 + " a@example.de"), ["no_sender"]),
    "40,000 addresses": (
        mail(To=",\r\n ".join(f"a{n}@example.de" for n in range(40_000))),
        ["headers_too_large", "too_many_addresses"],
    ),
    "100,000 headers": (
        b"From: a@example.de\r\nSubject: Bombe\r\n"
        + b"".join(b"X-%d: y\r\n" % n for n in range(100_000))
        + b"\r\nText",
        ["headers_too_large"],
    ),
    "3,000 parameters": (
        mail(Content_Type="application/pdf; " + "; ".join(f"name*{n}*=%41" for n in range(3_000))),
        [],
    ),
    "5,000 parts": (mail(**multipart("mixed", *["\r\nTeil"] * 5_000)), ["too_many_parts"]),
    "quotes without end in Content-Type": (mail(Content_Type="text/plain" + ';a="' * 5_000), []),
    "encoded words without end": (mail(Subject="=?utf-8?Q?" * 20_000), []),
    "10 MB of line ends": (mail("\n" * (9 * 1024 * 1024)), []),
    "10 MB of quotes": (mail("> x\n" * (2 * 1024 * 1024)), []),
    "attributions": (mail("Am 1.1.2026 12:00\n" * 300_000), []),
    "HTML of brackets": (mail("<" * 1_000_000, Content_Type="text/html"), []),
    "HTML of tags without end": (mail('<a "' * 250_000, Content_Type="text/html"), []),
    "HTML of comments without end": (mail("<!--" * 250_000, Content_Type="text/html"), []),
    "HTML of nested blocks": (mail("<div><blockquote>" * 60_000, Content_Type="text/html"), []),
    "HTML of entities": (mail("&" * 1_000_000, Content_Type="text/html"), []),
    "HTML of styles": (mail('<p style="' + "display: " * 100_000 + '">x', Content_Type="text/html"), []),
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_bomb_is_an_outcome_in_time(bomb):
    body, problems = BOMBS[bomb]

    inbound = in_time(body)

    assert [
        problem.code for problem in inbound.problems if problem.code != "no_sender" or "no_sender" in problems
    ] == problems
    assert inbound.verdict is None


@pytest.mark.parametrize(("beyond", "codes"), [(-1, []), (0, []), (1, ["mail_too_large"])])
def test_the_first_ten_megabytes_are_read(beyond, codes):
    text = mail("Bitte anrufen\n")
    inbound = in_time(text + b"\n" * (MAIL_LIMIT + beyond - len(text) - 5) + b"Ende\n")

    assert inbound.values["emails"] == ("aenne@example.de",)
    assert inbound.values["comment"].startswith("Bitte anrufen")
    assert [problem.code for problem in inbound.problems] == codes


def test_a_mail_with_a_large_attachment_keeps_its_text_and_the_names_within_ten_megabytes():
    plan, film = "QUJD\r\n" * 10, "QUJD" * (3 * 1024 * 1024)
    file = (
        "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename={}\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n{}"
    )
    body = mail(
        **multipart(
            "mixed",
            "Content-Type: text/plain\r\n\r\nAnbei Plan und Film vom Dach.",
            file.format("plan.pdf", plan),
            file.format("dach.mp4", film),
            file.format("noch-einer.mp4", film),
        )
    )

    inbound = in_time(body)

    assert inbound.values["comment"] == "Anbei Plan und Film vom Dach."
    assert inbound.entry["attachments"] == [
        {"name": "plan.pdf", "type": "application/octet-stream", "size": 30},
        {"name": "dach.mp4", "type": "application/octet-stream"},  # how large it is, stands beyond
    ]
    assert [problem.code for problem in inbound.problems] == ["mail_too_large"]


@pytest.mark.parametrize(("parts", "codes"), [(199, []), (200, ["too_many_parts"])])
def test_two_hundred_parts_are_read(parts, codes):
    # the multipart itself counts
    assert [problem.code for problem in in_time(mail(**multipart("mixed", *["\r\nx"] * parts))).problems] == codes


@pytest.mark.parametrize(("depth", "codes"), [(20, []), (21, ["too_deep"])])
def test_twenty_levels_are_read(depth, codes):
    inbound = in_time(nested(depth))

    assert [problem.code for problem in inbound.problems] == codes
    assert inbound.values.get("comment") == ("tief" if not codes else None)


@pytest.mark.parametrize(("count", "found"), [(99, 99), (100, 100), (101, 100)])
def test_a_hundred_addresses_are_read(count, found):
    assert len(parse_addresses(", ".join(f"a{n}@example.de" for n in range(count)))) == found


@pytest.mark.parametrize(
    "body", [b"", b"\r\n\r\n", b"\x00\xff\xfe", b"kein Kopf, nur Text\n", b"X-Nur: dies\n\nText", b"%PDF-1.7"]
)
def test_what_is_no_mail_waits_for_a_person(body):
    inbound = received(body)

    assert inbound.verdict is not None
    assert (inbound.verdict.outcome, inbound.verdict.reason) == ("needs_attention", "unreadable_mail")
    assert inbound.raw.body == body


@pytest.mark.parametrize("error", [RecursionError, ValueError, MemoryError, KeyError, AttributeError])
def test_an_error_while_reading_waits_for_a_person(error):
    class Broken(Reading):
        @property
        def own_domains(self):
            raise error

    inbound = read(Raw("email", "", "x", AT, mail()), object.__new__(Broken))

    assert inbound.verdict is not None
    assert inbound.verdict.reason == "unreadable_mail"
    assert error.__name__ in inbound.verdict.detail


@pytest.mark.parametrize(
    "date",
    [
        "",
        "gestern",
        "Mon, 99 Nov 2026 09:14:00 +0100",
        "Mon, 23 Nov 1970 09:14:00 +0100",
        "9" * 5_000,
        "1 Jan 2026 1:1 +9999999",
    ],
)
def test_a_date_that_cannot_be_true_is_none(date):
    assert received(mail(Date=date)).occurred_at is None


# Whatever comes

SHREDS = [
    b"From: ",
    b"Reply-To: ",
    b"Subject: ",
    b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"--b\r\n",
    b"--b--\r\n",
    b"\r\n",
    b"\n",
    b"=?utf-8?Q?",
    b"?=",
    b"=?utf-7?B?",
    b"<a@b.de>",
    b"(",
    b'"',
    b",",
    b":",
    b";",
    b"Content-Type: text/html; charset=utf-16\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n",
    b"=",
    b"<div hidden>",
    b"<!--",
    b"\xff",
    b"Date: ",
    b"Message-ID: <",
    b"References: ",
    b"; filename*0*=",
    b"''%",
    b"charset=idna",
    b"-- \n",
    b"> ",
    b"Am 1.1.2026 schrieb x:\n",
    b"&#xD800;",
    b"+2AA-",
    b"Content-Type: text/plain; charset=utf-7\r\n",
    b"\x00",
    b"Content-Type: text/plain; charset=hz; format=flowed\r\n",
]


def is_whole(inbound: Inbound, body: bytes) -> None:
    assert inbound.raw.body == body
    assert inbound.entry_type == "email"
    assert inbound.verdict is None or inbound.verdict.outcome in OUTCOMES
    assert not any(
        problem.detail.startswith("This mail could not be read: reading it failed") for problem in inbound.problems
    )
    # what no store takes: half letters
    json.dumps([inbound.entry, inbound.values], ensure_ascii=False).encode()


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_are_an_inbound(body):
    is_whole(received(body), body)


@settings(max_examples=500)
@given(st.lists(st.sampled_from(SHREDS) | st.binary(max_size=6), max_size=40).map(b"".join))
@example(b"Subject: =?utf-7?Q?+2AA-?=\n\n")
@example(b"From: a@b.de\nContent-Type: text/plain; charset=utf-7\n\n+2AA-")
@example(b"From: a@b.de\nContent-Type: text/html\n\n&#xD800;&#55357;")
def test_any_mixture_of_what_mails_are_made_of_is_an_inbound(body):
    is_whole(received(b"From: x@example.de\n" + body), b"From: x@example.de\n" + body)
    assert identity(body) == identity(body)


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_is_scanned(text):
    for scan in (decode_words, text_of_html, parse_addresses, new_text):
        scan(text)


@settings(max_examples=200)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Zl", "Zp"]), min_size=1, max_size=30))
def test_any_name_comes_back_from_encoded_words(name):
    body = base64.b64encode(name.encode()).decode()

    assert decode_words(f"=?utf-8?B?{body}?=") == name


def _corpus() -> list[Path]:
    spec = importlib.util.find_spec("test.test_email") if importlib.util.find_spec("test") else None
    folder = Path(spec.origin).parent / "data" if spec and spec.origin else None
    return sorted(folder.glob("*.txt")) if folder else []


@pytest.mark.skipif(not _corpus(), reason="THIS INTERPRETER COMES WITHOUT CPYTHON'S TEST MAILS (package `test`)")
def test_cpythons_own_test_mails_have_an_outcome_each():
    verdicts: Mapping[str, str] = {
        path.name: inbound.verdict.reason if inbound.verdict else ""
        for path in _corpus()
        for inbound in [in_time(path.read_bytes(), seconds=2)]
    }

    print(f"CPython's test mails: {len(verdicts)} read, {sum(map(bool, verdicts.values()))} with a verdict")
    assert len(verdicts) > 40
    assert verdicts["msg_05.txt"] == verdicts["msg_43.txt"] == "bounce"
    assert verdicts["msg_01.txt"] == ""
