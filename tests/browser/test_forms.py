"""Visitors in a real browser: whatever they click, each enquiry is one lead with what they wrote."""

from __future__ import annotations

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

from tests.browser.sites import FORM, Leadger, Website
from tests.browser.visitor import (
    JOERG,
    choose,
    click_three_times,
    complaints,
    embedded,
    fill_in,
    fill_in_form,
    focused,
    one,
    until,
)

THANKS = "Danke, Ihre Anfrage ist da."
PLAIN = (
    '<form method="post" action="{url}/f/frm_demo"><input name="vorname"><input name="nachname">'
    '<input name="telefon" type="tel"><input name="e-mail" type="email"><textarea name="nachricht"></textarea>'
    "<button>Absenden</button></form>"
)


def assert_it_is_joergs_one_lead(leadger: Leadger) -> None:
    (lead,) = leadger.desk.leads()
    assert lead["name"] == "Jörg Müßig"
    assert [email["address"] for email in lead["emails"]] == ["joerg@example.org"]
    assert [phone["e164"] for phone in lead["phones"]] == ["+493012345678"]
    assert lead["comment"] == "Bitte um Rückruf"
    assert [receipt["outcome"] for receipt in leadger.desk.receipts()] == ["created"]


# ── three ways, and three clicks ──────────────────────────────────────────────────────────────────────────────────


def test_a_form_that_the_site_already_has(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.pages["/"] = PLAIN.format(url=leadger.url)
    chromium.get(website.url)
    fill_in(chromium, vorname="Jörg", nachname="Müßig", telefon="030 12345678", nachricht="Bitte um Rückruf")
    fill_in(chromium, **{"e-mail": "joerg@example.org"})

    ActionChains(chromium).click(one(chromium, "button")).click().click().perform()

    until(chromium, lambda: "Vielen Dank" in chromium.title or "Thank you" in chromium.title)
    assert_it_is_joergs_one_lead(leadger)


def test_an_embedded_form_on_a_page_with_a_strict_policy(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    chromium.execute_script("document.addEventListener('leadger:sent', event => window.sent = event.detail)")
    form = embedded(chromium)
    fill_in_form(form)

    click_three_times(chromium, one(form, "button"))

    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    assert focused(chromium) == one(form, ".thanks")
    assert form.find_elements(By.CSS_SELECTOR, "form") == []
    assert_it_is_joergs_one_lead(leadger)
    (lead,) = leadger.desk.leads()
    assert lead["custom"] == {"topic": "heat"}
    assert leadger.desk.timeline(lead["id"])[0]["data"]["page"] == f"{website.url}/"
    assert chromium.execute_script("return window.sent") == {
        "form": "frm_web", "receipt_id": leadger.desk.receipts()[0]["id"],
    }  # fmt: skip
    assert leadger.seen == [("GET", "/embed/leadger.js"), ("GET", "/f/frm_web"), ("POST", "/f/frm_web")]
    assert complaints(chromium) == []


def test_the_hosted_page_with_scripts_off(chromium_without_scripts: Chrome, leadger: Leadger) -> None:
    browser = chromium_without_scripts
    browser.get(f"{leadger.url}/f/frm_web?lang=de")
    fill_in_form(browser)

    ActionChains(browser).click(one(browser, "button")).click().click().perform()

    until(browser, lambda: browser.title == "Vielen Dank")
    assert THANKS in one(browser, "main").text
    assert_it_is_joergs_one_lead(leadger)


def test_a_reload_of_the_thanks_and_the_way_back_make_no_second_lead(chromium: Chrome, leadger: Leadger) -> None:
    chromium.get(f"{leadger.url}/f/frm_web?lang=de")
    fill_in_form(chromium)
    one(chromium, "button").click()
    until(chromium, lambda: chromium.title == "Vielen Dank")

    chromium.refresh()
    assert chromium.title == "Vielen Dank"
    chromium.back()
    until(chromium, lambda: chromium.title == "Angebot anfordern")
    one(chromium, "button").click()
    until(chromium, lambda: chromium.title == "Vielen Dank")

    assert_it_is_joergs_one_lead(leadger)


def test_the_hosted_page_in_a_frame(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    leadger.has_form("frm_web", {**FORM, "hosts": ["127.0.0.1"]})
    website.pages["/"] = f'<iframe src="{leadger.url}/f/frm_web?lang=de" width="500" height="900"></iframe>'
    chromium.get(website.url)
    chromium.switch_to.frame(0)
    fill_in_form(chromium)

    click_three_times(chromium, one(chromium, "button"))

    until(chromium, lambda: THANKS in one(chromium, "main").text)
    assert_it_is_joergs_one_lead(leadger)


def test_a_frame_on_a_host_that_is_not_the_forms_shows_nothing(
    chromium: Chrome, leadger: Leadger, website: Website
) -> None:
    leadger.has_form("frm_web", {**FORM, "hosts": ["kaefer.example"]})
    website.pages["/"] = f'<iframe src="{leadger.url}/f/frm_web"></iframe>'
    chromium.get(website.url)
    chromium.switch_to.frame(0)

    assert chromium.find_elements(By.TAG_NAME, "form") == []
    chromium.switch_to.default_content()
    assert any("frame-ancestors" in line for line in complaints(chromium))


# ── what is missing ───────────────────────────────────────────────────────────────────────────────────────────────

LACKING = ["Bitte füllen Sie „E-Mail“ aus.", "Bitte wählen Sie bei „Thema“ etwas aus."]


def test_an_incomplete_post_of_an_embedded_form_says_so_and_is_sent_once_when_it_is_complete(
    chromium: Chrome, leadger: Leadger, website: Website
) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    fill_in(form, name="Jörg Müßig", phone="030 12345678", comment="Bitte um Rückruf")

    one(form, "button").click()

    until(chromium, lambda: one(form, ".errors").is_displayed())
    assert focused(chromium) == one(form, ".errors")
    assert [each.text for each in form.find_elements(By.CSS_SELECTOR, ".errors li")][:2] == LACKING
    email = one(form, "[name=email]")
    assert email.get_attribute("aria-invalid") == "true"
    assert one(form, f"#{email.get_attribute('aria-describedby')}").text == LACKING[0]
    one(form, ".errors a").click()
    assert focused(chromium) == email
    assert one(form, "[name=comment]").get_attribute("value") == "Bitte um Rückruf"
    assert leadger.desk.leads() == []
    email.send_keys("joerg@example.org")
    choose(form, "custom.topic", "heat")
    choose(form, "_consent", "privacy")
    one(form, "button").click()
    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    assert_it_is_joergs_one_lead(leadger)


def test_an_incomplete_post_without_scripts_comes_back_with_what_was_written(
    chromium_without_scripts: Chrome, leadger: Leadger
) -> None:
    browser = chromium_without_scripts
    browser.get(f"{leadger.url}/f/frm_web?lang=de")
    fill_in(browser, name="Jörg Müßig", phone="030 12345678", comment="Bitte um Rückruf")

    one(browser, "button").click()

    until(browser, lambda: browser.title == "Bitte prüfen Sie Ihre Angaben: Angebot anfordern")
    assert browser.switch_to.active_element == one(browser, ".errors")
    assert [each.text for each in browser.find_elements(By.CSS_SELECTOR, ".errors li")][:2] == LACKING
    one(browser, ".errors a").click()
    assert browser.switch_to.active_element == one(browser, "[name=email]")
    assert leadger.desk.leads() == []
    fill_in(browser, email="joerg@example.org")
    choose(browser, "custom.topic", "heat")
    choose(browser, "_consent", "privacy")
    one(browser, "button").click()
    until(browser, lambda: browser.title == "Vielen Dank")
    assert_it_is_joergs_one_lead(leadger)


def test_fields_that_depend_on_another_one_come_and_go(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    area = one(form, "[name='custom.roof_area']")
    fill_in_form(form)
    assert not area.is_displayed()

    choose(form, "custom.topic", "solar")
    assert area.is_displayed()
    one(form, "button").click()
    until(chromium, lambda: focused(chromium) == one(form, ".errors"))
    assert [each.text for each in form.find_elements(By.CSS_SELECTOR, ".errors li")] == [
        "Bitte füllen Sie „Dachfläche in m²“ aus."
    ]
    area.send_keys("84,5")
    one(form, "button").click()

    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    (lead,) = leadger.desk.leads()
    assert lead["custom"] == {"topic": "solar", "roof_area": 84.5}


# ── where somebody came from ──────────────────────────────────────────────────────────────────────────────────────


def test_the_campaign_of_the_landing_page_is_on_the_lead(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    website.pages["/kontakt"] = website.pages.pop("/")
    website.pages["/pv"] = f'<script async src="{leadger.url}/embed/leadger.js"></script><a href="/kontakt">Kontakt</a>'
    landing = f"{website.url}/pv?utm_source=newsletter&utm_campaign=Fr%C3%BChling&gclid=Cj0"
    chromium.get(landing)
    until(chromium, lambda: chromium.execute_script("return sessionStorage.leadger"))
    one(chromium, "a").click()
    form = embedded(chromium)
    fill_in_form(form)

    one(form, "button").click()

    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    (lead,) = leadger.desk.leads()
    assert lead["utm"] == {"source": "newsletter", "campaign": "Frühling"}
    assert lead["click_ids"] == {"gclid": "Cj0"}
    data = leadger.desk.timeline(lead["id"])[0]["data"]
    assert (data["page"], data["landing"]) == (f"{website.url}/kontakt", landing)


# ── when something fails ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_is_sent_by_itself_once_there_is_a_connection_again(
    chromium: Chrome, leadger: Leadger, website: Website
) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    fill_in_form(form)
    leadger.falls_silent()

    one(form, "button").click()
    until(chromium, lambda: "Keine Verbindung" in one(form, ".said").text)
    leadger.answers_again()

    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    assert_it_is_joergs_one_lead(leadger)


def test_what_cannot_be_sent_is_kept_for_another_try(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    chromium.execute_script("const wait = setTimeout; window.setTimeout = (then, ms) => wait(then, ms / 20)")
    fill_in_form(form)
    leadger.falls_silent()

    one(form, "button").click()

    until(chromium, lambda: "Ihre Angaben sind noch da" in one(form, ".said").text)
    assert one(form, "button").is_enabled()
    assert one(form, "[name=comment]").get_attribute("value") == "Bitte um Rückruf"
    leadger.answers_again()
    one(form, "button").click()
    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    assert_it_is_joergs_one_lead(leadger)


def test_where_the_form_cannot_be_loaded_there_is_a_link_to_it(
    chromium: Chrome, leadger: Leadger, website: Website
) -> None:
    website.embeds("frm_nobody")
    chromium.get(website.url)

    link = one(embedded(chromium), "a")

    assert (link.text, link.get_attribute("href")) == ("Zum Formular", f"{leadger.url}/f/frm_nobody")


def test_a_form_that_is_switched_off_says_so(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    leadger.has_form("frm_web", {**FORM, "active": False})
    website.embeds("frm_web")
    chromium.get(website.url)

    assert one(embedded(chromium), "p").text == "Dieses Formular nimmt zurzeit keine Nachrichten an."


def test_a_form_waits_for_its_captcha(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    chromium.get(website.url)
    form = embedded(chromium)
    fill_in_form(form)
    chromium.execute_script(SLOW_CAPTCHA)

    click_three_times(chromium, one(form, "button"))

    until(chromium, lambda: THANKS in one(form, ".thanks").text)
    assert_it_is_joergs_one_lead(leadger)
    raw = leadger.desk.receipt(leadger.desk.receipts()[0]["id"])["raw"]
    assert 'name="_captcha"\r\n\r\nproven' in raw["text"]
    assert chromium.execute_script("return window.renewed") is True


SLOW_CAPTCHA = """
window.leadgerCaptcha = {
  renew: () => window.renewed = true,
  ready: form => new Promise(done => setTimeout(() => {
    const input = document.createElement('input');
    form.append(Object.assign(input, {type: 'hidden', name: '_captcha', value: 'proven'}));
    done();
  }, 200)),
};
"""


# ── other people's pages ──────────────────────────────────────────────────────────────────────────────────────────


def test_two_forms_on_one_page_are_two_forms(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.policy += "; require-trusted-types-for 'script'; trusted-types leadger"
    website.embeds("frm_web", "frm_demo")
    chromium.get(website.url)
    first, second = embedded(chromium), embedded(chromium, 1)

    fill_in_form(first)
    fill_in(second, name="Änne Öztürk", phone="0176 04069012")
    one(second, "button").click()
    until(chromium, lambda: "Vielen Dank" in one(second, ".thanks").text)
    one(first, "button").click()
    until(chromium, lambda: THANKS in one(first, ".thanks").text)

    assert [(lead["name"], lead["source_detail"]) for lead in leadger.desk.leads()] == [
        ("Änne Öztürk", "frm_demo"), ("Jörg Müßig", "frm_web"),
    ]  # fmt: skip
    assert complaints(chromium) == []


def test_visitors_are_sent_on_to_the_forms_own_page(chromium: Chrome, leadger: Leadger, website: Website) -> None:
    website.embeds("frm_web")
    website.pages["/danke"] = "<h1>Danke!</h1>"
    leadger.has_form("frm_web", {**FORM, "redirect_url": f"{website.url}/danke"})
    for place in ("embedded", "hosted"):
        chromium.get(website.url if place == "embedded" else f"{leadger.url}/f/frm_web")
        form = embedded(chromium) if place == "embedded" else chromium
        fill_in_form(form)
        one(form, "button").click()
        until(chromium, lambda: chromium.current_url == f"{website.url}/danke")

    assert len(leadger.desk.leads()) == 1
    assert JOERG["name"] == leadger.desk.leads()[0]["name"]


@pytest.mark.parametrize("remember", ["", 'data-remember="no"'])
def test_nothing_is_kept_in_the_browser_where_the_page_does_not_want_it(
    chromium: Chrome, leadger: Leadger, website: Website, remember: str
) -> None:
    website.embeds("frm_web", more=remember)
    chromium.get(website.url)
    embedded(chromium)

    assert chromium.execute_script("return sessionStorage.length") == (0 if remember else 1)
    assert chromium.execute_script("return localStorage.length") == 0
    assert chromium.get_cookies() == []
