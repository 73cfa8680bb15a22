"""ALTCHA, the captcha that needs nobody else: a sum that a browser has to do, asked and checked here.

The challenge carries everything it is checked by, signed; only that it was used once is written down.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib import log
from chalicelib.domain.form import Captcha, Form
from chalicelib.services import workspace
from chalicelib.store import form_marks

GOOD_FOR = timedelta(minutes=20)
#: A browser finds the answer among so many; a second or so of a telephone.
MOST_TRIES = 50_000
#: Iterations of the hash for each try. The script that solves it (`/embed/captcha.js`) knows 1 only.
COST = 1
ALGORITHM = "SHA-256"
LONGEST_PROOF = 4_000


def challenge(form: Form, at: datetime) -> dict[str, Any]:
    """A new sum, in the form that ALTCHA's clients read. Raises Busy."""
    import altcha

    assert form.spam.captcha
    return altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(MOST_TRIES),
        expires_at=at + GOOD_FOR,
        data={"form": form.id},
        hmac_secret=_secret(form, form.spam.captcha, at),
    ).to_dict()


def check(form: Form, proof: str, by: Sequence[str], at: datetime) -> str:
    """What speaks against a proof: a reason, or nothing. It is used afterwards.

    Where it cannot be seen whether somebody used it before, it counts: it is right, after all.

    Args:
        by: names of the submission that brings it, see `form_marks.use_proof`.
    Raises:
        Busy: the secret that it was signed with cannot be read.
    """
    import altcha

    assert form.spam.captcha
    if len(proof) > LONGEST_PROOF:
        return "captcha_failed"
    result = altcha.verify_solution(proof, _secret(form, form.spam.captcha, at))
    if result.expired:
        return "captcha_expired"
    if not result.verified:
        return "captcha_failed"
    asked = altcha.Payload.from_base64(proof).challenge
    if asked.parameters.data != {"form": form.id} or not asked.parameters.expires_at or not asked.signature:
        return "captcha_failed"
    return _used(form, asked.signature, by, datetime.fromtimestamp(asked.parameters.expires_at, UTC))


def _used(form: Form, signature: str, by: Sequence[str], until: datetime) -> str:
    digest = hashlib.sha256(signature.encode()).hexdigest()[:32]
    try:
        return "" if form_marks.use_proof(digest, by, until) else "captcha_reused"
    except Exception as error:
        log.failure("proof_not_noted", error, form=form.id)
        return ""


def _secret(form: Form, captcha: Captcha, at: datetime) -> str:
    """The form's own; one that follows from the workspace's where it has none."""
    return captcha.secret or workspace.key_for(f"captcha {form.id}", at).hex()
