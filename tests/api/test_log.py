"""The log and the decorator of triggers: events with keys, never a word of a person, nothing swallowed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from chalice.app import SQSEvent

from chalicelib import log
from chalicelib.domain.errors import Busy

Logged = Callable[[], list[dict[str, Any]]]
SECRET = "Änne Öztürk <aenne@example.de>"


def sqs(*bodies: str) -> SQSEvent:
    records = [
        {"messageId": f"m-{number}", "receiptHandle": "h", "body": body} for number, body in enumerate(bodies, start=1)
    ]
    return SQSEvent({"Records": records}, SimpleNamespace(aws_request_id="inv-1"))  # type: ignore[arg-type]


def test_a_trigger_that_worked_leaves_one_line_without_what_it_was_given(logged: Logged) -> None:
    @log.observed
    def imports(event: SQSEvent) -> str:
        """Door."""
        return "answer"

    result = imports(sqs(SECRET, SECRET))

    assert result == "answer"
    assert (imports.__name__, imports.__doc__) == ("imports", "Door.")
    [line] = logged()
    assert (line["level"], line["message"], line["trigger"]) == ("INFO", "trigger_done", "imports")
    assert (line["correlation_id"], line["records"], line["record_ids"]) == ("inv-1", 2, ["m-1", "m-2"])
    assert line["milliseconds"] >= 0
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_a_trigger_that_failed_is_logged_and_raises_without_a_word_of_a_person(logged: Logged) -> None:
    @log.observed
    def receive_mail(event: SQSEvent) -> None:
        try:
            raise KeyError(SECRET)
        except KeyError as error:
            raise ValueError(SECRET) from error

    with pytest.raises(log.TriggerFailed) as caught:
        receive_mail(sqs(SECRET))

    assert str(caught.value) == "receive_mail: ValueError"
    assert caught.value.__suppress_context__
    [line] = logged()
    assert (line["level"], line["message"]) == ("ERROR", "trigger_failed")
    assert (line["error"], line["cause"]) == ("ValueError", "KeyError")
    assert line["stack"][-1].endswith(" receive_mail")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_a_death_is_not_taken_for_a_failure(logged: Logged) -> None:
    class Killed(BaseException):
        pass

    @log.observed
    def sweep(event: object) -> None:
        raise Killed

    with pytest.raises(Killed):
        sweep({"id": "cron-1"})

    assert logged() == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Busy("later"), "busy"),
        (ClientError({"Error": {"Code": "ThrottlingException", "Message": SECRET}}, "PutItem"), "ThrottlingException"),
    ],
)
def test_a_failure_carries_the_code_of_its_error(logged: Logged, error: Exception, code: str) -> None:
    log.failure("receipt_not_written", error, receipt_id="rcp_1")

    [line] = logged()
    assert (line["message"], line["error_code"], line["receipt_id"]) == ("receipt_not_written", code, "rcp_1")
    assert SECRET not in json.dumps(line, ensure_ascii=False)


def test_keys_that_logging_keeps_for_itself_do_not_cost_the_line(logged: Logged) -> None:
    log.correlate("r1")

    log.event("lead_created", name="form", created=3, message="m", lead_id="lead_1")

    [line] = logged()
    assert line["message"] == "lead_created"
    assert line["correlation_id"] == "r1"
    assert (line["name_"], line["created_"], line["message_"], line["lead_id"]) == ("form", 3, "m", "lead_1")


def test_nothing_heavy_is_imported_before_the_first_line_or_request() -> None:
    heavy = ("boto3", "pydantic", "phonenumbers", "jinja2", "email_validator", "aws_lambda_powertools", "pynamodb")
    program = f"""
import sys
from chalice import Chalice
from chalicelib import api
api.register(Chalice("leadger"))
api.doors()  # as if each had been asked for
print([name for name in {heavy!r} if name in sys.modules])
"""

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
