"""The pages a visitor sees, written down: no script in them, nothing from elsewhere, every text escaped."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.domain.form import LANGUAGES

if TYPE_CHECKING:
    from jinja2 import Environment

    from chalicelib.domain.form_view import FormView, Thanks

#: (name, value) of inputs that a visitor does not see and that are sent along as they are.
Hidden = Sequence[tuple[str, str]]

_HERE = Path(__file__).parent
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*")
#: What the script says while it sends, by its own names for it.
_SAID_BY_SCRIPT = ("sending", "trying_again", "not_sent", "refused", "too_large")


class Captcha(Protocol):
    """What a form's captcha needs of a page."""

    @property
    def element(self) -> str:
        """HTML with a `data-captcha`, put before the form's button."""

    @property
    def script(self) -> str:
        """Address; loaded with `async`."""

    @property
    def policy(self) -> Mapping[str, tuple[str, ...]]:
        """Directive of a Content-Security-Policy → further sources."""


def language(wishes: Iterable[str], known: Sequence[str] = LANGUAGES) -> str:
    """The first of the known languages that is wished for, as in `de-DE;q=0.9`; else the first there is."""
    for wish in wishes:
        found = wish.strip()[:2].lower()
        if found in known:
            return found
    return known[0]


def headers(hosts: Sequence[str] = (), captcha: Captcha | None = None) -> dict[str, str]:
    """Headers of a page.

    Any target is allowed for forms: browsers hold every redirect after a post against `form-action`, also those of
    the site that we send visitors on to.

    Args:
        hosts: of the pages that may show it in a frame; none: any.
        captcha: of the form on it.
    """
    policy = {
        "default-src": ("'none'",),
        "style-src": (f"'sha256-{_style_hash()}'",),
        "form-action": ("*",),
        "base-uri": ("'none'",),
        "frame-ancestors": _ancestors(hosts),
    }
    for directive, sources in (captcha.policy if captcha else {}).items():
        policy[directive] = (*policy.get(directive, ()), *sources)
    written = "; ".join(" ".join((directive, *sources)) for directive, sources in policy.items())
    return {"Content-Security-Policy": written, "Referrer-Policy": "strict-origin-when-cross-origin"}


def form_page(view: FormView, hidden: Hidden, captcha: Captcha | None = None) -> str:
    """The form as a page of its own."""
    return _written("form_page.html", language=view.language, view=view, hidden=hidden, captcha=captcha)


def fragment(view: FormView, hidden: Hidden, thanks: Thanks, captcha: Captcha | None = None) -> str:
    """The form as the embed script puts it into somebody's page, with what it is to say afterwards."""
    said = "\n".join(view.words[name] for name in _SAID_BY_SCRIPT)
    return _written("fragment.html", view=view, hidden=hidden, captcha=captcha, thanks=thanks, said=said)


def closed_fragment(language: str) -> str:
    """What stands in somebody's page in the place of a form that is switched off."""
    from chalicelib.domain.form_words import words

    return _written("fragment.html", view=None, language=language, closed=words(language)["410"])


def thanks_page(language: str, thanks: Thanks) -> str:
    """What a visitor sees after a post."""
    return _written("text_page.html", language=language, title=thanks.title, parts=thanks.parts)


def refusal_page(status: int, language: str) -> str:
    """What a visitor sees in the place of a problem document."""
    from chalicelib.domain.form_view import Part
    from chalicelib.domain.form_words import words

    known = words(language)
    reason = str(status) if str(status) in known else "other"
    return _written("text_page.html", language=language, title=known[f"{reason}_title"], parts=[Part(known[reason])])


def _written(template: str, **context: Any) -> str:
    from markupsafe import Markup

    # our own, and nothing else, is not escaped
    captcha = context.get("captcha")
    element = (
        Markup('<div data-script="{}">{}</div>').format(captcha.script, Markup(captcha.element)) if captcha else ""
    )
    style = Markup(asset("form.css"))
    return _environment().get_template(template).render(style=style, captcha_element=element, **context)


@functools.cache
def _environment() -> Environment:
    # 150 ms: only for who is shown a page
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


@functools.cache
def asset(name: str) -> str:
    """A script or style sheet of ours."""
    return (_HERE / "assets" / name).read_text(encoding="utf-8")


@functools.cache
def _style_hash() -> str:
    return base64.b64encode(hashlib.sha256(asset("form.css").encode()).digest()).decode()


def _ancestors(hosts: Sequence[str]) -> tuple[str, ...]:
    """Sources of CSP; a port goes with its host, since whoever has the one has the other."""
    if not hosts:
        return ("*",)
    return ("'self'", *(f"{host}:*" for host in map(_ascii, hosts) if _HOST.fullmatch(host)))


def _ascii(host: str) -> str:
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host
