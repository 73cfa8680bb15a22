"""What to paste into a page: a plain form, the script, a link, a frame. Every value is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from chalicelib.domain.form import FILES, Consent, Form, FormField, said
from chalicelib.domain.form_inputs import CHECKBOX, FILE, SELECT, TEXTAREA, Input, input_of

WORDS = {
    "de": {"send": "Absenden", "write": "Schreiben Sie uns"},
    "en": {"send": "Send", "write": "Write to us"},
}
#: A frame of another page cannot know how high its form is.
HEIGHT = 720


def of(
    form: Form, base_url: str, language: str, definitions: Sequence[Mapping[str, Any]], *, chosen: bool
) -> dict[str, str]:
    """The ways to put a form on a page, by name.

    Args:
        base_url: what our paths come after.
        language: `de` or `en`.
        definitions: stored records of fields.
        chosen: visitors are to see it in this language; else in their browser's.
    """
    address = f"{base_url}/f/{form.id}{f'?lang={language}' if chosen else ''}"
    title = said(form.texts.get("title", ""), language) or WORDS[language]["write"]
    wanted = f' data-lang="{language}"' if chosen else ""
    script = f'<script async src="{escape(base_url)}/embed/leadger.js" data-form="{escape(form.id)}"{wanted}></script>'
    by_name = {record["name"]: record for record in definitions if record.get("custom")}
    return {
        "html": _plain(form, base_url, language, by_name),
        "embed": f'{script}\n<noscript><a href="{escape(address)}">{escape(title)}</a></noscript>',
        "link": address,
        "iframe": f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="{HEIGHT}"'
                  ' loading="lazy"></iframe>',
    }  # fmt: skip


def _plain(form: Form, base_url: str, language: str, definitions: Mapping[str, Mapping[str, Any]]) -> str:
    """A form for the site's own page, in the site's own style; works without any script."""
    files = any(field.field == FILES for field in form.asked)
    encoding = ' enctype="multipart/form-data"' if files else ""
    lines = [f'<form method="post" action="{escape(base_url)}/f/{escape(form.id)}" accept-charset="utf-8"{encoding}>']
    lines += [f'  <input type="hidden" name="_lang" value="{language}">']
    for field in form.asked:
        lines += _field(field, input_of(field.field, definitions), language)
    lines += [_consent(consent, language) for consent in form.consents]
    if form.spam.honeypot:
        lines.append('  <input name="_hp" tabindex="-1" autocomplete="off" aria-hidden="true" hidden>')
    send = said(form.texts.get("send", ""), language) or WORDS[language]["send"]
    return "\n".join([*lines, f"  <button>{escape(send)}</button>", "</form>"])


def _field(field: FormField, way: Input, language: str) -> list[str]:
    if field.hidden:
        # what is preset is known to the definition, whatever a page says
        return [] if field.preset else [f'  <input type="hidden" name="{escape(field.field)}">']
    label = escape(said(field.label, language) or said(way.label, language))
    # without a script it is always there, and not always to be filled in
    required = field.required and field.show_if is None
    attributes = {
        "name": field.field,
        "autocomplete": way.autocomplete,
        "placeholder": said(field.placeholder, language),
    }
    flags = [*(["multiple"] if way.multiple else []), *(["required"] if required else [])]
    control = _control(field, way, attributes, flags)
    return [f"  <label>{control} {label}</label>" if way.kind == CHECKBOX else f"  <label>{label} {control}</label>"]


def _control(field: FormField, way: Input, attributes: Mapping[str, str], flags: Iterable[str]) -> str:
    match way.kind:
        case "textarea":
            return f"{_tag(TEXTAREA, {**attributes, 'rows': '5'}, flags)}{escape(field.preset)}</textarea>"
        case "select":
            return f"{_tag(SELECT, attributes, flags)}{_options(field, way)}</select>"
        case "checkbox":
            checked = ["checked"] if field.preset else []
            return _tag("input", {**attributes, "type": CHECKBOX, "value": "true"}, [*flags, *checked])
        case "file":
            return _tag("input", {"name": attributes["name"], "type": FILE}, flags)
    return _tag("input", {**attributes, "type": way.kind, "value": field.preset,
                          "step": "any" if way.kind == "number" else ""}, flags)  # fmt: skip


def _options(field: FormField, way: Input) -> str:
    """Those of a choice; of one that may be left out, an empty one first."""
    options = [] if way.multiple else ["<option></option>"]
    for value, label in way.choices.items():
        chosen = ["selected"] if value == field.preset else []
        options.append(f"{_tag('option', {'value': value}, chosen)}{escape(label)}</option>")
    return "".join(options)


def _consent(consent: Consent, language: str) -> str:
    required = ["required"] if consent.required else []
    box = _tag("input", {"type": CHECKBOX, "name": "_consent", "value": consent.id}, required)
    return f"  <label>{box} {escape(said(consent.text, language))}</label>"


def _tag(name: str, attributes: Mapping[str, str], flags: Iterable[str]) -> str:
    """An opening tag; attributes without a value are left out."""
    written = [f' {each}="{escape(value)}"' for each, value in attributes.items() if value]
    return f"<{name}{''.join(written)}{''.join(f' {flag}' for flag in flags)}>"
