"""axe-core looks at everything a visitor sees, in both languages: nothing serious, nothing critical."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_core_python
import pytest
from selenium.webdriver import Chrome

from tests.browser.sites import Leadger, Website
from tests.browser.visitor import embedded, fill_in_form, one, until

AXE = (Path(axe_core_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = "const done = arguments[0]; axe.run(document).then(done, error => done({violations: [{id: String(error)}]}))"
GRAVE = ("serious", "critical", None)


def found(browser: Chrome) -> list[Any]:
    """Rules that are broken gravely, with the elements that break them."""
    browser.execute_script(AXE)
    violations = browser.execute_async_script(RUN)["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in violations if one.get("impact") in GRAVE]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_hosted_page_its_complaints_and_its_thanks(chromium: Chrome, leadger: Leadger, language: str) -> None:
    address = f"{leadger.url}/f/frm_web?lang={language}"
    chromium.get(address)
    assert found(chromium) == []

    one(chromium, "button").click()
    until(chromium, lambda: chromium.find_elements("css selector", ".errors"))
    assert found(chromium) == []

    chromium.get(address)
    fill_in_form(chromium)
    one(chromium, "button").click()
    until(chromium, lambda: "/thanks" in chromium.current_url)
    assert found(chromium) == []

    chromium.get(f"{leadger.url}/f/frm_nobody")
    assert found(chromium) == []


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_embedded_form_its_complaints_and_its_thanks(
    chromium: Chrome, leadger: Leadger, website: Website, language: str
) -> None:
    website.language = language
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    assert found(chromium) == []

    one(form, "button").click()
    until(chromium, lambda: one(form, ".errors").is_displayed())
    assert found(chromium) == []

    fill_in_form(form)
    one(form, "button").click()
    until(chromium, lambda: one(form, ".thanks").text)
    assert found(chromium) == []


def test_what_nobody_could_use_is_found(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.pages["/"] = "<form><input name=email></form>"
    chromium.get(website.url)

    assert ("label", ['<input name="email">']) in found(chromium)
