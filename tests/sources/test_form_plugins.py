"""What the forms of the wild send, by the names their plug-ins, page builders and shops give, and what it becomes.

Names from the HTML that each of them writes; persons and texts are made up here.
"""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from chalicelib.domain.inbound import Raw, Reading
from chalicelib.services.enquiries import cleaned
from chalicelib.sources import read

NAME, EMAIL, PHONE, TEXT = "Änne Öztürk", "aenne@example.de", "0176 04069012", "Bitte um ein Angebot für 84 m²."
PERSON = {"name": (NAME,), "emails": (EMAIL,)}
WITH_TEXT = {**PERSON, "comment": (TEXT,)}
PARTS = {"given_name": ("Änne",), "family_name": ("Öztürk",)}

#: plug-in → (pairs as sent, values, what stays readable on the timeline)
FORMS = {
    "Contact Form 7": (
        [("_wpcf7", "12"), ("_wpcf7_version", "6.0"), ("_wpcf7_locale", "de_DE"), ("_wpcf7_unit_tag", "wpcf7-f12-o1"),
         ("_wpcf7_container_post", "5"), ("_wpcf7_posted_data_hash", ""), ("your-name", NAME), ("your-email", EMAIL),
         ("your-subject", "Dach"), ("tel-45", PHONE), ("your-message", TEXT), ("menu-785", "Solar"),
         ("checkbox-2[]", "Dach"), ("checkbox-2[]", "Speicher"), ("acceptance-619", "1")],
        {**WITH_TEXT, "title": ("Dach",), "phones": (PHONE,)},
        {"menu-785": "Solar", "checkbox-2[]": "Dach, Speicher", "acceptance-619": "1"},
    ),
    "WPForms": (
        [("wpforms[fields][0][first]", "Änne"), ("wpforms[fields][0][last]", "Öztürk"), ("wpforms[fields][1]", EMAIL),
         ("wpforms[fields][3]", PHONE), ("wpforms[fields][2]", TEXT), ("wpforms[id]", "31"), ("page_title", "Kontakt"),
         ("page_id", "8"), ("wpforms[post_id]", "8"), ("wpforms[author]", "7"), ("wpforms[submit]", "wpforms-submit"),
         ("wpforms[token]", "0f9a"), ("wpforms[nonce]", "1b")],
        {**PARTS, "emails": (EMAIL,), "phones": (PHONE,), "comment": (TEXT,)},
        {"page_title": "Kontakt", "page_id": "8", "wpforms[author]": "7"},
    ),
    "Gravity Forms, parts of a name": (
        [("input_1.3", "Änne"), ("input_1.6", "Öztürk"), ("input_2", EMAIL), ("input_3", PHONE), ("input_4", TEXT),
         ("gform_submit", "1"), ("is_submit_1", "1"), ("gform_unique_id", ""), ("state_1", "WyJbXSJd"),
         ("gform_target_page_number_1", "0"), ("gform_source_page_number_1", "1"), ("gform_field_values", "")],
        {**PARTS, "emails": (EMAIL,), "phones": (PHONE,), "comment": (TEXT,)},
        {},
    ),
    "Gravity Forms, an address has the same parts and is no name": (
        [("input_5.1", "Am Römerhof 3"), ("input_5.3", "Frankfurt"), ("input_5.5", "60486"), ("input_5.6", "Germany"),
         ("input_2", EMAIL)],
        {"emails": (EMAIL,)},
        {"input_5.1": "Am Römerhof 3", "input_5.3": "Frankfurt", "input_5.5": "60486", "input_5.6": "Germany"},
    ),
    "Ninja Forms": (
        [("nf-field-1", NAME), ("nf-field-2", EMAIL), ("nf-field-3", TEXT), ("nf-field-4", PHONE)],
        {"emails": (EMAIL,), "phones": (PHONE,), "comment": (TEXT,)},
        {"nf-field-1": NAME},
    ),
    "Formidable": (
        [("frm_action", "create"), ("form_id", "2"), ("frm_hide_fields_2", ""), ("form_key", "kontakt"),
         ("item_meta[0]", ""), ("item_meta[6][first]", "Änne"), ("item_meta[6][last]", "Öztürk"),
         ("item_meta[8]", EMAIL), ("item_meta[9]", TEXT), ("item_key", ""), ("frm_submit_entry_2", "0f9a")],
        {**PARTS, "emails": (EMAIL,), "comment": (TEXT,)},
        {"frm_action": "create", "form_key": "kontakt", "frm_submit_entry_2": "0f9a"},
    ),
    "Elementor": (
        [("post_id", "8"), ("form_id", "9f2c"), ("referer_title", "Kontakt"), ("queried_id", "8"),
         ("form_fields[name]", NAME), ("form_fields[email]", EMAIL), ("form_fields[message]", TEXT),
         ("form_fields[field_7f3a9c]", PHONE), ("form_fields[field_81d2e0]", "Süd")],
        {**WITH_TEXT, "phones": (PHONE,)},
        {"form_fields[field_81d2e0]": "Süd"},
    ),
    "Divi": (
        [("et_pb_contact_name_0", NAME), ("et_pb_contact_email_0", EMAIL), ("et_pb_contact_message_0", TEXT),
         ("et_pb_contactform_submit_0", "et_contact_proccess"), ("et_pb_contact_captcha_0", "12"),
         ("_wpnonce-et-pb-contact-form-submitted-0", "ab"), ("_wp_http_referer", "/kontakt/"),
         ("et_pb_contact_email_fields_0", '[{"field_id":"et_pb_contact_name_0"}]'),
         ("et_pb_contact_et_number_0", "5e1")],
        WITH_TEXT,
        {"et_pb_contactform_submit_0": "et_contact_proccess", "et_pb_contact_captcha_0": "12",
         "et_pb_contact_email_fields_0": '[{"field_id":"et_pb_contact_name_0"}]', "et_pb_contact_et_number_0": "5e1"},
    ),
    "HubSpot": (
        [("firstname", "Änne"), ("lastname", "Öztürk"), ("email", EMAIL), ("mobilephone", PHONE),
         ("company", "Dach AG"), ("jobtitle", "Bauleitung"), ("TICKET.content", TEXT),
         ("hs_context", '{"rumScriptExecuteTime": 1}'), ("LEGAL_CONSENT.subscription_type_1", "true")],
        {**PARTS, "emails": (EMAIL,), "phones": (PHONE,), "company": ("Dach AG",), "position": ("Bauleitung",),
         "comment": (TEXT,)},
        {"LEGAL_CONSENT.subscription_type_1": "true", "hs_context": '{"rumScriptExecuteTime": 1}'},
    ),
    "HubSpot, newer names": (
        [("0-1/firstname", "Änne"), ("0-1/lastname", "Öztürk"), ("0-1/email", EMAIL), ("0-2/name", "Dach AG")],
        {**PARTS, "emails": (EMAIL,), "company": ("Dach AG",)},
        {},
    ),
    "Jotform": (
        [("formID", "243211"), ("q3_name[first]", "Änne"), ("q3_name[last]", "Öztürk"), ("q4_email", EMAIL),
         ("q5_phoneNumber[full]", PHONE), ("q6_address[addr_line1]", "Am Römerhof 3"), ("q6_address[addr_line2]", ""),
         ("q6_address[city]", "Frankfurt"), ("q6_address[state]", "Hessen"), ("q6_address[postal]", "60486"),
         ("q7_message", TEXT), ("website", ""), ("simple_spc", "243211-243211"), ("submitSource", "form"),
         ("jsExecutionTracker", "build-date"), ("buildDate", "17"), ("event_id", "17_243211")],
        {**PARTS, "emails": (EMAIL,), "phones": (PHONE,), "address.street": ("Am Römerhof 3",),
         "address.city": ("Frankfurt",), "address.region": ("Hessen",), "address.postal_code": ("60486",),
         "comment": (TEXT,)},
        {"simple_spc": "243211-243211", "submitSource": "form", "jsExecutionTracker": "build-date", "buildDate": "17",
         "event_id": "17_243211"},
    ),
    "Jotform, a phone in two parts": (
        [("q3_name", NAME), ("q5_phone[area]", "0176"), ("q5_phone[phone]", "04069012")],
        {"name": (NAME,), "phones": (PHONE,)},
        {},
    ),
    "TYPO3 powermail": (
        [("tx_powermail_pi1[__referrer][@extension]", "Powermail"), ("tx_powermail_pi1[__trustedProperties]", "{}"),
         ("tx_powermail_pi1[field][vorname]", "Änne"), ("tx_powermail_pi1[field][nachname]", "Öztürk"),
         ("tx_powermail_pi1[field][e_mail]", EMAIL), ("tx_powermail_pi1[field][nachricht]", TEXT),
         ("tx_powermail_pi1[field][interesse][]", "Dach"), ("tx_powermail_pi1[field][interesse][]", "Speicher"),
         ("tx_powermail_pi1[field][__hp]", ""), ("tx_powermail_pi1[mail][form]", "3")],
        {**PARTS, "emails": (EMAIL,), "comment": (TEXT,)},
        {"tx_powermail_pi1[field][interesse][]": "Dach, Speicher", "tx_powermail_pi1[mail][form]": "3"},
    ),
    "TYPO3 form framework": (
        [("tx_form_formframework[kontakt-12][__state]", "TzoxOi"), ("tx_form_formframework[__trustedProperties]", "{}"),
         ("tx_form_formframework[kontakt-12][name]", NAME), ("tx_form_formframework[kontakt-12][subject]", "Dach"),
         ("tx_form_formframework[kontakt-12][email]", EMAIL), ("tx_form_formframework[kontakt-12][message]", TEXT),
         ("tx_form_formframework[kontakt-12][Xz7]", "")],
        {**WITH_TEXT, "title": ("Dach",)},
        {},
    ),
    "Joomla": (
        [("jform[contact_name]", NAME), ("jform[contact_email]", EMAIL), ("jform[contact_subject]", "Dach"),
         ("jform[contact_message]", TEXT), ("jform[contact_email_copy]", "1"), ("option", "com_contact"),
         ("task", "contact.submit"), ("return", ""), ("id", "1:kontakt"), ("d41d8cd98f00b204e9800998ecf8427e", "1")],
        {**WITH_TEXT, "title": ("Dach",)},
        {"jform[contact_email_copy]": "1", "option": "com_contact", "task": "contact.submit", "id": "1:kontakt",
         "d41d8cd98f00b204e9800998ecf8427e": "1"},
    ),
    "Drupal webform": (
        [("name", NAME), ("email", EMAIL), ("subject", "Dach"), ("message", TEXT), ("form_build_id", "form-a1"),
         ("form_id", "webform_submission_contact_add_form"), ("op", "Absenden"), ("honeypot_time", "")],
        {**WITH_TEXT, "title": ("Dach",)},
        {"op": "Absenden"},
    ),
    "Drupal contact": (
        [("name", NAME), ("mail", EMAIL), ("subject[0][value]", "Dach"), ("message[0][value]", TEXT), ("copy", "1")],
        {**WITH_TEXT, "title": ("Dach",)},
        {"copy": "1"},
    ),
    "Drupal 7 webform": (
        [("submitted[vorname]", "Änne"), ("submitted[name]", "Öztürk"), ("submitted[e_mail]", EMAIL),
         ("submitted[nachricht]", TEXT), ("details[nid]", "4"), ("form_token", "xy")],
        {**PARTS, "emails": (EMAIL,), "comment": (TEXT,)},
        {"details[nid]": "4"},
    ),
    "Shopify": (
        [("form_type", "contact"), ("utf8", "✓"), ("contact[Name]", NAME), ("contact[email]", EMAIL),
         ("contact[Telefonnummer]", PHONE), ("contact[Kommentar]", TEXT)],
        {**WITH_TEXT, "phones": (PHONE,)},
        {"form_type": "contact", "utf8": "✓"},
    ),
    "Squarespace": (
        [("fname", "Änne"), ("lname", "Öztürk"), ("email-yui_3_17_2_1_1553888888888_3744", EMAIL),
         ("textarea-yui_3_17_2_1_1553888888888_3746", TEXT)],
        {**PARTS, "emails": (EMAIL,), "comment": (TEXT,)},
        {},
    ),
    "Webflow": (
        [("name", "Kontaktformular"), ("source", "https://kaefer.example/kontakt"), ("test", "false"),
         ("fields[Name]", NAME), ("fields[Email]", EMAIL), ("fields[Nachricht]", TEXT), ("dolphin", "false")],
        WITH_TEXT,
        {"name": "Kontaktformular", "source": "https://kaefer.example/kontakt", "test": "false", "dolphin": "false"},
    ),
    "Fluent Forms": (
        [("__fluent_form_embded_post_id", "5"), ("_fluentform_3_fluentformnonce", "a"), ("_wp_http_referer", "/"),
         ("names[first_name]", "Änne"), ("names[last_name]", "Öztürk"), ("email", EMAIL), ("subject", "Dach"),
         ("message", TEXT), ("gdpr-agreement", "on")],
        {**PARTS, "emails": (EMAIL,), "title": ("Dach",), "comment": (TEXT,)},
        {"gdpr-agreement": "on"},
    ),
    "Forminator": (
        [("name-1", NAME), ("email-1", EMAIL), ("phone-1", PHONE), ("textarea-1", TEXT), ("consent-1", "checked"),
         ("address-1-street_address", "Am Römerhof 3"), ("address-1-zip", "60486"), ("address-1-city", "Frankfurt"),
         ("referer_url", ""), ("forminator_nonce", "a"), ("form_id", "3"), ("page_id", "8"), ("form_type", "default"),
         ("render_id", "0")],
        {**WITH_TEXT, "phones": (PHONE,), "address.street": ("Am Römerhof 3",), "address.postal_code": ("60486",),
         "address.city": ("Frankfurt",)},
        {"consent-1": "checked", "page_id": "8", "form_type": "default", "render_id": "0"},
    ),
    "Beaver Builder": (
        [("fl-name", NAME), ("fl-email", EMAIL), ("fl-phone", PHONE), ("fl-subject", "Dach"), ("fl-message", TEXT)],
        {**WITH_TEXT, "phones": (PHONE,), "title": ("Dach",)},
        {},
    ),
    "Caldera": (
        [("_cf_verify", "a"), ("_cf_frm_id", "CF1"), ("fld_8768091", NAME), ("fld_6009157", EMAIL),
         ("fld_7683514", TEXT)],
        {"emails": (EMAIL,), "comment": (TEXT,)},
        {"fld_8768091": NAME},
    ),
    "Mautic": (
        [("mauticform[f_name]", NAME), ("mauticform[email]", EMAIL), ("mauticform[f_message]", TEXT),
         ("mauticform[formId]", "1"), ("mauticform[return]", ""), ("mauticform[formName]", "kontakt"),
         ("mauticform[submit]", "1")],
        WITH_TEXT,
        {},
    ),
    "Mailchimp": (
        [("FNAME", "Änne"), ("LNAME", "Öztürk"), ("EMAIL", EMAIL), ("MERGE3", "Köln"), ("b_a1_b2", ""),
         ("subscribe", "Subscribe")],
        {**PARTS, "emails": (EMAIL,)},
        {"MERGE3": "Köln", "subscribe": "Subscribe"},
    ),
    "Brevo": (
        [("VORNAME", "Änne"), ("NACHNAME", "Öztürk"), ("EMAIL", EMAIL), ("SMS", "17604069012"),
         ("SMS__COUNTRY_CODE", "+49"), ("email_address_check", ""), ("locale", "de")],
        {**PARTS, "emails": (EMAIL,)},
        {"SMS": "17604069012", "SMS__COUNTRY_CODE": "+49", "locale": "de"},
    ),
    "Salesforce web-to-lead": (
        [("oid", "00D1"), ("retURL", "https://kaefer.example/danke"), ("first_name", "Änne"), ("last_name", "Öztürk"),
         ("email", EMAIL), ("company", "Dach AG"), ("city", "Köln"), ("state", "NRW"), ("lead_source", "Web"),
         ("00N1", "Süd"), ("description", TEXT)],
        {**PARTS, "emails": (EMAIL,), "company": ("Dach AG",), "address.city": ("Köln",), "address.region": ("NRW",),
         "comment": (TEXT,)},
        {"oid": "00D1", "retURL": "https://kaefer.example/danke", "lead_source": "Web", "00N1": "Süd"},
    ),
    "Zoho": (
        [("zf_referrer_name", ""), ("zf_redirect_url", ""), ("Name_First", "Änne"), ("Name_Last", "Öztürk"),
         ("Email", EMAIL), ("PhoneNumber_countrycode", PHONE), ("MultiLine", TEXT)],
        {**PARTS, "emails": (EMAIL,), "phones": (PHONE,), "comment": (TEXT,)},
        {},
    ),
    "Contao": (
        [("FORM_SUBMIT", "auto_form_3"), ("REQUEST_TOKEN", "ab"), ("MAX_FILE_SIZE", "2048000"), ("name", NAME),
         ("email", EMAIL), ("nachricht", TEXT)],
        WITH_TEXT,
        {},
    ),
    "Shopware": (
        [("salutation", "Frau"), ("firstName", "Änne"), ("lastName", "Öztürk"), ("email", EMAIL), ("phone", PHONE),
         ("subject", "Dach"), ("comment", TEXT), ("navigationId", "0f9a"), ("shopware_surname_confirm", "")],
        {**PARTS, "honorific": ("Frau",), "emails": (EMAIL,), "phones": (PHONE,), "title": ("Dach",),
         "comment": (TEXT,)},
        {"navigationId": "0f9a"},
    ),
    "Magento": (
        [("form_key", "Xy"), ("name", NAME), ("email", EMAIL), ("telephone", PHONE), ("comment", TEXT), ("hideit", "")],
        {**WITH_TEXT, "phones": (PHONE,)},
        {"form_key": "Xy"},
    ),
    "PrestaShop": (
        [("id_contact", "2"), ("from", EMAIL), ("message", TEXT), ("url", ""), ("token", "ab"),
         ("submitMessage", "Send")],
        {"emails": (EMAIL,), "comment": (TEXT,)},
        {"id_contact": "2", "submitMessage": "Send"},
    ),
    "Netlify": (
        [("form-name", "kontakt"), ("bot-field", ""), ("name", NAME), ("email", EMAIL), ("message", TEXT)],
        WITH_TEXT,
        {},
    ),
    "Formspree, as it was": (
        [("_replyto", EMAIL), ("_subject", "Neue Anfrage"), ("name", NAME), ("message", TEXT), ("_next", "/danke")],
        WITH_TEXT,
        {},
    ),
    "Rails": (
        [("utf8", "✓"), ("authenticity_token", "a=="), ("contact[name]", NAME), ("contact[email]", EMAIL),
         ("contact[message]", TEXT), ("commit", "Senden")],
        WITH_TEXT,
        {"utf8": "✓", "commit": "Senden"},
    ),
    "formmail": (
        [("recipient", "info@kaefer.example"), ("subject", "Dach"), ("redirect", "/danke.html"), ("realname", NAME),
         ("email", EMAIL), ("required", "realname,email"), ("Nachricht", TEXT)],
        {**WITH_TEXT, "title": ("Dach",)},
        {"recipient": "info@kaefer.example", "redirect": "/danke.html", "required": "realname,email"},
    ),
    "a German form in which Name is the surname": (
        [("Anrede", "Frau"), ("Vorname", "Änne"), ("Name", "Öztürk"), ("Strasse", "Am Römerhof 3"), ("PLZ", "60486"),
         ("Ort", "Frankfurt"), ("Telefon", PHONE), ("Fax", "069 1234567"), ("EMail", EMAIL), ("Nachricht", TEXT),
         ("Datenschutz", "ja")],
        {**PARTS, "honorific": ("Frau",), "address.street": ("Am Römerhof 3",), "address.postal_code": ("60486",),
         "address.city": ("Frankfurt",), "phones": (PHONE,), "emails": (EMAIL,), "comment": (TEXT,)},
        {"Fax": "069 1234567", "Datenschutz": "ja"},
    ),
    "several values, a repeated address, somebody else's": (
        [("name", NAME), ("email", EMAIL), ("email_confirm", EMAIL), ("telefon", PHONE), ("mobil", "0171 2345678"),
         ("interesse", "Dach"), ("interesse", "Speicher"), ("friend_email", "bo@example.de"), ("username", "aenne84"),
         ("product_name", "Wallbox"), ("form_title", "Anfrage"), ("company_size", "10-50"), ("email_format", "html"),
         ("phone_type", "mobil"), ("anzahl_personen", "4"), ("nickname", "Ä")],
        {**PERSON, "phones": (PHONE, "0171 2345678")},
        {"email_confirm": EMAIL, "interesse": "Dach, Speicher", "friend_email": "bo@example.de", "username": "aenne84",
         "product_name": "Wallbox", "form_title": "Anfrage", "company_size": "10-50", "email_format": "html",
         "phone_type": "mobil", "anzahl_personen": "4", "nickname": "Ä"},
    ),
    "autocomplete tokens as names": (
        [("name", NAME), ("email", EMAIL), ("tel", PHONE), ("organization", "Dach AG"),
         ("organization-title", "Chefin"),
         ("street-address", "Am Römerhof 3"), ("address-level2", "Frankfurt"), ("postal-code", "60486"),
         ("country", "DE"), ("bday", "1984-03-01"), ("url", "https://dach.example"), ("cc-number", "4111111111111111"),
         ("current-password", "geheim"), ("one-time-code", "123456"), ("sex", "w")],
        {**PERSON, "phones": (PHONE,), "company": ("Dach AG",), "position": ("Chefin",),
         "address.street": ("Am Römerhof 3",), "address.city": ("Frankfurt",), "address.postal_code": ("60486",),
         "address.country": ("DE",), "birthdate": ("1984-03-01",), "websites": ("https://dach.example",)},
        {"cc-number": "4111111111111111", "current-password": "geheim", "one-time-code": "123456", "sex": "w"},
    ),
}  # fmt: skip


def received(pairs):
    body = urlencode(pairs).encode()
    at = datetime(2026, 11, 23, tzinfo=UTC)
    return read(Raw("web_form", "frm_demo", "", at, body, "application/x-www-form-urlencoded"), Reading())


@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_the_wild_is_understood_and_what_is_not_stays_readable(name):
    pairs, values, fields = FORMS[name]

    inbound = received(pairs)

    assert inbound.values == values
    assert inbound.entry.get("fields", {}) == fields
    assert inbound.verdict is None


@pytest.mark.parametrize("name", FORMS)
def test_the_person_is_who_sent_it(name):
    inbound = received(FORMS[name][0])

    lead, problems = cleaned(inbound, Reading(), "EUR")

    told = {each["address"] for each in lead.get("emails", ())} | {each["e164"] for each in lead.get("phones", ())}
    assert told - {"+491712345678"} <= {"aenne@example.de", "+4917604069012"}
    assert told
    assert lead.get("name") in (NAME, None)
    assert problems == ()
