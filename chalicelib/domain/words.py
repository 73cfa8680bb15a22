"""The word table: what others call a field → what we call it. German, English, `autocomplete` tokens, plug-ins.

Shared by everything that meets names chosen by somebody else: forms, file headers, mails of contact forms.
Targets are lead fields; a dot leads into a nested one (`address.city`, `utm.source`, `messengers.telegram`).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORDS = {
    "name": """
        name fullname full_name your_name yourname ihr_name ihrname vor_und_nachname vorname_nachname vor_nachname
        vorname_und_nachname nachname_vorname name_vorname vorname_name vollstaendiger_name voller_name gesamtname
        anzeigename displayname kontaktname contact_name contactname contact contact_person contactperson kontakt
        kontaktperson ansprechpartner ansprechpartnerin person kundenname kunde customer_name customer client_name
        client lead_name cname interessent interessentin absender absendername sender_name sendername from_name
        first_and_last_name first_last_name name_first_last realname real_name author person_name personname
        bewerber bestellername caller_name callername""",
    "given_name": """
        given_name givenname first_name firstname first fname vorname vornamen forename name_first first vname prenom
        nombre voornaam imie contact_first_name given_names""",
    "middle_name": """
        additional_name middle_name middlename mname name_middle zweiter_vorname weitere_vornamen mittelname
        second_name additionalname""",
    "family_name": """
        family_name familyname last_name lastname lname surname nachname familienname zuname name_last nname
        sur_name apellido achternaam nazwisko contact_last_name last""",
    "honorific": """
        honorific honorific_prefix prefix name_prefix salutation anrede titel_anrede akademischer_titel title_prefix
        gender geschlecht mr_mrs herr_frau form_of_address""",
    "company": """
        organization organisation company company_name companyname firma firmenname firmname firm business
        business_name unternehmen unternehmensname organization_name organisationsname betrieb institution verein
        arbeitgeber employer account_name accountname account org company_title firma_name name_der_firma
        name_des_unternehmens your_company ihre_firma ihr_unternehmen gesellschaft""",
    "position": """
        organization_title position job_title jobtitle job role funktion beruf stelle berufsbezeichnung
        stellenbezeichnung taetigkeit rolle position_in_company job_position jobposition taetig_als post designation
        occupation""",
    "birthdate": """
        bday birthdate birthday birth_date date_of_birth dateofbirth dob geburtsdatum geburtstag geb_datum gebdatum
        geboren_am geboren""",
    "phones": """
        tel phone phones telephone telefon telefonnummer phonenumber phone_number phone_no tel_nr telnr tel_no telno
        tel_nummer telefon_nr telefonnr telefon_nummer fon phone_work work_phone workphone phonework business_phone
        businessphone home_phone homephone phone_home other_phone otherphone main_phone mainphone primary_phone phone1
        phone2 telefon1 telefon2 mobile mobil mobilnummer mobilnr mobiltelefon mobiltelefonnummer mobile_phone
        mobilephone mobile_number mobilenumber cell cell_phone cellphone cell_number handy handynummer handy_nr
        handynr phone_mobile phonemobile rueckrufnummer rueckruf_nummer rueckruf callback_number call_back_number
        contact_number contactnumber contact_phone your_phone your_tel ihre_telefonnummer ihr_telefon
        ihre_rufnummer rufnummer festnetz festnetznummer telefon_privat telefon_privat telefon_geschaeftlich
        telefon_geschaeft telefon_dienstlich telefon_mobil telefon_arbeit telefon_buero telefon_zentrale durchwahl
        tel_national tel_privat tel_mobil tel_geschaeftlich tel_dienstlich tel_arbeit tel_buero
        person_phone personphone organization_phone whatsapp_number whatsappnummer intl_phone full_phone
        telefon_tagsueber telefono telephone_number telephonenumber work_mobile private_phone caller callerid
        telefon_handy telefon_festnetz tel_handy telefon_oder_handy telefon_oder_mobil phone_or_mobile""",
    "emails": """
        email e_mail mail emails e_mails email_address emailaddress e_mail_address mail_address mailaddress
        mailadresse e_mail_adresse emailadresse email_adresse your_email youremail your_mail ihre_email ihre_e_mail
        ihre_e_mail_adresse ihre_mailadresse e_mail1 email1 email2 email_1 e_mail_1_value work_email workemail
        email_work emailwork home_email homeemail email_home private_email email_privat email_geschaeftlich
        email_arbeit email_dienstlich e_mail_privat e_mail_geschaeftlich e_mail_arbeit e_mail_dienstlich
        contact_email contactemail kontakt_email kunden_email customer_email client_email user_email useremail
        sender_email senderemail from_email absender_email absenderemail reply_to replyto elektronische_post
        primary_email other_email person_email personemail business_email businessemail company_email correo
        courriel mail_to mailaddr emailid email_id author_email""",
    "websites": """
        url website websites web_site homepage web webseite internetseite internet internetadresse website_url
        websiteurl company_website companywebsite firmenwebseite webadresse domain your_url your_website site
        unternehmenswebsite home_page webpage web_page www""",
    "title": """
        subject betreff your_subject yoursubject ihr_betreff thema topic betreffzeile lead_title leadtitle lead_titel
        leadtitel title titel anliegen worum_geht_es anfrage_betreff ihr_anliegen bezeichnung lead_bezeichnung
        deal_title deal_name opportunity_name anfragethema""",
    "comment": """
        comment comments kommentar kommentare message nachricht your_message yourmessage your_comment ihre_nachricht
        ihre_mitteilung mitteilung mitteilungen text textarea bemerkung bemerkungen anmerkung anmerkungen notiz
        notizen note notes hinweis hinweise beschreibung description details inquiry enquiry anfrage ihre_anfrage
        anfragetext frage fragen ihre_frage question questions body content inhalt nachrichtentext freitext
        message_text messagetext request wunsch wuensche sonstiges additional_information additional_info
        weitere_informationen weitere_angaben zusatzinformationen your_request how_can_we_help
        how_can_we_help_you wie_koennen_wir_ihnen_helfen wie_koennen_wir_helfen was_koennen_wir_fuer_sie_tun
        ihre_nachricht_an_uns nachricht_an_uns tell_us_more remarks remark msg mensaje""",
    "address.street": """
        street_address street streetaddress strasse str strasse_hausnummer strasse_und_hausnummer strasse_nr
        strasse_und_nr strasse_hausnr strasse_u_hausnummer strasse_nummer anschrift adresse address address_line1
        addr_line1 address_line_1 address1 addressline1 adresszeile1 adresszeile_1 adresse1 adresse_1 street1 street_1
        strasse1 street_name streetname address_street home_street business_street mailing_street work_street
        wohnadresse postanschrift postadresse full_address fulladdress street_line1 ihre_adresse your_address""",
    "address.street2": """
        address_line2 addr_line2 address_line_2 address2 addressline2 adresszeile2 adresszeile_2 adresse2 adresse_2
        adresszusatz adress_zusatz street2 street_2 strasse2 address_supplement zusatz apartment suite
        address_line3 street_line2""",
    "address.postal_code": """
        postal_code postal postalcode postcode zip zip_code zipcode zip_postal_code plz postleitzahl address_zip
        address_postal_code home_postal_code business_postal_code mailing_zip zip_or_postal_code codigo_postal""",
    "address.city": """
        address_level2 city town ort stadt wohnort ortschaft address_city home_city business_city mailing_city
        gemeinde locality stadt_ort city_town town_city ciudad ville""",
    "address.region": """
        address_level1 region state province bundesland kanton county land_kanton address_state state_province
        state_region bundesland_kanton home_state business_state mailing_state provinz""",
    "address.country": """
        country country_name countryname country_code land staat address_country home_country business_country
        home_country_region business_country_region mailing_country country_region pais pays""",
    "amount": """
        transaction_amount amount betrag summe wert value opportunity_amount opportunity deal_value dealvalue budget
        auftragswert umsatz volumen auftragsvolumen erwarteter_umsatz total preis price expected_revenue
        deal_amount lead_value leadvalue""",
    "amount.currency": "transaction_currency currency waehrung currency_code currencycode currency_id",
    "messengers.whatsapp": "whatsapp whats_app",
    "messengers.telegram": "telegram telegram_username telegram_handle",
    "messengers.skype": "skype skype_name skypename skype_id im_skype",
    "messengers.signal": "signal",
    "messengers.threema": "threema threema_id",
    "messengers.viber": "viber",
    "messengers.instagram": "instagram instagram_handle",
    "messengers.facebook": "facebook facebook_messenger messenger",
    "messengers.linkedin": "linkedin linked_in linkedin_url linkedin_profile linkedinprofile",
    "messengers.xing": "xing xing_profil",
    "messengers.other": "impp messenger_handle instant_messenger",
    "utm.source": "utm_source",
    "utm.medium": "utm_medium",
    "utm.campaign": "utm_campaign",
    "utm.content": "utm_content",
    "utm.term": "utm_term",
    "click_ids.gclid": "gclid",
    "click_ids.gbraid": "gbraid",
    "click_ids.wbraid": "wbraid",
    "click_ids.dclid": "dclid",
    "click_ids.fbclid": "fbclid",
    "click_ids.fbc": "fbc",
    "click_ids.fbp": "fbp",
    "click_ids.msclkid": "msclkid",
    "click_ids.ttclid": "ttclid",
    "click_ids.li_fat_id": "li_fat_id",
    "click_ids.twclid": "twclid",
    "click_ids.yclid": "yclid",
    "tags": "tags tag schlagworte schlagwort schlagwoerter labels label etikett etiketten stichworte",
    "status": "status lead_status leadstatus stufe phase statusname",
    "source": "source lead_source leadsource quelle herkunft leadquelle lead_quelle",
    "source_detail": """
        source_detail source_information source_description quelle_zusatzinformationen quelleninformation
        quellendetail lead_source_detail quelle_information""",
    "owner_id": """
        owner_id owner lead_owner responsible responsible_person assigned_to assigned_user assignee zustaendig
        zustaendiger zustaendige_person verantwortlich verantwortlicher verantwortliche_person bearbeiter betreuer
        inhaber besitzer salesperson account_owner contact_owner""",
    "lost_reason": "lost_reason verlustgrund loss_reason reason_lost absagegrund ablehnungsgrund",
}

#: Words in front of the one that matters: `your-email`, `kunde_telefon`, `form_vorname`, `contact[phone]`.
_PREFIXES = """
    your the my user customer client contact lead visitor guest person billing shipping mailing sender applicant
    form fields field input text txt tf cf mc wpforms nf ff et pb frm entry data ihr ihre ihren dein deine kunde
    kunden kontakt besucher absender bitte enter please applicant gast primary main haupt inf hs acf tx fl
"""

#: Words behind it: `email (required)`, `Telefon *`, `name (Pflichtfeld)`, `phone-field`, `E-Mail 1`.
_SUFFIXES = """
    required optional pflichtfeld pflicht pflichtangabe freiwillig optionale angabe field input feld text value
    val
"""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PART = re.compile(r"[^\W_]+")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "o", "ł": "l"})
#: A longer name is a question or an essay.
LONGEST = 120

#: Whole words inside a question that name what is asked for: `Wie lautet Ihre E-Mail-Adresse?`
_TELLING = {
    "email": "emails",
    "mailadresse": "emails",
    "emailadresse": "emails",
    "telefonnummer": "phones",
    "handynummer": "phones",
    "mobilnummer": "phones",
    "rufnummer": "phones",
    "telefon": "phones",
    "phone": "phones",
    "telephone": "phones",
    "handy": "phones",
    "vorname": "given_name",
    "nachname": "family_name",
    "familienname": "family_name",
    "surname": "family_name",
    "postleitzahl": "address.postal_code",
    "plz": "address.postal_code",
    "firma": "company",
    "unternehmen": "company",
    "company": "company",
    "nachricht": "comment",
    "message": "comment",
}
#: In a question with one of these words something else is asked: `May we contact you by phone?`
_MISLEADING = """
    newsletter consent agree einverstanden einwilligung zustimmung datenschutz privacy erlaubnis permission
    uhrzeit time wann when bevorzugt preferred erreichbar per via by how wie_lange groesse size subscribe
    abonnieren abbestellen werbung marketing vorhanden type typ art confirm confirmation bestaetigen
    bestaetigung repeat wiederholen wiederholung friend freund freundin partner spouse ehepartner empfaenger recipient
    empfohlen empfehlung recommended referred notfall emergency parent eltern kollege kollegin colleague
"""


def normal_form(name: str) -> str:
    """A name in the spelling of the table: `E-Mail-Adresse *` → `e_mail_adresse`, `firstName` → `first_name`."""
    text = unicodedata.normalize("NFC", name[:LONGEST])
    text = _CAMEL.sub("_", text).lower().translate(_UMLAUTS)
    text = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign)).lower()
    return "_".join(_PART.findall(text))


@lru_cache(maxsize=2048)
def field_of(name: str) -> str | None:
    """The lead field that a sender's field name means, or None when nobody can tell.

    Tried in this order: the name itself; what stands in its last brackets (`form_fields[email]`); the name
    without words around it (`your-email`, `Telefon *`, `email_2`).
    """
    inner = _inner_name(name)
    for candidate in (name, inner) if inner else (name,):
        words = normal_form(candidate).split("_")
        if field := _look_up(words) or _look_up(_without_surroundings(words)):
            return field
    return None


@lru_cache(maxsize=2048)
def field_asked_for(question: str) -> str | None:
    """The lead field a whole question asks for (`Wie lautet Ihre E-Mail-Adresse?`), or None.

    A guess: use it only where the value fits, and where `field_of` knew nothing.
    """
    words = normal_form(question.replace("E-Mail", "Email").replace("e-mail", "email").replace("E-mail", "Email"))
    parts = words.split("_")
    if not _MISLEADING_WORDS.isdisjoint(parts) or len(parts) > 15:
        return None
    fields = {_TELLING[part] for part in parts if part in _TELLING}
    return fields.pop() if len(fields) == 1 else None


def _inner_name(name: str) -> str:
    """What stands in the last brackets that hold a word: `form_fields[email][]` → `email`."""
    inner = [part.rstrip("]") for part in name[:LONGEST].split("[")[1:]]
    named = [part for part in inner if part and not part.isdecimal()]
    if named and named[-1] in ("value", "text", "answer", "first", "last") and len(named) > 1:
        named = [f"{named[-2]}_{named[-1]}"]
    return named[-1] if named else ""


def _look_up(words: list[str]) -> str | None:
    return _FIELD_BY_WORD.get("".join(words))


def _without_surroundings(words: list[str]) -> list[str]:
    while (len(words) > 1 and words[-1] in _SUFFIXES) or (len(words) > 1 and words[-1].isdecimal()):
        words = words[:-1]
    while len(words) > 1 and words[0] in _PREFIX_WORDS:
        if _look_up(words):
            break
        words = words[1:]
    return words


def _by_word() -> dict[str, str]:
    # Written together, because nobody agrees on where the hyphens go: E-Mail, Email, e_mail.
    return {word.replace("_", ""): field for field, words in _WORDS.items() for word in words.split()}


_FIELD_BY_WORD = _by_word()
_PREFIX_WORDS = frozenset(_PREFIXES.split())
_SUFFIX_WORDS = frozenset(_SUFFIXES.split())
_MISLEADING_WORDS = frozenset(_MISLEADING.split())
