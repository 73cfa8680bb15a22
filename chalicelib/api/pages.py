"""The pages a visitor sees: a plain form, and a thank-you. No script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape

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
.hint{position:absolute;left:-100rem}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action *; base-uri 'none'",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}


def form_page(name: str, language: str, key: str) -> str:
    """The form as a page; `key` makes a double click one submission."""
    text = TEXTS[language]
    inputs = "\n".join(
        f'<label>{text[field]}<input name="{field}" type="{kind}" autocomplete="{token}"></label>'
        for field, kind, token in INPUTS
    )
    body = f"""<h1>{escape(name) or text["title"]}</h1>
<form method="post" accept-charset="utf-8">
<input type="hidden" name="_key" value="{escape(key)}">
<input type="hidden" name="_lang" value="{language}">
{inputs}
<label>{text["message"]}<textarea name="message" rows="5"></textarea></label>
<label class="hint" aria-hidden="true">{text["hint"]}<input name="_hp" tabindex="-1" autocomplete="off"></label>
<button>{text["send"]}</button>
</form>"""
    return _page(escape(name) or text["title"], language, body)


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
