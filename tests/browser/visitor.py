"""What somebody does in a browser, on a page or inside an embedded form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.shadowroot import ShadowRoot
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 20
Place = Chrome | ShadowRoot

JOERG = {"name": "Jörg Müßig", "email": "joerg@example.org", "phone": "030 12345678", "comment": "Bitte um Rückruf"}


def until(browser: Chrome, happens: Callable[[], Any]) -> Any:
    """What is true in the end."""
    return WebDriverWait(browser, PATIENCE, poll_frequency=0.05).until(lambda _: happens())


def embedded(browser: Chrome, number: int = 0) -> ShadowRoot:
    """The inside of an embedded form, once it is there."""
    hosts = "return [...document.querySelectorAll('main div')].filter(each => each.shadowRoot?.firstElementChild)"
    host = until(browser, lambda: (browser.execute_script(hosts)[number:] or [None])[0])
    return host.shadow_root


def fill_in(place: Place, **values: str) -> None:
    """Type into fields by their names."""
    for name, value in values.items():
        one(place, f"[name='{name}']").send_keys(value)


def choose(place: Place, name: str, value: str) -> None:
    """Click one of several."""
    one(place, f"[name='{name}'][value='{value}']").click()


def one(place: Place, selector: str) -> WebElement:
    """The element."""
    return place.find_element(By.CSS_SELECTOR, selector)


def fill_in_form(place: Place) -> None:
    """All that the form of `sites.FORM` requires."""
    fill_in(place, **JOERG)
    choose(place, "custom.topic", "heat")
    choose(place, "_consent", "privacy")


def click_three_times(browser: Chrome, button: WebElement) -> None:
    """As fast as it goes: in one turn of the page."""
    browser.execute_script("for (let i = 0; i < 3; i++) arguments[0].click()", button)


def focused(browser: Chrome) -> WebElement:
    """What has the focus, also within an embedded form."""
    script = "let at = document.activeElement; while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
    return browser.execute_script(f"{script} return at")


def complaints(browser: Chrome) -> list[str]:
    """What the browser has complained of: forbidden by a policy, failed, not found."""
    return [line["message"] for line in browser.get_log("browser")]
