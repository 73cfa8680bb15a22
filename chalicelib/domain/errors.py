"""What can go wrong, as the reader can act on it. `api/problems.py` maps each class to a status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with one value.

    Attributes:
        field: the field as it was sent, e.g. `phones[0]`; empty for the whole.
        code: closed set, stable, for machines, e.g. `invalid_phone`.
        detail: one sentence for people, in English.
        value: the value as it was sent, as text (never logged).
    """

    field: str
    code: str
    detail: str
    value: str = ""


class LeadgerError(Exception):
    """Base of all errors that a caller is told about.

    Args:
        detail: one sentence for people.
        code: machine code where it differs from the class's default.
        extra: further members of the problem document.
    """

    code = "error"

    def __init__(self, detail: str = "", *, code: str | None = None, extra: Mapping[str, object] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        if code:
            self.code = code
        self.extra = dict(extra or {})


class BadRequest(LeadgerError):
    """The request cannot be read at all (broken JSON, unknown query parameter)."""

    code = "bad_request"


class Unauthenticated(LeadgerError):
    """No key, or none that we know."""

    code = "unauthenticated"


class Forbidden(LeadgerError):
    """A good key that may not do this."""

    code = "forbidden"


class NotFound(LeadgerError):
    """No such record, or none this caller may know of."""

    code = "not_found"


class Conflict(LeadgerError):
    """What was asked contradicts what is there."""

    code = "conflict"


class Gone(LeadgerError):
    """What was asked for was here and will not come back."""

    code = "gone"


class PreconditionFailed(LeadgerError):
    """A write for another version of the record than there is; `current` in `extra` is the record."""

    code = "version_mismatch"


class TooLarge(LeadgerError):
    """Over a limit of size that a setting or the platform draws."""

    code = "too_large"


class UnsupportedMediaType(LeadgerError):
    """A Content-Type that this operation does not read."""

    code = "unsupported_media_type"


#: Codes of problems that are about the request rather than a value: where there is one, it is the error's, too.
OF_THE_WHOLE = frozenset({"unsupported_filter", "no_user"})


class Invalid(LeadgerError):
    """Values that cannot be used: all of them at once, in `problems`."""

    code = "validation_failed"

    def __init__(self, problems: Sequence[Problem], detail: str = "") -> None:
        sentences = [f"{p.field}: {p.detail}" if p.field else p.detail for p in problems]
        code = next((p.code for p in problems if p.code in OF_THE_WHOLE), None)
        super().__init__(detail or "; ".join(sentence.rstrip(".") for sentence in sentences), code=code)
        self.problems = tuple(problems)


class KeyReused(LeadgerError):
    """An Idempotency-Key that stands for another request."""

    code = "idempotency_key_reused"


class Busy(LeadgerError):
    """Could not be done now; nothing is lost, and trying again is safe."""

    code = "busy"


class TooMany(LeadgerError):
    """More requests than a limit of ours lets through; `retry_after` in `extra` says after how many seconds to come."""

    code = "too_many_requests"
