"""API keys over the API: given out by who has at least as much, listed, revoked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from chalicelib.domain import api_keys as rules
from chalicelib.domain.api_key import ApiKey
from chalicelib.domain.errors import NotFound
from chalicelib.domain.write import Write
from chalicelib.services import answering, keys, workspace
from chalicelib.services.answering import Written, written
from chalicelib.services.settle import Known, Plan, settle
from chalicelib.store import api_keys

#: A key never changes; its last use is not the record's own.
VERSION = 1


def create(body: Mapping[str, Any], write: Write, idempotency_key: str | None) -> Written:
    """A new key; its secret is in this answer and nowhere else.

    The answer kept under an Idempotency-Key holds the secret sealed: only who sends that key again can read it.

    Raises:
        Invalid, Busy, KeyReused.
        Forbidden: a scope that the caller does not have.
    """
    seal = _Seal(write, idempotency_key)
    stored = answering.before(write)
    if stored:
        return seal.opened(stored)
    secret = keys.new_secret()
    key = rules.new(keys.digest_of(secret), body, write.at, lambda user: workspace.user_exists(user, write.at))
    rules.may_be_given(key, write.caller)
    shown = rules.shown(key)
    made = written(201, {**shown, "secret": secret}, version=VERSION, location=f"/v1/api-keys/{key.id}")

    def decide(known: Known) -> Plan[Written]:
        return Plan([*api_keys.add(key), *answering.keep(write, seal.closed(made))], made)

    def own() -> Written | None:
        if write.idempotency:
            found = answering.before(write)
            return seal.opened(found) if found else None
        return made if api_keys.get(key.digest) else None

    return settle(decide, own, Known(write.at))


def remove(key_id: str, write: Write) -> Written:
    """The key is good no more: at once here, within 30 seconds everywhere.

    Raises:
        NotFound, PreconditionFailed, Busy, KeyReused.
    """
    stored = answering.before(write)
    if stored:
        return stored
    gone = written(204)

    def decide(known: Known) -> Plan[Written]:
        key = get(key_id)
        write.check_version(VERSION, rules.shown(key))
        keys.forget(key.digest)
        return Plan([*api_keys.remove(key), *answering.keep(write, gone)], gone)

    def own() -> Written | None:
        if write.idempotency:
            return answering.before(write)
        return gone if api_keys.by_id(key_id) is None else None

    try:
        return settle(decide, own, Known(write.at))
    finally:
        keys.forget()


def get(key_id: str) -> ApiKey:
    """One key. Raises NotFound, Unavailable."""
    key = api_keys.by_id(key_id)
    if key is None:
        raise NotFound("There is no such key")
    return key


class _Seal:
    """Hides a secret in a stored answer from whoever reads the table."""

    def __init__(self, write: Write, idempotency_key: str | None) -> None:
        self._write = write
        self._key = (idempotency_key or "").encode()

    def closed(self, answer: Written) -> Written:
        """The answer with its secret sealed."""
        body = orjson.loads(answer.body)
        body["sealed"] = self._turned(body.pop("secret").encode(), body["id"]).hex()
        return replace(answer, body=orjson.dumps(body))

    def opened(self, answer: Written) -> Written:
        """The answer as it was given."""
        body = orjson.loads(answer.body)
        body["secret"] = self._turned(bytes.fromhex(body.pop("sealed")), body["id"]).decode()
        return replace(answer, body=orjson.dumps(body))

    def _turned(self, content: bytes, key_id: str) -> bytes:
        # one pad for one secret: the id is the secret's own, the Idempotency-Key itself is stored nowhere
        salt = workspace.cursor_secret(self._write.at) + self._write.caller.id.encode() + key_id.encode()
        pad = hashlib.shake_256(salt + b"\0" + self._key).digest(len(content))
        return bytes(a ^ b for a, b in zip(content, pad, strict=True))
