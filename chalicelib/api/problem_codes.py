"""Every problem code, with what it means: `/docs/problems` and docs/problems.md are written from this table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """What a code means.

    Attributes:
        title: short, the same wherever the code occurs.
        text: what it says and what to do, for who called.
    """

    title: str
    text: str


#: code → explanation; codes of whole answers and those of single fields in `errors`.
CODES: Mapping[str, Explanation] = {
    # the request cannot be read: 400
    "bad_request": Explanation("The request cannot be read", "`detail` says what is wrong with its form."),
    "broken_json": Explanation(
        "The body is not JSON",
        "`line`, `column` and `position` (characters from 0) say where reading stopped. NaN, Infinity, comments and "
        "trailing commas are not JSON; of the first two, `errors` names the field. An empty body is not JSON either.",
    ),
    "invalid_utf8": Explanation("The body is not UTF-8", "JSON is always UTF-8, whatever charset is declared."),
    "unknown_parameter": Explanation(
        "Unknown query parameter", "The operation does not know a parameter of the query; `errors` names all of them."
    ),
    "invalid_parameter": Explanation(
        "Query parameter cannot be used", "A value is not of the expected form, or stands more than once."
    ),
    "invalid_header": Explanation(
        "Header cannot be used",
        "For `Idempotency-Key`: 1 to 255 visible ASCII characters, without blanks.",
    ),
    "invalid_cursor": Explanation(
        "Cursor cannot be used",
        "A cursor goes with the same path, the same filters and the same key as the page it came from. Start again "
        "without one.",
    ),
    # it was here and will not come back: 410
    "gone": Explanation("Gone", "It was here and will not come back."),
    "sync_token_expired": Explanation(
        "Sync token expired",
        "Changes are kept for 30 days, and this token is older. Read all leads once more, then go on from a token that "
        "was taken before.",
    ),
    "form_off": Explanation(
        "The form is switched off", "It takes no enquiries at the moment; whoever runs it can switch it on again."
    ),
    # the record is at another version: 412
    "version_mismatch": Explanation(
        "The record has changed",
        "`If-Match` names a version that the record no longer has; `current` is the record as it is. Read it, decide "
        "again, and send its ETag.",
    ),
    "lead_exists": Explanation(
        "There is one already", "`If-None-Match: *` only creates; `current` is the record that is there."
    ),
    # who calls: 401, 403
    "unauthenticated": Explanation(
        "No valid API key",
        "Send `Authorization: Bearer lk_…`. Unknown, revoked and expired keys are answered alike.",
    ),
    "delivery_not_verified": Explanation(
        "The delivery is not verified",
        "Address, key or signature are not those of the channel. Compare the address at the provider with the "
        "channel's; nothing more is said here, on purpose.",
    ),
    "forbidden": Explanation("Not allowed", "The key is good, but may not do this."),
    "scope_missing": Explanation(
        "The key lacks a scope",
        "`required_scope` names it. Make a key that has it, or ask who manages the keys. A key gives to another key "
        "only what it has itself.",
    ),
    # what is there: 404 to 412
    "not_found": Explanation("Not found", "There is no such path or record, or none that this key may know of."),
    "lead_not_found": Explanation("No such lead", "There is no lead with this id, or none that this key may know of."),
    "lead_deleted": Explanation("The lead is deleted", "It can be restored until `restorable_until`."),
    "lead_merged": Explanation("The lead was merged", "`merged_into` is the lead that took it in."),
    "object_gone": Explanation(
        "The file is gone", "What was received was larger than a record, and its file is no more."
    ),
    "no_errors_file": Explanation("No file of errors", "The import has refused no row, or has not come that far yet."),
    "method_not_allowed": Explanation("Method not allowed", "The header `Allow` lists the methods of this path."),
    "conversion_required": Explanation(
        "Only a conversion leads there", "A lead gets the converted status by being converted, not by being moved."
    ),
    "conflict": Explanation("Conflict", "What was asked contradicts what is there; `detail` says how."),
    "lead_converted": Explanation(
        "The lead is converted", "It is the evidence of its contact, company or deal. Undo the conversion first."
    ),
    "external_id_taken": Explanation(
        "The external id is taken", "`existing_id` is the lead that another system knows by this id."
    ),
    "duplicate": Explanation(
        "There is one already",
        "`existing_id` is the open lead with the same phone number or e-mail address. Send it with another "
        "`on_duplicate` to attach, update or create all the same.",
    ),
    "job_finished": Explanation("The job is over", "It is done or has failed; there is nothing left to cancel."),
    "not_releasable": Explanation(
        "Nothing to release",
        "Only receipts that are quarantined or need attention can be released; one that has a lead is left as it is.",
    ),
    "no_files_asked": Explanation(
        "No files are asked for", "The form has no field `files`: send small ones with the post."
    ),
    "already_exists": Explanation("There is one already", "`detail` says which; choose another id or name."),
    "status_in_use": Explanation(
        "Leads are in this status", "`count` says how many, up to 1,000. `move_to` names a status that takes them."
    ),
    "one_converted": Explanation(
        "There is one converted status", "Exactly one: it can be renamed, neither doubled nor deleted."
    ),
    "last_of_its_kind": Explanation(
        "The last status of its kind", "There is at least one open and one junk status, and exactly one converted."
    ),
    "built_in": Explanation("Built in", "What Leadger itself needs can be renamed, not deleted."),
    # sizes and forms: 413, 415
    "too_large": Explanation("Too large", "A limit of size is passed; `detail` names it."),
    "body_too_large": Explanation(
        "The body is too large", "256 KB for JSON, 4 MB for forms and webhooks; `max_bytes` is the limit in force."
    ),
    "record_too_large": Explanation("The record is too large", "A record has at most 350 KB, all fields together."),
    "unsupported_media_type": Explanation(
        "Content type not supported",
        "Send `application/json`, to PATCH also `application/merge-patch+json`, without Content-Encoding.",
    ),
    # values: 422 and the codes of single fields
    "validation_failed": Explanation(
        "Values cannot be used", "`errors` lists all of them, each with field, JSON pointer, code and a sentence."
    ),
    "idempotency_key_reused": Explanation(
        "Idempotency-Key used for another request",
        "A key stands for one method, path, query and body, for 48 hours. Use a new key for a new request.",
    ),
    "unknown_field": Explanation("Unknown field", "The field is not known here; often a spelling mistake."),
    "required": Explanation("Field is missing", "The field must be sent."),
    "invalid_type": Explanation("Wrong type", "Text where a number belongs, a list where an object belongs …"),
    "invalid_value": Explanation("Value cannot be used", "The type is right, but the value is outside its bounds."),
    "invalid_text": Explanation("Not text", "Text with a NUL (U+0000) or half of a surrogate pair."),
    "duplicate_key": Explanation(
        "Name stands twice", "One object has the same name twice; which one counts is unclear."
    ),
    "name_too_long": Explanation("Name too long", "The name of a field has at most 255 characters; it is shown cut."),
    "number_out_of_range": Explanation("Number beyond 64 bits", "Send long numbers, for example ids, as text."),
    "too_deep": Explanation(
        "Nested too deep", "A body has at most 20 levels. Of a mail: its innermost parts were not read."
    ),
    "too_many_keys": Explanation("Too many names", "A body has at most 1,000 names, all levels together."),
    "read_only": Explanation("Read-only field", "The field is kept by Leadger. Sent back unchanged, it is ignored."),
    "not_lost": Explanation("No lost reason here", "Only a lead in a status of the kind `junk` has a `lost_reason`."),
    "conflicting_fields": Explanation("Two forms of one field", "Send the short form or the list, not both."),
    "too_long": Explanation("Too long", "One text has at most 20,000 characters; title, name, company, position 255."),
    "too_many": Explanation("Too many values", "The list has more values than it may."),
    "fields_left_out": Explanation(
        "Too many fields", "Of a form post the first 200 fields are read; the rest is in the receipt's raw only."
    ),
    "cut": Explanation("Cut", "The value was too long for its field; the whole is kept with what was received."),
    "invalid_phone": Explanation(
        "Not a phone number",
        "It could not be dialled, or it is several: write each as an entry of its own, with its country code: "
        "`+49 30 1234567`.",
    ),
    "invalid_email": Explanation("Not an e-mail address", "It could not be written to."),
    "invalid_url": Explanation("Not a web address", "It begins with `https://` or `http://`, or with a host name."),
    "invalid_date": Explanation("Not a date", "Write `2026-11-23`."),
    "invalid_datetime": Explanation("Not a time", "Write `2026-11-23T08:15:00Z`, or with an offset such as `+01:00`."),
    "invalid_number": Explanation("Not a number", "The field holds a number."),
    "invalid_boolean": Explanation("Neither yes nor no", "The field holds true or false."),
    "invalid_amount": Explanation("Not an amount", "Amounts of money are text: `1234.50`."),
    "invalid_currency": Explanation("Not a currency", "Three letters of ISO 4217: `EUR`."),
    "invalid_country": Explanation("Not a country", "Two letters of ISO 3166: `DE`."),
    "invalid_language": Explanation("Not a language", "Two letters of ISO 639-1: `de`."),
    "invalid_choice": Explanation("Not one of the choices", "`detail` names them."),
    "invalid_name": Explanation("Not a name that can be used here", "The name of a field, system or status."),
    "out_of_range": Explanation("Out of range", "`detail` names the range."),
    "invalid_id": Explanation("Not an id", "An id of another kind of record, or none at all; `detail` shows one."),
    "field_name_used": Explanation(
        "The field's name was used",
        "A deleted field of this name had another type, and leads still store its values. Choose another name.",
    ),
    "invalid_time": Explanation("Not a time of day", "Write `09:00`."),
    "invalid_time_zone": Explanation("Not a time zone", "A name of the IANA database: `Europe/Berlin`."),
    "invalid_domain": Explanation("Not a domain", "What stands behind the @: `example.de`."),
    "invalid_host": Explanation(
        "Not a host",
        "Its name alone: `www.example.de`, or `*.example.de` for all below it; `detail` says more.",
    ),
    "not_in_a_form": Explanation(
        "Not a field of forms", "A form cannot ask for it, or not in this way; `detail` says where it belongs."
    ),
    "circular": Explanation(
        "It would wait for itself", "A field is shown when another one has a value, and that one waits for it in turn."
    ),
    "invalid_color": Explanation("Not a colour", "Write `#RRGGBB`: `#3B82F6`."),
    "repeated": Explanation("Stands twice", "A list names the same thing twice."),
    "left_out": Explanation("Something is left out", "An order names all there are, each once."),
    "unsupported": Explanation("Not supported yet", "The value is known, but cannot be used yet; `detail` says why."),
    "unknown_section": Explanation("Unknown section", "None of the sections in the settings has this id."),
    "unknown_source": Explanation("Unknown source", "No source has this id."),
    "unsupported_filter": Explanation("Filter not supported", "No index serves it; Leadger never scans the table."),
    "unknown_status": Explanation("Unknown status", "No status has this id."),
    "unknown_lost_reason": Explanation("Unknown reason", "None of the workspace's reasons for junk has this id."),
    "unknown_user": Explanation("Unknown user", "No user has this id."),
    "no_user": Explanation(
        "The key acts for nobody",
        "`me` is the user whom the API key acts for, and this one has none. Make one with `user_id`, or name the user.",
    ),
    "says_nothing": Explanation(
        "Nothing that makes a lead", "Any one of name, company, phone, e-mail, title or comment is enough."
    ),
    # problems of files and mails, in jobs and receipts
    "unreadable": Explanation("Could not be read", "What was received is kept as it came; `detail` says why."),
    "empty_file": Explanation("The file is empty", "It has no content, or no cell with text."),
    "not_csv": Explanation("Not a CSV file", "It is something else, `detail` says what; save or export it as CSV."),
    "unknown_encoding": Explanation("Unknown encoding", "The import's option `encoding` names none that exists."),
    "unknown_delimiter": Explanation("Unknown delimiter", "One of semicolon, comma, tab and pipe."),
    "bad_option": Explanation("Option cannot be used", "An option of the import; `detail` names it."),
    "no_known_column": Explanation(
        "No column is known", "No header is a field's name. Map the columns, or begin from the template."
    ),
    "too_many_columns": Explanation("Too many columns", "`detail` names the limit."),
    "unclosed_quote": Explanation(
        "Quotation mark not closed",
        "A cell begins with a quotation mark that is not closed; its line was read by itself.",
    ),
    "totals_row": Explanation(
        "A row of totals",
        "One of the last two rows begins with a word for a total and holds but numbers: it is nobody's.",
    ),
    "row_too_large": Explanation("The row is too large", "What is beyond 4 million characters was not read."),
    "headers_too_large": Explanation("The mail's headers are too large", "Only their beginning was read."),
    "mail_too_large": Explanation("The mail is too large", "Only its first 10 MB were read; the whole is kept."),
    "too_many_parts": Explanation("The mail has too many parts", "Only the first ones were read; the whole is kept."),
    "too_many_addresses": Explanation("The mail names too many addresses", "Only the first ones were read."),
    "sender_is_ours": Explanation(
        "The sender is one of us", "A mail of our own mailbox: the lead has no name and no address of a person."
    ),
    "no_sender": Explanation("The mail has no sender", "No header names an address to answer to."),
    "unreadable_mail": Explanation(
        "The mail could not be read", "It is kept as it came, and needs somebody's attention."
    ),
    "not_stored": Explanation("Could not be stored", "It was received and is kept as it came, but made no lead."),
    "file_type": Explanation(
        "A file of a kind that is not taken",
        "Pictures, documents, texts, sound and film are taken, told by their content; programs, pages, archives and "
        "documents with macros are not. It is kept with what was received, and can be had there.",
    ),
    "files_left_out": Explanation("Too many files", "`detail` names how many are taken of one enquiry."),
    "upload_missing": Explanation(
        "The upload is missing",
        "A post names a file that was not uploaded, was uploaded more than two days ago, or for another form.",
    ),
    # more than a limit lets through: 429
    "too_many_requests": Explanation(
        "Too many requests",
        "A form takes so many posts a minute of one address, its `at_most_per_minute`; below that none is refused. "
        "Try again after `Retry-After` seconds.",
    ),
    # not your fault: 5xx
    "busy": Explanation("Busy", "It could not be done now. Nothing is lost; try again after `Retry-After` seconds."),
    "internal_error": Explanation(
        "Something failed here",
        "Nothing is wrong with the request. Trying again with an `Idempotency-Key` is safe; if it stays, quote "
        "`request_id` to who runs this Leadger.",
    ),
}
