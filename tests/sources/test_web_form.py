"""Form posts of the wild: bytes in, Inbound out."""

import gzip
import hashlib
import json
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.attachments import Attachment
from chalicelib.domain.errors import Problem
from chalicelib.domain.inbound import Inbound, Raw, Reading, Verdict
from chalicelib.sources import SOURCES, read
from chalicelib.sources.web_form import identity, read_form

AT = datetime(2026, 11, 23, 8, 15, tzinfo=UTC)
PAYLOADS = Path(__file__).parent / "payloads" / "web_form"
URLENCODED = "application/x-www-form-urlencoded"


def post(body, content_type=URLENCODED, **meta):
    return Raw("web_form", "frm_demo", "", AT, body, content_type, meta)


def received(body, content_type=URLENCODED, *, mapping=None, **meta):
    return read(post(body, content_type, **meta), Reading(mapping=mapping or {}))


def form(**fields):
    return urlencode(fields).encode()


def told(file):
    """A file as the expectations write it: its bytes by their number and their hash."""
    digest = hashlib.blake2b(file.content, digest_size=8).hexdigest()
    return {"field": file.field, "name": file.name, "size": len(file.content), "blake2b": digest}


# --- payloads: what really was sent, and what it must become ------------------------------------------------------


@pytest.mark.parametrize("path", sorted(PAYLOADS.glob("*.post")), ids=lambda path: path.stem)
def test_a_post_of_the_wild_becomes_the_right_inbound(path):
    head, _, body = path.read_bytes().partition(b"\r\n\r\n")
    content_type = head.decode().removeprefix("Content-Type:").strip()

    inbound = received(body, content_type)

    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert {name: list(values) for name, values in inbound.values.items()} == expected["values"]
    assert inbound.entry == {"form": "frm_demo", **expected.get("entry", {})}
    assert [told(file) for file in inbound.files] == expected.get("files", [])
    assert [problem.code for problem in inbound.problems] == expected.get("problems", [])
    assert (inbound.verdict and inbound.verdict.reason) == expected.get("verdict")


def test_every_payload_has_its_expectation():
    assert {path.stem for path in PAYLOADS.glob("*.post")} == {path.stem for path in PAYLOADS.glob("*.json")}
    assert len(list(PAYLOADS.glob("*.post"))) >= 20


# --- mapping ------------------------------------------------------------------------------------------------------


def test_a_forms_own_mapping_comes_first():
    inbound = received(form(name="Solardach", input_7="Änne Öztürk"), mapping={"name": "title", "input_7": "name"})

    assert inbound.values == {"title": ("Solardach",), "name": ("Änne Öztürk",)}


def test_a_mapping_may_use_the_short_forms():
    assert received(form(a="0176 04069012"), mapping={"a": "phone"}).values == {"phones": ("0176 04069012",)}


def test_a_visitor_cannot_set_what_is_ours():
    inbound = received(
        form(name="Änne", status="converted", owner_id="usr_1", source="api", tags="vip", lead_source="x")
    )

    assert inbound.values == {"name": ("Änne",)}
    assert inbound.entry["fields"] == {
        "status": "converted",
        "owner_id": "usr_1",
        "source": "api",
        "tags": "vip",
        "lead_source": "x",
    }


def test_a_tick_is_nobodys_name():
    inbound = received(form(name="Änne", kontakt="on", telefon="ja"))

    assert inbound.values == {"name": ("Änne",)}
    assert inbound.entry["fields"] == {"kontakt": "on", "telefon": "ja"}


def test_somebody_elses_address_is_not_the_visitors():
    inbound = received(form(name="Änne", empfohlen_von="bo@example.de"))

    assert inbound.values == {"name": ("Änne",)}
    assert inbound.entry["fields"] == {"empfohlen_von": "bo@example.de"}


def test_a_form_without_any_telling_name_is_still_an_enquiry():
    inbound = received(form(a="Dachfläche 80 m²", b="Köln"))

    assert inbound.values == {"comment": ("a: Dachfläche 80 m²\nb: Köln",)}
    assert inbound.verdict is None


def test_page_referrer_and_campaign_are_kept():
    page = "https://example.de/solar?utm_source=google&utm_campaign=Fr%C3%BChling&gclid=EAIaIQ&x=1"
    inbound = received(form(name="Änne", _page=page), referrer="https://www.google.com/")

    assert inbound.values == {
        "name": ("Änne",),
        "utm.source": ("google",),
        "utm.campaign": ("Frühling",),
        "click_ids.gclid": ("EAIaIQ",),
    }
    assert inbound.entry == {"form": "frm_demo", "page": page, "referrer": "https://www.google.com/"}


def test_a_campaign_field_of_the_form_is_better_than_the_pages():
    page = "https://example.de/?utm_source=google"

    assert received(form(name="Änne", utm_source="newsletter", _page=page)).values["utm.source"] == ("newsletter",)


# --- control fields and verdicts ----------------------------------------------------------------------------------


def test_control_fields_are_no_values_and_aliases_are_resolved():
    read_post = read_form(post(form(name="Änne", _key="k1", _redirect="/danke", _lang="de", _t="123", _hp="", _x="y")))

    assert read_post.controls == {"_key": "k1", "_next": "/danke", "_lang": "de", "_t": "123"}
    assert read_post.pairs == (("name", "Änne"), ("_x", "y"))
    assert received(form(name="Änne", _x="y", _wpcf7="12")).entry == {"form": "frm_demo"}


@pytest.mark.parametrize("field", ["_hp", "_gotcha"])
def test_a_filled_honeypot_is_quarantined_with_its_values(field):
    inbound = received(form(name="Änne", **{field: "http://spam.example"}))

    assert inbound.verdict == Verdict("quarantined", "honeypot", "A field that people do not see was filled in.")
    assert inbound.values == {"name": ("Änne",)}


@pytest.mark.parametrize(
    ("body", "content_type", "reason"),
    [
        (b"", URLENCODED, "empty"),
        (b"   \r\n", "", "empty"),
        (b"name=&email=", URLENCODED, "empty"),
        (b"_key=1&_t=5", URLENCODED, "empty"),
        (b"utm_source=google", URLENCODED, "empty"),
        (b"{}", "application/json", "empty"),
        (b"hello", URLENCODED, "unreadable"),
        (b"hello", "text/plain", "unreadable"),
        (b'{"name": ', "application/json", "unreadable"),
        (b'"name"', "application/json", "unreadable"),
        (b"[" * 100_000, "application/json", "unreadable"),
        (b"<lead/>", "application/xml", "unreadable"),
        (b"--x\r\n", "multipart/form-data", "unreadable"),
        (b"\x89PNG\r\n\x1a\n", "image/png", "unreadable"),
    ],
)
def test_what_says_nothing_needs_attention(body, content_type, reason):
    inbound = received(body, content_type)

    assert inbound.values.keys() <= {"utm.source"}
    assert inbound.verdict is not None
    assert (inbound.verdict.outcome, inbound.verdict.reason) == ("needs_attention", reason)
    assert "Error" not in inbound.verdict.detail
    assert inbound.raw.body == body


# --- bodies -------------------------------------------------------------------------------------------------------


def test_every_way_to_send_the_same_fields_gives_the_same_inbound():
    fields = {"name": "Änne Öztürk", "email": "aenne@example.de", "nachricht": "Grüße\nund mehr"}
    multipart = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    )
    as_json = json.dumps(fields, ensure_ascii=False)
    bodies = [
        (urlencode(fields).encode(), URLENCODED),
        (urlencode(fields).encode(), ""),
        (urlencode(fields).encode(), "text/html"),
        (urlencode(fields, encoding="cp1252").encode(), URLENCODED),
        (urlencode({**fields, "_charset_": "windows-1252"}, encoding="cp1252").encode(), URLENCODED),
        (f"{multipart}--b--\r\n".encode(), "multipart/form-data; boundary=b"),
        (f"{multipart}--b--\r\n".encode(), 'multipart/form-data; boundary="b"'),
        (f"{multipart}--b--\r\n".encode(), ""),
        (f"{multipart}--b--\r\n".encode("cp1252"), "multipart/form-data; boundary=b"),
        (f"{multipart}--b--\r\n".replace("\r\n", "\n").encode(), "multipart/form-data; boundary=b"),
        (as_json.encode(), "application/json"),
        (as_json.encode("utf-8-sig"), "application/json; charset=utf-8"),
        (as_json.encode("utf-16"), "application/json"),
        (as_json.encode("utf-16-le"), "application/json"),
        (as_json.encode("cp1252"), "application/json"),
        (as_json.encode(), "text/plain;charset=UTF-8"),
        (as_json.encode(), URLENCODED),
        (as_json.encode(), ""),
        ("".join(f"{name}={value}\r\n" for name, value in fields.items()).encode(), "text/plain"),
    ]
    expected = {
        "name": ("Änne Öztürk",),
        "emails": ("aenne@example.de",),
        "comment": ("Grüße\nund mehr",),
    }

    assert [received(body, content_type).values for body, content_type in bodies] == [expected] * len(bodies)


def test_a_gzipped_body_is_opened():
    assert received(gzip.compress(form(name="Änne")), URLENCODED).values == {"name": ("Änne",)}


def test_a_body_in_several_pieces_of_gzip_is_put_together():
    body = gzip.compress(b"name=%C3%84n") + gzip.compress(b"ne&telefon=030+12345678")

    assert received(body).values == {"name": ("Änne",), "phones": ("030 12345678",)}


@pytest.mark.parametrize("encoding", ["br", "gzip, br", "zstd", "compress", "aws-chunked"])
def test_a_body_that_cannot_be_opened_needs_attention_whole(encoding):
    body = b"\x8b\x1a\x80name=\x00\x1f&b=\xff\xfe\x03"
    inbound = received(body, URLENCODED, content_encoding=encoding)

    assert inbound.verdict is not None
    assert (inbound.verdict.outcome, inbound.verdict.reason) == ("needs_attention", "unreadable")
    assert encoding in inbound.verdict.detail
    assert (inbound.values, inbound.raw.body) == ({}, body)


@pytest.mark.parametrize("encoding", ["br", "gzip", "deflate", "utf-8", "identity", " , ", "x-gzip,br"])
def test_a_text_is_read_whatever_a_header_says_of_it(encoding):
    assert received(form(name="Änne"), URLENCODED, content_encoding=encoding).values == {"name": ("Änne",)}
    assert received('{"name": "Änne"}'.encode(), "", content_encoding=encoding).values == {"name": ("Änne",)}


@pytest.mark.parametrize("bits", [15, -15])
def test_both_forms_of_deflate_are_opened(bits):
    packer = zlib.compressobj(wbits=bits)
    body = packer.compress(form(name="Änne")) + packer.flush()

    assert received(body, URLENCODED, content_encoding="deflate").values == {"name": ("Änne",)}


@pytest.mark.parametrize(("megabytes", "reason"), [(7, None), (9, "unreadable"), (2_000, "unreadable")])
def test_a_bomb_is_not_opened_whole(megabytes, reason):
    packer = zlib.compressobj(9, wbits=31)
    body = packer.compress(b"name=%C3%84nne&x=") + b"".join(packer.compress(b"a" * 2**20) for _ in range(megabytes))
    begin = time.process_time()
    inbound = received(body + packer.flush())

    assert (inbound.verdict and inbound.verdict.reason) == reason
    assert time.process_time() - begin < 3


def test_letters_a_page_could_not_encode_come_as_references():
    assert received(b"name=%26%23321%3Bukasz+Z%FCrn&x=%26%2360%3B").values == {"name": ("Łukasz Zürn",)}


def test_a_file_is_noted_and_a_border_inside_it_is_no_border():
    body = (
        b'--bo\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xc3\x84nne\r\n'
        b'--bo\r\nContent-Disposition: form-data; name="plan"; filename="Dach%22plan \xc3\xa4.pdf"\r\n'
        b"Content-Type: application/pdf\r\n\r\n%PDF\r\n--border\r\n\x00\r\n"
        b'--bo\r\nContent-Disposition: form-data; name="leer"; filename=""\r\n\r\n\r\n--bo--\r\n'
    )

    inbound = received(body, "multipart/form-data; boundary=bo")

    assert inbound.values == {"name": ("Änne",)}
    assert inbound.files == (Attachment('Dach"plan ä.pdf', "plan", b"%PDF\r\n--border\r\n\x00"),)


def test_a_multipart_body_that_was_cut_gives_what_is_there():
    body = b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xc3\x84nne\r\n--b\r\nContent-Dispo'

    inbound = received(body, "multipart/form-data; boundary=b")

    assert inbound.values == {"name": ("Änne",)}
    assert inbound.problems == (Problem("", "unreadable", "Could not be read: the body ends in the middle."),)


def test_numbers_of_json_stay_as_they_are_written():
    inbound = received(b'{"name": "X", "id": 12345678901234567890, "roof": 84.50, "nan": NaN}', "application/json")

    assert inbound.entry["fields"] == {"id": "12345678901234567890", "roof": "84.50", "nan": "NaN"}


def test_names_that_stand_twice_are_kept_twice():
    assert received(b'{"email": "a@example.de", "email": "b@example.de"}', "application/json").values == {
        "emails": ("a@example.de", "b@example.de")
    }
    assert received(b"interesse[]=Dach&interesse[]=Speicher&name=X").entry["fields"] == {
        "interesse[]": "Dach, Speicher"
    }


def test_json_deeper_than_anybody_means_it_is_named():
    body = b'{"name": "X", "a": ' + b'{"a":' * 200 + b"1" + b"}" * 201

    inbound = received(body, "application/json")

    assert inbound.values == {"name": ("X",)}
    assert [problem.code for problem in inbound.problems] == ["unreadable"]


def test_more_than_200_fields_are_counted_and_the_first_are_read():
    inbound = received(urlencode([("name", "Änne"), *((f"n{n}", "x") for n in range(300))]).encode())

    assert len(inbound.entry["fields"]) == 199
    assert [problem.code for problem in inbound.problems] == ["fields_left_out"]


# --- identity -----------------------------------------------------------------------------------------------------


def test_the_same_key_and_values_are_the_same_submission():
    first, again = (read_form(post(form(name="Änne", _key="k", _t=time))) for time in (1, 2))

    assert identity("frm_demo", first, AT) == identity("frm_demo", again, AT + timedelta(days=1))
    assert len(identity("frm_demo", first, AT)) == 1


def test_corrected_values_under_the_same_key_are_a_new_submission():
    first, corrected = (read_form(post(form(name=name, _key="k"))) for name in ("Ane", "Änne"))

    assert identity("frm_demo", first, AT) != identity("frm_demo", corrected, AT)


def test_another_form_key_or_file_is_another_submission():
    one = read_form(post(form(name="Änne", _key="k")))
    file = '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n{}\r\n--b--'
    files = [read_form(post(file.format(text).encode(), "multipart/form-data; boundary=b")) for text in "xy"]

    assert len({identity("frm_a", one, AT), identity("frm_b", one, AT)}) == 2
    assert identity("f", one, AT) != identity("f", read_form(post(form(name="Änne", _key="l"))), AT)
    assert identity("f", files[0], AT) != identity("f", files[1], AT)


def test_without_key_equal_values_within_five_minutes_meet():
    read_post = read_form(post(form(name="Änne")))
    for seconds in (0, 1, 120, 299):
        first = identity("frm_demo", read_post, AT + timedelta(seconds=seconds))
        second = identity("frm_demo", read_post, AT + timedelta(seconds=seconds + 299))

        assert first[0] in second

    much_later = identity("frm_demo", read_post, AT + timedelta(seconds=600))
    assert identity("frm_demo", read_post, AT)[0] not in much_later


def test_a_new_captcha_token_makes_no_new_submission():
    first, again = (read_form(post(form(name="Änne", **{"g-recaptcha-response": token}))) for token in "ab")

    assert identity("f", first, AT) == identity("f", again, AT)


def test_unreadable_bodies_are_told_apart_by_their_bytes():
    one, other = (read_form(post(body, "application/json")) for body in (b"{", b"["))

    assert one.unreadable
    assert identity("f", one, AT) != identity("f", other, AT)


# --- whatever comes -----------------------------------------------------------------------------------------------

CONTENT_TYPES = st.sampled_from(
    ["", URLENCODED, "application/json", "text/plain", "multipart/form-data; boundary=b", "multipart/form-data",
     "application/x-www-form-urlencoded; charset=utf-16", "text/plain; charset=iso-2022-jp", "a/b; charset=\x00", ";="]
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        [b"--b", b"\r\n", b"--", b'Content-Disposition: form-data; name="name"', b'; filename="', b"name=", b"&",
         b"%C3", b"%00", b"{", b"}", b'"', b":", b"[", b"]", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b\x08",
         b"_charset_=utf-7&",
         b"fields[a][type]=tel", b"fields[a][value]=1", b"&#55296;", b"\x00", b"_hp=1", b"\\ud800", b"+", b"=", b"x"]
    ),
    max_size=30,
).map(b"".join)  # fmt: skip


@given(st.binary(max_size=200) | PIECES, CONTENT_TYPES)
def test_any_bytes_become_an_inbound(body, content_type):
    inbound = received(body, content_type)

    assert isinstance(inbound, Inbound)
    assert inbound.verdict is not None or inbound.values or inbound.files
    for values in inbound.values.values():
        assert all(isinstance(value, str) and value.encode() for value in values)
    json.dumps(inbound.entry, ensure_ascii=False).encode()


@given(st.dictionaries(st.text(min_size=1, max_size=10), st.text(max_size=20), max_size=5))
def test_reading_a_post_twice_gives_the_same(fields):
    raw = post(urlencode(fields, errors="replace").encode())

    assert read(raw, Reading()) == read(replace(raw), Reading())


@pytest.mark.parametrize(
    ("piece", "content_type"),
    [
        (b"a=b&", URLENCODED),
        (b"&", URLENCODED),
        (b"%", URLENCODED),
        (b"%41", URLENCODED),
        (b"[", URLENCODED),
        (b"a[b]", URLENCODED),
        (b"&#321;", "text/plain"),
        (b"a=b\n", "text/plain"),
        (b'{"a":', "application/json"),
        (b"[],", "application/json"),
        (b"\r\n--b", "multipart/form-data; boundary=b"),
        (b"\n--b\nContent-Disposition: form-data; name=x\n\n", "multipart/form-data; boundary=b"),
        (b'; name=\\"', "multipart/form-data; boundary=b"),
        (b"0176/0", URLENCODED),
        (gzip.compress(b"", mtime=0), URLENCODED),
    ],
)
def test_a_body_of_4_mb_is_read_in_seconds(piece, content_type):
    for start in (b"", b"name="):
        begin = time.process_time()
        received((start + piece * (4_000_000 // len(piece)))[:4_000_000], content_type)

        assert time.process_time() - begin < 3


def test_a_source_without_a_reader_needs_attention():
    inbound = read(replace(post(b""), source="pigeon"), Reading())

    assert inbound.verdict == Verdict("needs_attention", "unknown_source", "There is no reader for 'pigeon'.")
    assert set(SOURCES) == {"web_form", "email", "call"}


def test_a_name_of_signs_is_quoted_and_found_again():
    assert received(b"name=" + quote_plus("Änne & Bo = 2+1 %").encode()).values == {"name": ("Änne & Bo = 2+1 %",)}
