"""A form that is beset, and one with a captcha in a real browser: nothing is lost, and people get through."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.journeys.desk import Answer, Desk, eventually

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

AT_ONCE = 50
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


@pytest.mark.parametrize("posts", [200, pytest.param(1_000, marks=pytest.mark.long)])
def test_very_many_posts_at_once_are_one_lead_for_each_key(desk: Desk, posts: int) -> None:
    """A tenth of them is sent twice."""
    before, distinct = desk.reconciliation()["received"], posts * 9 // 10
    started = time.monotonic()

    def send(number: int) -> tuple[int, Answer]:
        key = number % distinct
        address = f"ansturm{key}.{posts}@example.net"
        return key, desk.post_form(name=f"Ansturm {posts} {key:04}", email=address, _key=f"a{posts}-{key}")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(send, range(posts)))
    seconds = time.monotonic() - started
    sums = desk.everything_is_accounted_for()

    names = Counter(card["name"] for card in desk.cards() if str(card["name"]).startswith(f"Ansturm {posts} "))
    assert {answer.status for _, answer in answers} == {200}
    assert len({(key, answer.body) for key, answer in answers}) == distinct
    assert sums["received"] == before + distinct
    assert names == {f"Ansturm {posts} {key:04}": 1 for key in range(distinct)}
    print(f"{posts} posts, {AT_ONCE} at a time, {posts - distinct} of them again: {distinct} leads, {seconds:.1f} s")


@pytest.fixture
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    if not CHROMIUM or not DRIVER:
        pytest.skip("needs chromium and chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.mark.parametrize("how", ["slowly", "at once", "three clicks"])
def test_whoever_fills_in_a_form_with_a_captcha_gets_through_and_does_nothing_for_it(
    desk: Desk, browser: Any, how: str
) -> None:
    from selenium.webdriver.common.by import By

    _make_form(desk, "frm_captcha", {"name": "Messe", "spam": {"captcha": {"provider": "altcha"}, "least_seconds": 0}})
    name = f"Frau {how.title()}"
    browser.get(f"{desk.dev['api_url']}/f/frm_captcha")
    if how == "slowly":
        browser.find_element(By.NAME, "name").send_keys(name)
        proof = eventually(lambda: browser.execute_script(PROOF), bool, seconds=30)
        assert proof
        browser.find_element(By.TAG_NAME, "button").click()
    else:
        clicks = "button.click();" * (3 if how == "three clicks" else 1)
        browser.execute_script(f"{FILL_IN} {clicks}", name)
    landed = eventually(lambda: browser.current_url, lambda url: "/thanks" in url, seconds=30)

    assert landed.startswith(f"{desk.dev['api_url']}/f/frm_captcha/thanks")
    assert [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    receipts = [receipt for receipt in desk.receipts() if receipt["source_detail"] == "frm_captcha"]
    assert receipts[0]["outcome"] == "created", receipts[0]
    (lead,) = [card for card in desk.cards() if card["name"] == name]
    assert receipts[0]["lead_id"] == lead["id"]


PROOF = "return (document.querySelector('[name=_captcha]') || {}).value"
FILL_IN = (
    "document.querySelector('[name=name]').value = arguments[0]; const button = document.querySelector('form button');"
)


def _make_form(desk: Desk, name: str, definition: object) -> None:
    """Past the doors: its record in the table."""
    client = desk.cloud.client("dynamodb")
    (table,) = [table for table in client.list_tables()["TableNames"] if table.endswith("-crm")]
    record = {"pk": f"FORM#{name}", "sk": "#", "type": "form", "data": json.dumps(definition)}
    client.put_item(TableName=table, Item={name: {"S": value} for name, value in record.items()})
