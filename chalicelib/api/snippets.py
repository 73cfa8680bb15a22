"""What to paste into a page: a plain form, the script, a link, a frame. Every value is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from chalicelib.domain.fields import Field
from chalicelib.domain.form import FILES, LANGUAGES, Consent, Form, FormField, said
from chalicelib.domain.form_kinds import Kind, kind_of
from chalicelib.domain.form_words import words

#: A frame of another page cannot know how high its form is.
HEIGHT = 720


def of(form: Form, base_url: str, language: str, custom: Mapping[str, Field], *, chosen: bool) -> dict[str, str]:
    """The ways to put a form on a page, by name.

    Args:
        base_url: what our paths come after.
        language: `de` or `en`.
        custom: the workspace's own fields by name.
        chosen: visitors are to see it in this language; else in their browser's.
    """
    address = f"{base_url}/f/{form.id}{f'?lang={language}' if chosen else ''}"
    title = said(form.texts.get("title", ""), language) or words(language)["title"]
    wanted = f' data-lang="{language}"' if chosen else ""
    script = f'<script async src="{escape(base_url)}/embed/leadger.js" data-form="{escape(form.id)}"{wanted}></script>'
    return {
        "html": _plain(form, base_url, language, custom),
        "embed": f'{script}\n<noscript><a href="{escape(address)}">{escape(title)}</a></noscript>',
        "link": address,
        "iframe": f'<iframe src="{escape(address)}" title="{escape(title)}" width="100%" height="{HEIGHT}"'
                  ' loading="lazy"></iframe>',
    }  # fmt: skip


def _plain(form: Form, base_url: str, language: str, custom: Mapping[str, Field]) -> str:
    """A form for the site's own page, in the site's own style; works without any script."""
    files = any(field.field == FILES for field in form.asked)
    encoding = ' enctype="multipart/form-data"' if files else ""
    lines = [f'<form method="post" action="{escape(base_url)}/f/{escape(form.id)}" accept-charset="utf-8"{encoding}>']
    lines += [f'  <input type="hidden" name="_lang" value="{language}">']
    for field in form.asked:
        lines += _field(field, kind_of(field.field, custom) or _gone(field.field), language)
    lines += [_consent(consent, language) for consent in form.consents]
    if form.spam.honeypot:
        lines.append('  <input name="_hp" tabindex="-1" autocomplete="off" aria-hidden="true" hidden>')
    send = said(form.texts.get("send", ""), language) or words(language)["send"]
    return "\n".join([*lines, f"  <button>{escape(send)}</button>", "</form>"])


def _gone(name: str) -> Kind:
    """A field of ours that has been deleted: a line of text."""
    word = name.rpartition(".")[2].replace("_", " ").capitalize()
    return Kind("text", dict.fromkeys(LANGUAGES, word))


def _field(field: FormField, way: Kind, language: str) -> list[str]:
    if field.hidden:
        # what is preset is known to the definition, whatever a page says
        return [] if field.preset else [f'  <input type="hidden" name="{escape(field.field)}">']
    label = escape(said(field.label, language) or said(way.label, language))
    # without a script it is always there, and not always to be filled in
    required = ["required"] if field.required and field.show_if is None else []
    attributes = {
        "name": field.field,
        "autocomplete": way.autocomplete,
        "inputmode": way.inputmode,
        "placeholder": said(field.placeholder, language),
    }
    control = _control(field, way, attributes, required)
    return [f"  <label>{control} {label}</label>" if way.input == "checkbox" else f"  <label>{label} {control}</label>"]


def _control(field: FormField, way: Kind, attributes: Mapping[str, str], flags: Iterable[str]) -> str:
    match way.input:
        case "textarea":
            return f"{_tag('textarea', {**attributes, 'rows': '5'}, flags)}{escape(field.preset)}</textarea>"
        case "select" | "radio":
            return f"{_tag('select', attributes, flags)}<option></option>{_options(field, way)}</select>"
        case "checkboxes":
            return f"{_tag('select', attributes, ['multiple', *flags])}{_options(field, way)}</select>"
        case "checkbox":
            checked = ["checked"] if field.preset else []
            return _tag("input", {**attributes, "type": "checkbox", "value": "true"}, [*flags, *checked])
        case "file":
            return _tag("input", {"name": attributes["name"], "type": "file"}, ["multiple", *flags])
    return _tag("input", {**attributes, "type": way.input, "value": field.preset}, flags)


def _options(field: FormField, way: Kind) -> str:
    options = []
    for value, label in way.choices.items():
        chosen = ["selected"] if value == field.preset else []
        options.append(f"{_tag('option', {'value': value}, chosen)}{escape(label)}</option>")
    return "".join(options)


def _consent(consent: Consent, language: str) -> str:
    required = ["required"] if consent.required else []
    box = _tag("input", {"type": "checkbox", "name": "_consent", "value": consent.id}, required)
    return f"  <label>{box} {escape(said(consent.text, language))}</label>"


def _tag(name: str, attributes: Mapping[str, str], flags: Iterable[str]) -> str:
    """An opening tag; attributes without a value are left out."""
    written = [f' {each}="{escape(value)}"' for each, value in attributes.items() if value]
    return f"<{name}{''.join(written)}{''.join(f' {flag}' for flag in flags)}>"
