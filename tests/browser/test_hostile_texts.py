"""Hostile texts in a real browser, all policies switched off: only escaping is left, and nothing runs."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.browser.sites import Leadger, Website
from tests.browser.visitor import embedded, one, until
from tests.hostile_texts import MARKS, PAYLOADS

#: Every element with the names of its attributes, inside of embedded forms, too.
SHAPE = """
const of = root => [...root.querySelectorAll('*')].flatMap(each => [
  `${each.localName} ${[...each.attributes].map(one => one.name).sort()}`,
  ...(each.shadowRoot ? of(each.shadowRoot) : []), ...(each.localName == 'template' ? of(each.content) : [])]);
return of(document).filter(each => each != 'a href,rel,target')
"""
NOTICE = (
    "window.ran = []; for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => window.ran.push(name)"
)
POST = """
const form = document.body.appendChild(document.createElement('form'));
Object.assign(form, {method: 'post', action: arguments[0]});
for (const [name, value] of Object.entries(arguments[1])) {
  const input = form.appendChild(document.createElement('textarea'));
  Object.assign(input, {name, value});
}
form.submit()
"""


@pytest.fixture
def unguarded(chromium: Chrome) -> Any:
    """A browser that takes no notice of policies, and notes what opens a dialog."""
    chromium.execute_cdp_cmd("Page.enable", {})
    chromium.execute_cdp_cmd("Page.setBypassCSP", {"enabled": True})
    noticing = chromium.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": NOTICE})
    yield chromium
    chromium.execute_cdp_cmd("Page.setBypassCSP", {"enabled": False})
    chromium.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", noticing)


def definition(text: str) -> dict[str, Any]:
    """A form that says a text wherever it can."""
    return {
        "name": text,
        "texts": dict.fromkeys(("title", "intro", "send", "thanks_title", "thanks"), text),
        "fields": [
            {"field": "name", "label": text, "placeholder": text, "preset": text, "required": True},
            {"field": "comment", "label": text, "required": True, "preset": text},
            {"field": "phone", "label": text, "show_if": {"field": "name", "equals": text}},
        ],
        "consents": [{"id": "privacy", "text": text}],
    }


def shapes(browser: Chrome, leadger: Leadger, website: Website, text: str) -> list[list[str]]:
    """Of the page, what comes back of it, the thanks, and the form within another page, before and after."""
    leadger.has_form("frm_web", definition(text))
    found = []

    def look() -> None:
        assert browser.execute_script("return window.ran") == []
        found.append(browser.execute_script(SHAPE))

    browser.get(f"{leadger.url}/f/frm_web")
    look()
    sent = dict.fromkeys(("name", "comment", "_key", "_page", "_next", "fremd"), text) | {"comment": " "}
    browser.execute_script(POST, f"{leadger.url}/f/frm_web", sent)
    until(browser, lambda: browser.find_elements("css selector", ".errors"))
    look()
    browser.get(f"{leadger.url}/f/frm_web/thanks")
    look()
    website.embeds("frm_web")
    browser.get(website.url)
    form = embedded(browser)
    look()
    one(form, "[name=comment]").clear()
    one(form, "button").click()
    until(browser, lambda: one(form, ".errors").is_displayed())
    look()
    return found


def test_nothing_runs_and_nothing_is_added(unguarded: Chrome, leadger: Leadger, website: Website) -> None:
    website.policy = "default-src * 'unsafe-inline' 'unsafe-eval' data:"
    expected = shapes(unguarded, leadger, website, "harmlos")
    # what closes the place that a text stands in, in front of each of them
    for number, payload in enumerate(PAYLOADS):
        text = MARKS[number % len(MARKS)] + payload + "".join(MARKS)
        assert shapes(unguarded, leadger, website, text) == expected, text


def test_what_runs_is_noticed(unguarded: Chrome, website: Website) -> None:
    website.policy = "default-src * 'unsafe-inline'"
    website.pages["/"] = "<img src=x onerror=alert(1)>"
    unguarded.get(website.url)

    until(unguarded, lambda: unguarded.execute_script("return window.ran") == ["alert"])
