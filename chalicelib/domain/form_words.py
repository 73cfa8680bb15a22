"""The words that forms are shown in where their own say nothing: German and English."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.domain.form import LANGUAGES

_GERMAN = {
    "title": "Schreiben Sie uns",
    "send": "Absenden",
    "thanks_title": "Vielen Dank",
    "thanks": "Vielen Dank! Wir haben Ihre Nachricht erhalten und melden uns bald.",
    "required_mark": "(Pflichtfeld)",
    "choose": "Bitte wählen",
    "only_if": "Nur wenn Sie bei „{label}“ „{choice}“ gewählt haben",
    "only_if_ticked": "Nur wenn Sie „{label}“ angekreuzt haben",
    "only_if_not_ticked": "Nur wenn Sie „{label}“ nicht angekreuzt haben",
    "trap": "Bitte nicht ausfüllen",
    "files_hint": "Zusammen höchstens 4 MB.",
    "files_again": "Dateien bitte noch einmal auswählen: Sie wurden noch nicht gesendet.",
    # what is wrong
    "summary": "Bitte prüfen Sie Ihre Angaben",
    "says_nothing": "Es wurde noch nichts eingetragen. Bitte füllen Sie mindestens ein Feld aus.",
    "required": "Bitte füllen Sie „{label}“ aus.",
    "required_choice": "Bitte wählen Sie bei „{label}“ etwas aus.",
    "required_tick": "Bitte kreuzen Sie „{label}“ an.",
    "required_file": "Bitte fügen Sie bei „{label}“ eine Datei hinzu.",
    "required_consent": "Bitte stimmen Sie zu: „{label}“",
    "invalid_email": "„{label}“: Das ist keine vollständige E-Mail-Adresse. Beispiel: name@example.de",
    "invalid_phone": "„{label}“: Diese Nummer können wir nicht anrufen. Beispiel: 030 1234567",
    "invalid_url": "„{label}“: Das ist keine Internetadresse. Beispiel: www.example.de",
    "invalid_date": "„{label}“: Dieses Datum gibt es nicht. Beispiel: 31.12.2026",
    "invalid_datetime": "„{label}“: Bitte geben Sie Tag und Uhrzeit an.",
    "invalid_number": "„{label}“: Bitte geben Sie eine Zahl ein. Beispiel: 84,5",
    "invalid_amount": "„{label}“: Bitte geben Sie einen Betrag ein. Beispiel: 1.234,50",
    "invalid_country": "„{label}“: Dieses Land kennen wir nicht. Beispiel: Deutschland",
    "invalid_choice": "„{label}“: Bitte wählen Sie eine der Möglichkeiten.",
    "out_of_range": "„{label}“: Diese Zahl ist zu groß.",
    "invalid": "„{label}“: Diese Angabe können wir nicht verwenden.",
    # what the script says
    "sending": "Wird gesendet …",
    "trying_again": "Keine Verbindung. Wir versuchen es gleich noch einmal …",
    "not_sent": "Das Senden hat nicht geklappt. Ihre Angaben sind noch da: Bitte senden Sie sie noch einmal ab.",
    "refused": "Ihre Nachricht wurde nicht angenommen.",
    "too_large": "Ihre Nachricht ist größer als 4 MB. Bitte lassen Sie Dateien weg.",
    # pages in the place of a form
    "404_title": "Seite nicht gefunden",
    "404": "Dieses Formular gibt es nicht (mehr).",
    "410_title": "Formular geschlossen",
    "410": "Dieses Formular nimmt zurzeit keine Nachrichten an.",
    "429_title": "Zu viel auf einmal",
    "429": "Von Ihrem Anschluss kamen gerade sehr viele Nachrichten. Bitte versuchen Sie es in einer Minute wieder.",
    "413_title": "Zu groß",
    "413": "Ihre Nachricht ist größer als 4 MB und wurde nicht angenommen. Bitte lassen Sie Dateien weg.",
    "other_title": "Das hat nicht geklappt",
    "other": "Ihre Nachricht wurde nicht angenommen. Bitte versuchen Sie es später noch einmal.",
}
_ENGLISH = {
    "title": "Write to us",
    "send": "Send",
    "thanks_title": "Thank you",
    "thanks": "Thank you! We have received your message and will be in touch soon.",
    "required_mark": "(required)",
    "choose": "Please choose",
    "only_if": "Only if you chose “{choice}” for “{label}”",
    "only_if_ticked": "Only if you ticked “{label}”",
    "only_if_not_ticked": "Only if you did not tick “{label}”",
    "trap": "Please leave empty",
    "files_hint": "4 MB at most, all together.",
    "files_again": "Please choose your files again: they have not been sent yet.",
    # what is wrong
    "summary": "Please check what you entered",
    "says_nothing": "Nothing has been filled in yet. Please fill in at least one field.",
    "required": "Please fill in “{label}”.",
    "required_choice": "Please choose something for “{label}”.",
    "required_tick": "Please tick “{label}”.",
    "required_file": "Please add a file to “{label}”.",
    "required_consent": "Please agree: “{label}”",
    "invalid_email": "“{label}”: This is not a complete e-mail address. Example: name@example.com",
    "invalid_phone": "“{label}”: We cannot call this number. Example: +44 20 7946 0018",
    "invalid_url": "“{label}”: This is not a web address. Example: www.example.com",
    "invalid_date": "“{label}”: There is no such date. Example: 2026-12-31",
    "invalid_datetime": "“{label}”: Please give a day and a time.",
    "invalid_number": "“{label}”: Please enter a number. Example: 84.5",
    "invalid_amount": "“{label}”: Please enter an amount. Example: 1234.50",
    "invalid_country": "“{label}”: We do not know this country. Example: Germany",
    "invalid_choice": "“{label}”: Please choose one of the options.",
    "out_of_range": "“{label}”: This number is too large.",
    "invalid": "“{label}”: We cannot use this.",
    # what the script says
    "sending": "Sending …",
    "trying_again": "No connection. We will try again in a moment …",
    "not_sent": "Sending did not work. What you entered is still here: please send it again.",
    "refused": "Your message was not accepted.",
    "too_large": "Your message is larger than 4 MB. Please leave files out.",
    # pages in the place of a form
    "404_title": "Page not found",
    "404": "This form does not exist (any more).",
    "410_title": "Form closed",
    "410": "This form takes no messages at the moment.",
    "413_title": "Too large",
    "413": "Your message is larger than 4 MB and was not accepted. Please leave files out.",
    "429_title": "Too much at once",
    "429": "Very many messages came from your connection just now. Please try again in a minute.",
    "other_title": "That did not work",
    "other": "Your message was not accepted. Please try again later.",
}
#: Language → key → words. A form may speak further languages; what it does not say itself is then English.
WORDS: Mapping[str, Mapping[str, str]] = {"de": _GERMAN, "en": _ENGLISH}


def words(language: str) -> Mapping[str, str]:
    """The built-in words in a language, or in the first of those there are."""
    return WORDS.get(language, WORDS[LANGUAGES[0]])
