"""The one place where tests stand between botocore and the store: every wire attempt of every client passes here.

A layer is a callable `(call, go) -> reply`; it may look, answer itself, die, or `go()` on to the next layer and at
last to the wire (moto, the local cloud, AWS). One call is one attempt: what the SDK tries again comes again.
"""

from __future__ import annotations

import base64
import contextlib
import copy
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import Any

import botocore.endpoint
from botocore.awsrequest import AWSResponse, HeadersDict

#: What `Endpoint._do_get_response` returns: ((http response, parsed), None) or (None, the error).
Reply = tuple[tuple[Any, dict] | None, Exception | None]
Layer = Callable[["Call", Callable[[], Reply]], Reply]
Image = Mapping[str, Mapping[str, Any]]

_do_get_response = botocore.endpoint.Endpoint._do_get_response
_layers: list[Layer] = []


@dataclass(eq=False)
class Call:
    """One wire attempt.

    Attributes:
        request: the signed request; its body may be replaced before `go()`.
    """

    endpoint: Any
    request: Any
    model: Any
    context: Any

    @property
    def service(self) -> str:
        """`dynamodb`, `s3` or `sqs`."""
        return self.model.service_model.service_name

    @property
    def operation(self) -> str:
        return self.model.name

    @cached_property
    def body(self) -> dict[str, Any]:
        """The request as the service reads it; empty where the service does not speak JSON."""
        if self.service == "s3":
            return {}
        return json.loads(self.request.body or b"{}")

    def answer(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """An answer that never crossed the wire, parsed by botocore as any other."""
        response = AWSResponse(self.request.url, status, HeadersDict(headers or {}), _Body(body))
        return _do_get_response(_Answered(self.endpoint, response), self.request, self.model, self.context)

    def refuse(self, code: str, message: str, status: int = 400, **members: Any) -> Reply:
        """A service's error answer in its own protocol."""
        if self.service == "s3":
            text = f"<Error><Code>{code}</Code><Message>{message}</Message><RequestId>R</RequestId></Error>"
            return self.answer(status, text.encode())
        document = {"__type": f"com.amazonaws.{self.service}#{code}", "message": message, "Message": message, **members}
        return self.answer(
            status, json.dumps(document, default=_base64).encode(), {"content-type": "application/x-amz-json-1.0"}
        )

    def send(self) -> Reply:
        """Past all layers, to the wire."""
        return _do_get_response(self.endpoint, self.request, self.model, self.context)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


class _Body(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


class _Answered:
    """An endpoint whose wire has answered already: the same seam moto uses (`before-send`)."""

    def __init__(self, endpoint: Any, response: AWSResponse) -> None:
        self._endpoint, self._response = endpoint, response

    def __getattr__(self, name: str) -> Any:
        return self if name == "_event_emitter" else getattr(self._endpoint, name)

    def emit(self, name: str, **arguments: Any) -> Any:
        if name.startswith("before-send."):
            return [(None, self._response)]
        return self._endpoint._event_emitter.emit(name, **arguments)


def _through_the_layers(endpoint: Any, request: Any, operation_model: Any, context: Any) -> Reply:
    call = Call(endpoint, request, operation_model, context)

    def go(layers: tuple[Layer, ...]) -> Reply:
        if not layers:
            return call.send()
        return layers[0](call, lambda: go(layers[1:]))

    return go(tuple(_layers))


@contextlib.contextmanager
def standing_at_the_wire(*layers: Layer) -> Iterator[None]:
    """Put `layers` between every botocore client and the wire, the first one outermost, outside those already there."""
    before = list(_layers)
    _layers[:0] = layers
    botocore.endpoint.Endpoint._do_get_response = _through_the_layers
    try:
        yield
    finally:
        _layers[:] = before
        if not before:
            botocore.endpoint.Endpoint._do_get_response = _do_get_response


# ── moto's tables, past the wire ──────────────────────────────────────────────────────────────────────────────────


def backend(service: str) -> Any:
    """moto's own state of a service, in the region the tests use."""
    from moto.backends import get_backend
    from moto.core import DEFAULT_ACCOUNT_ID

    region = "aws" if service == "s3" else os.environ["AWS_DEFAULT_REGION"]
    return get_backend(service)[DEFAULT_ACCOUNT_ID][region]


def stored(table: str, key: Image) -> dict[str, dict[str, Any]]:
    """The item as it lies in moto's table, in wire form; empty if there is none."""
    found = backend("dynamodb").get_item(table, dict(key))
    return copy.deepcopy(found.to_json()["Attributes"]) if found else {}


def put_back(table: str, key: Image, item: Image) -> None:
    """Undo what happened to one item: `item` is how it was, empty if it was not there."""
    found = backend("dynamodb").get_table(table)
    if item:
        found.put_item(dict(item))
    else:
        backend("dynamodb").delete_item(table, dict(key))


def all_stored(table: str) -> list[dict[str, dict[str, Any]]]:
    """Every item of moto's table, in wire form."""
    return [item.to_json()["Attributes"] for item in backend("dynamodb").get_table(table).all_items()]


@dataclass(frozen=True)
class Index:
    """A secondary index: its key attributes, and the attributes it carries (None: all)."""

    name: str
    keys: tuple[str, ...]
    projected: frozenset[str] | None

    def entry(self, item: Image) -> dict[str, Any]:
        """What the index holds of `item`; empty if the item is not in it."""
        if not all(key in item for key in self.keys):
            return {}
        return {name: value for name, value in item.items() if self.projected is None or name in self.projected}


@dataclass(frozen=True)
class Shape:
    """What DynamoDB knows of a table's items: key names, types of key attributes, indexes."""

    keys: tuple[str, ...]
    types: Mapping[str, str]
    indexes: tuple[Index, ...]

    def key(self, item: Image) -> dict[str, Any]:
        return {name: item[name] for name in self.keys if name in item}


def shape(table: str) -> Shape:
    """The shape of moto's table."""
    found = backend("dynamodb").get_table(table)
    keys = tuple(part["AttributeName"] for part in found.schema)
    return Shape(
        keys,
        {part["AttributeName"]: part["AttributeType"] for part in found.attr},
        tuple(_index(index, keys) for index in (*found.global_indexes, *found.indexes)),
    )


def _index(index: Any, table_keys: tuple[str, ...]) -> Index:
    keys = tuple(part["AttributeName"] for part in index.schema)
    projection = index.projection or {}
    if projection.get("ProjectionType", "ALL") == "ALL":
        return Index(index.name, keys, None)
    return Index(index.name, keys, frozenset((*table_keys, *keys, *projection.get("NonKeyAttributes", ()))))
