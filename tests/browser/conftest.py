"""A real Chromium, Leadger over HTTP on moto, and somebody else's website on an origin of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.browser.sites import Leadger, Website
from tests.desk import Desk

#: Set where the browser must be there: a test that is skipped proves nothing.
NEEDED = "LEADGER_NEEDS_BROWSER"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--disable-features=OptimizationHints,MediaRouter,AutofillServerCommunication,HttpsUpgrades",
    "--window-size=1200,900",
)  # fmt: skip

Start = Callable[..., webdriver.Chrome]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts browsers; each with a profile of its own."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if not (driver and chromium):
        if os.environ.get(NEEDED):
            pytest.fail("chromium and chromedriver are not installed")
        pytest.skip("chromium and chromedriver are not installed")
    started: list[webdriver.Chrome] = []

    def begin(*, scripts: bool = True) -> webdriver.Chrome:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        # the driver by its path, so that selenium downloads none
        browser = webdriver.Chrome(options=options, service=Service(driver, env={**os.environ, "SE_OFFLINE": "true"}))
        browser.set_page_load_timeout(60)
        started.append(browser)
        return browser

    yield begin
    for browser in started:
        browser.quit()


@pytest.fixture(scope="module")
def usual_browser(start: Start) -> webdriver.Chrome:
    """Started once a module."""
    return start()


@pytest.fixture
def chromium(usual_browser: webdriver.Chrome) -> webdriver.Chrome:
    """A browser as people have it, on no page and with nothing to complain of."""
    usual_browser.get("about:blank")
    usual_browser.get_log("browser")
    return usual_browser


@pytest.fixture(scope="module")
def chromium_without_scripts(start: Start) -> webdriver.Chrome:
    """A browser in which no page may run a script."""
    return start(scripts=False)


@pytest.fixture
def leadger(desk: Desk) -> Iterator[Leadger]:
    """Leadger over HTTP, and what the desk sees of it."""
    with Leadger(desk) as leadger:
        yield leadger


@pytest.fixture
def website(leadger: Leadger) -> Iterator[Website]:
    """Somebody's website with a strict policy, on another origin."""
    with Website(leadger) as website:
        yield website


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one process: two browsers are enough for two cores."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("browser"))
