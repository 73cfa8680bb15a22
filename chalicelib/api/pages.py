"""The pages a visitor sees: a plain form, a thank-you, and what went wrong. No script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from html import escape

from chalicelib.domain.form_captcha import CaptchaView

TEXTS = {
    "de": {
        "thanks": "Vielen Dank! Wir haben Ihre Nachricht erhalten und melden uns bald.",
        "thanks_title": "Vielen Dank",
        "name": "Name",
        "email": "E-Mail",
        "phone": "Telefon",
        "message": "Nachricht",
        "send": "Absenden",
        "title": "Schreiben Sie uns",
        "hint": "Bitte nicht ausfüllen",
        "empty": "Es wurde noch nichts eingetragen. Bitte füllen Sie mindestens ein Feld aus.",
        "404_title": "Seite nicht gefunden",
        "404": "Dieses Formular gibt es nicht (mehr).",
        "413_title": "Zu groß",
        "413": "Ihre Nachricht ist größer als 4 MB und wurde nicht angenommen. Bitte lassen Sie Dateien weg.",
        "429_title": "Zu viel auf einmal",
        "429": "Von Ihrem Anschluss kamen gerade sehr viele Nachrichten. Bitte versuchen Sie es in einer Minute noch"
        " einmal.",
        "other_title": "Das hat nicht geklappt",
        "other": "Ihre Nachricht wurde nicht angenommen. Bitte versuchen Sie es später noch einmal.",
    },
    "en": {
        "thanks": "Thank you! We have received your message and will be in touch soon.",
        "thanks_title": "Thank you",
        "name": "Name",
        "email": "E-mail",
        "phone": "Phone",
        "message": "Message",
        "send": "Send",
        "title": "Write to us",
        "hint": "Please leave empty",
        "empty": "Nothing has been filled in yet. Please fill in at least one field.",
        "404_title": "Page not found",
        "404": "This form does not exist (any more).",
        "413_title": "Too large",
        "413": "Your message is larger than 4 MB and was not accepted. Please leave files out.",
        "429_title": "Too much at once",
        "429": "Very many messages came from your connection just now. Please try again in a minute.",
        "other_title": "That did not work",
        "other": "Your message was not accepted. Please try again later.",
    },
}
#: Name in the post, input type, `autocomplete` token.
INPUTS = (("name", "text", "name"), ("email", "email", "email"), ("phone", "tel", "tel"))

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1f2937}
label{display:block;margin-top:1rem}
input,textarea{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.5rem;
border:1px solid #6b7280;border-radius:.375rem}
button{margin-top:1.25rem;font:inherit;padding:.5rem 1.25rem;border:0;border-radius:.375rem;
background:#1d4ed8;color:#fff}
.error{border-left:.25rem solid #b91c1c;padding:.25rem .75rem}
.hint{position:absolute;left:-100rem}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action *; base-uri 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def language(wishes: Iterable[str]) -> str:
    """`de` or `en`: the first of the two that is wished for, as in `de-DE;q=0.9`."""
    for wish in wishes:
        found = wish.strip()[:2].lower()
        if found in TEXTS:
            return found
    return "en"


def headers(captcha: CaptchaView | None) -> dict[str, str]:
    """`HEADERS` of a page that has a captcha."""
    policy = HEADERS["Content-Security-Policy"]
    for directive, sources in (captcha.policy if captcha else {}).items():
        present, added = f"{directive} ", " ".join(sources)
        policy = policy.replace(present, f"{present}{added} ") if present in policy else f"{policy}; {present}{added}"
    return {**HEADERS, "Content-Security-Policy": policy}


def form_page(
    name: str,
    language: str,
    controls: Mapping[str, str],
    *,
    error: bool = False,
    captcha: CaptchaView | None = None,
) -> str:
    """The form as a page.

    Args:
        controls: sent along as they are; `_key` makes a double click one submission.
        error: nothing was filled in.
    """
    text = TEXTS[language]
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(field)}" value="{escape(value)}">'
        for field, value in {**controls, "_lang": language}.items()
    )
    inputs = "\n".join(
        f'<label>{text[field]}<input name="{field}" type="{kind}" autocomplete="{token}"></label>'
        for field, kind, token in INPUTS
    )
    script = f'\n<script async src="{escape(captcha.script)}"></script>' if captcha else ""
    summary = f'<p class="error" role="alert">{text["empty"]}</p>\n' if error else ""
    body = f"""<h1>{escape(name) or text["title"]}</h1>
{summary}<form method="post" accept-charset="utf-8">
{hidden}
{inputs}
<label>{text["message"]}<textarea name="message" rows="5"></textarea></label>
<label class="hint" aria-hidden="true">{text["hint"]}<input name="_hp" tabindex="-1" autocomplete="off"></label>
{captcha.element if captcha else ""}
<button>{text["send"]}</button>
</form>{script}"""
    return _page(escape(name) or text["title"], language, body)


def refusal_page(status: int, language: str) -> str:
    """What a visitor sees in the place of a problem document."""
    text = TEXTS[language]
    reason = str(status) if str(status) in text else "other"
    title = text[f"{reason}_title"]
    return _page(title, language, f"<h1>{title}</h1>\n<p>{text[reason]}</p>")


def thanks_page(language: str) -> str:
    """What a visitor sees after a post."""
    text = TEXTS[language]
    return _page(text["thanks_title"], language, f"<h1>{text['thanks_title']}</h1>\n<p>{text['thanks']}</p>")


def _page(title: str, language: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="{language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>{_STYLE}</style></head>
<body>
{body}
</body>
</html>
"""
