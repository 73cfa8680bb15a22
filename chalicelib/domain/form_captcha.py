"""A form's captcha as its page shows it: the element, the script, and what the page's policy has to allow for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from chalicelib.domain.form import Form

#: Shown while a post waits for its proof.
WORKING = {
    "de": "Einen Moment bitte, Ihre Nachricht wird gleich gesendet …",
    "en": "One moment please, your message is about to be sent …",
}


@dataclass(frozen=True)
class CaptchaView:
    """What a page needs.

    Attributes:
        element: HTML, to be put inside the form, before its button.
        script: address; of a script to be loaded with `async`.
        policy: directive of a Content-Security-Policy → sources.
    """

    element: str
    script: str
    policy: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def view(form: Form, language: str, base: str = "..") -> CaptchaView | None:
    """What a form's page needs for its captcha; None where it has none.

    Args:
        language: `de` or `en`.
        base: what our paths come after: the address of the API, or `..` on the page `/f/{form_id}` itself.
    """
    captcha = form.spam.captcha
    if captcha is None:
        return None
    if captcha.provider == "altcha":
        return _ours(form, language, base)
    site_key, language = escape(captcha.site_key), escape(language)
    if captcha.provider == "turnstile":
        host = "https://challenges.cloudflare.com"
        return CaptchaView(
            f'<div data-captcha="turnstile" class="cf-turnstile" data-sitekey="{site_key}"'
            f' data-language="{language}"></div>',
            f"{host}/turnstile/v0/api.js",
            {"script-src": (host,), "frame-src": (host,)},
        )
    hosts = ("https://hcaptcha.com", "https://*.hcaptcha.com")
    return CaptchaView(
        f'<div data-captcha="hcaptcha" class="h-captcha" data-sitekey="{site_key}"></div>',
        f"https://js.hcaptcha.com/1/api.js?hl={language}",
        dict.fromkeys(("script-src", "frame-src", "style-src", "connect-src"), hosts),
    )


def _ours(form: Form, language: str, base: str) -> CaptchaView:
    challenge = escape(f"{base}/f/{form.id}/challenge")
    working = escape(WORKING.get(language, WORKING["en"]))
    return CaptchaView(
        f'<div data-captcha="altcha" data-challenge="{challenge}" data-working="{working}" role="status"></div>',
        f"{base}/embed/captcha.js",
        {"script-src": ("'self'",), "connect-src": ("'self'",)},
    )
