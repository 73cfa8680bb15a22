"""What every door over HTTP shares: routes, the request as a view sees it, its answer, and the wrapper in between.

Order of the wrapper: method, caller, scope, query, size and media type of the body, view. Nothing of a request is read
before its caller is known, and no exception leaves it: Chalice would make a bare 500 of each.
"""

from __future__ import annotations

import functools
import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload
from urllib.parse import quote, unquote, urlsplit

import msgspec
import orjson
from chalice.app import Chalice, CORSConfig, Response
from chalice.app import Request as Received

from chalicelib import clock, deadline, log, settings
from chalicelib.api import auth, bodies, cursors, parameters, problems, selecting
from chalicelib.domain.caller import ANYBODY, Caller
from chalicelib.domain.errors import BadRequest, NotFound, TooLarge, UnsupportedMediaType
from chalicelib.domain.idempotency import Idempotency, idempotency
from chalicelib.domain.times import rfc3339
from chalicelib.domain.write import Write

if TYPE_CHECKING:
    from chalicelib.services.answering import Written

#: A door that asks for no key: forms, hooks (which verify in their own way), health.
PUBLIC = "public"
ANY_KEY = auth.ANY_KEY

#: Registered on every path: the gateway answers what is not with a 403 that we do not see.
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_WRITING = ("POST", "PUT", "PATCH", "DELETE")
_WITH_BODY = ("POST", "PUT", "PATCH")

#: Bytes of what is not JSON. Base64 makes 6 MB, Lambda's limit, of little more.
MAX_RAW_BYTES = 4 * 1024 * 1024

_JSON = "application/json"
_MERGE_PATCH = "application/merge-patch+json"

_ALLOWED_HEADERS = ("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key")
_EXPOSED_HEADERS = ("ETag", "Location", "Retry-After", "X-Request-Id", "Idempotent-Replayed")
#: Paths that pages of other hosts may call.
_OPEN_TO_BROWSERS = re.compile(r"/(v1|f)/")
#: Paths that people open in their browsers.
_FOR_VISITORS = re.compile(r"/f/")

#: Characters; a key of the table has at most 2,048 bytes, an external id 200.
_LONGEST_VARIABLE = 200
_PATH_VARIABLE = re.compile(r"\{(\w+)\}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_ETAG = re.compile(r'(?:W/)?"([^"]*)"')
#: Seconds for which requests to the stores are repeated; the gateway waits for 29.
_PATIENCE = 12
_STANDARD_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

_Struct = TypeVar("_Struct", bound=msgspec.Struct)


@dataclass(frozen=True)
class Request:
    """A request, read and checked so far as every operation needs it.

    Attributes:
        id: given by the gateway, the same through all of this request.
        method: as sent; HEAD is served by GET's view.
        path: as sent, without the stage, decoded.
        path_pattern: as registered, `/v1/leads/{lead_id}`; for the log, which no value of a path enters.
        path_parameters: decoded; the view gets them as keyword arguments, too.
        query: every parameter as sent, name → values.
        params: the declared ones, read, with defaults.
        headers: names in any case.
        body: byte for byte as sent.
        caller: `ANYBODY` behind public doors.
        ip: of who sent it, as the gateway saw it; empty if it did not say.
        base_url: what our paths come after, for outside, without trailing slash.
        now: the one time of this request, aware, UTC.
    """

    id: str
    method: str
    path: str
    path_pattern: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    params: Mapping[str, Any]
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    caller: Caller
    ip: str
    base_url: str
    now: datetime

    @property
    def content_type(self) -> str:
        """Lower case, without parameters; empty if none was sent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @overload
    def json(self) -> dict[str, Any]: ...
    @overload
    def json(self, struct: type[_Struct]) -> _Struct: ...
    def json(self, struct: type[_Struct] | None = None) -> dict[str, Any] | _Struct:
        """The body: a JSON object, or a struct made of it.

        Raises:
            BadRequest, Invalid: see `bodies.read_object` and `bodies.read_struct`.
        """
        value = bodies.read_object(self.body)
        return value if struct is None else bodies.read_struct(value, struct)

    @cached_property
    def idempotency(self) -> Idempotency | None:
        """What the Idempotency-Key of a write stands for, if one was sent.

        Raises:
            BadRequest: it is no key.
        """
        key = self.headers.get("idempotency-key")
        if key is None or self.method not in _WRITING:
            return None
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise BadRequest("An Idempotency-Key is 1 to 255 visible ASCII characters", code="invalid_header")
        pairs = [(name, value) for name, values in self.query.items() for value in values]
        return idempotency(self.caller, key, method=self.method, path=self.path, query=pairs, body=self.body)

    @property
    def if_match(self) -> frozenset[int] | None:
        """The versions that a write may find; None is any. A tag that is no version of ours matches nothing."""
        header = self.headers.get("if-match", "*").strip()
        return None if header == "*" else frozenset(int(tag) for tag in _tags(header) if _is_version(tag))

    @property
    def write(self) -> Write:
        """The request as services that change something are told of it."""
        return Write(self.caller, self.id, self.now, self.idempotency, self.if_match)

    @property
    def creates_only(self) -> bool:
        """Whether an upsert must not find a record: `If-None-Match: *`."""
        return self.headers.get("if-none-match", "").strip() == "*"

    @property
    def wants_html(self) -> bool:
        """Whether a browser asks, navigating: its Accept prefers HTML to JSON."""
        return _prefers_html(self.headers)

    @property
    def cursor_binding(self) -> str:
        """What `cursors.seal` and `cursors.open_cursor` bind a cursor to."""
        return cursors.binding(self.caller, self.path, self.query)


@dataclass(frozen=True)
class Answer:
    """What a view answers.

    Attributes:
        body: a JSON value (times, Decimals and frozen sets included), or bytes that are JSON already; text where
            `content_type` is another one; None for no body.
        location: path of ours, or an absolute address; needed with 201.
        version: of the record, becomes its ETag.
        replayed: it is the stored answer of an earlier request.
        headers: further ones; they win over those that every answer has.
    """

    body: object = None
    status: int = 200
    location: str = ""
    version: int | None = None
    replayed: bool = False
    content_type: str = _JSON
    headers: Mapping[str, str] = field(default_factory=dict)


def page(html: str, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Answer:
    """A page for people."""
    return Answer(html, status, content_type="text/html; charset=utf-8", headers=headers or {})


def of_write(written: Written) -> Answer:
    """What a service says that a write is answered with."""
    return Answer(written.body or None, written.status, replayed=written.replayed, headers=written.headers)


def see_other(location: str) -> Answer:
    """Send a browser on, with GET, after a post."""
    return Answer(status=303, location=location)


_View = Callable[..., Answer]


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        scope: of the key; `PUBLIC` or `ANY_KEY`.
        query: parameters it knows; None for a door whose sender we do not control, where none is refused.
        raw: reads any body of any media type, up to `MAX_RAW_BYTES`; else JSON only.
    """

    method: str
    path: str
    view: _View
    scope: str
    query: Mapping[str, parameters.Parameter] | None
    raw: bool

    @property
    def key(self) -> str:
        """`GET /v1/leads`."""
        return f"{self.method} {self.path}"

    @property
    def door(self) -> str:
        """The door it belongs to, as in `DOORS`."""
        return self.view.__module__.rpartition(".")[2]

    @property
    def shows_a_record(self) -> bool:
        """Whether what it answers with is one record, which has an ETag, be it made of its content."""
        return self.method == "GET" and self.path.startswith("/v1/") and self.path.endswith("}")


class Door:
    """The operations of one resource.

    Each decorator takes `path`, `scope` and, where needed, `query` and `raw`; see `Operation`. A view gets the Request
    and the variables of its path by name, and returns an Answer or raises one of `domain.errors`. What is read under
    `/v1` takes `fields` by itself, unless it `selects` nothing: its answers are no JSON.
    """

    def __init__(self) -> None:
        self.operations: list[Operation] = []

    def get(
        self,
        path: str,
        *,
        scope: str,
        query: Mapping[str, parameters.Parameter] | None = parameters.NONE,
        selects: bool = True,
    ) -> Callable[[_View], _View]:
        """Read; HEAD comes with it."""
        if selects and query is not None and path.startswith("/v1/"):
            query = {**query, "fields": parameters.NAMES}
        return self._add("GET", path, scope, query, True)

    def post(
        self,
        path: str,
        *,
        scope: str,
        query: Mapping[str, parameters.Parameter] | None = parameters.NONE,
        raw: bool = False,
    ) -> Callable[[_View], _View]:
        """Create, or do."""
        return self._add("POST", path, scope, query, raw)

    def put(
        self, path: str, *, scope: str, query: Mapping[str, parameters.Parameter] | None = parameters.NONE
    ) -> Callable[[_View], _View]:
        """Create or replace under a known name."""
        return self._add("PUT", path, scope, query, False)

    def patch(
        self, path: str, *, scope: str, query: Mapping[str, parameters.Parameter] | None = parameters.NONE
    ) -> Callable[[_View], _View]:
        """Merge."""
        return self._add("PATCH", path, scope, query, False)

    def delete(
        self, path: str, *, scope: str, query: Mapping[str, parameters.Parameter] | None = parameters.NONE
    ) -> Callable[[_View], _View]:
        """Remove."""
        return self._add("DELETE", path, scope, query, True)

    def _add(
        self, method: str, path: str, scope: str, query: Mapping[str, parameters.Parameter] | None, raw: bool
    ) -> Callable[[_View], _View]:
        def register(view: _View) -> _View:
            self.operations.append(Operation(method, path, view, scope, query, raw))
            return view

        return register


class _Cors(CORSConfig):
    """Chalice's, without the headers of AWS signatures that it adds, and with those that every answer of ours has.

    From it Chalice also makes the preflights, which the gateway answers by itself. An id of the request would have to
    be a value of the gateway's own, and here only fixed ones can be given.
    """

    @property
    def allow_headers(self) -> str:
        return ",".join(_ALLOWED_HEADERS)

    def get_access_control_headers(self) -> dict[str, str]:
        return {**super().get_access_control_headers(), **_STANDARD_HEADERS}


#: The one origin: any, without credentials.
CORS = _Cors(allow_origin="*", expose_headers=_EXPOSED_HEADERS, max_age=3600)


def mount(app: Chalice, path: str, load: Callable[[], Mapping[str, Operation]]) -> None:
    """Register a path with every method.

    Args:
        load: its operations by method; asked for with the first request.
    """
    cors = CORS if _OPEN_TO_BROWSERS.match(path) else False
    # 415 is decided below: Chalice's own also hits merge patches and a GET with a Content-Type
    app.route(path, methods=list(METHODS), content_types=["*/*"], cors=cors)(_wrapped(app, functools.cache(load)))


def by_path(operations: Iterable[Operation]) -> dict[str, dict[str, Operation]]:
    """Path → method → operation. Raises ValueError where two claim the same one."""
    paths: dict[str, dict[str, Operation]] = {}
    for operation in operations:
        methods = paths.setdefault(operation.path, {})
        if operation.method in methods:
            raise ValueError(f"{operation.method} {operation.path} is registered twice")
        methods[operation.method] = operation
    return paths


def _wrapped(app: Chalice, load: Callable[[], Mapping[str, Operation]]) -> Callable[..., Response]:
    def view(**_: str) -> Response:
        assert app.current_request is not None  # Chalice sets it before it calls a view
        return _answered(app.current_request, load)

    return view


def _answered(received: Received, load: Callable[[], Mapping[str, Operation]]) -> Response:
    request_id = received.context.get("requestId") or str(uuid.uuid4())
    log.correlate(request_id)
    try:
        with deadline.within(_PATIENCE):
            operation = _operation(received.method, load())
            request = _request(received, operation, request_id)
            response = _response(request, operation, operation.view(request, **request.path_parameters))
    except Exception as error:
        response = _refused(error, received, request_id)
    if received.method == "HEAD":
        response.body = ""
    return response


def _operation(method: str, methods: Mapping[str, Operation]) -> Operation:
    known = dict(methods)
    if "GET" in known:
        known["HEAD"] = known["GET"]
    if method not in known:
        allow = ", ".join(name for name in METHODS if name in known)
        raise problems.MethodNotAllowed(f"This path knows {allow}, not {method}", extra={"allow": allow})
    return known[method]


def _request(received: Received, operation: Operation, request_id: str) -> Request:
    now = clock.now()
    caller = ANYBODY
    if operation.scope != PUBLIC:
        caller = auth.identify(received.headers.get("authorization"), now)
        auth.require(caller, operation.scope)
        auth.note_use(caller, now)
    query = dict(received.to_original_event().get("multiValueQueryStringParameters") or {})
    raw = received.raw_body
    request = Request(
        id=request_id,
        method=received.method,
        path=_path(received),
        path_pattern=received.path,
        path_parameters=_path_parameters(received),
        query=query,
        params={} if operation.query is None else parameters.read_query(query, operation.query),
        headers=received.headers,
        body=raw if isinstance(raw, bytes) else raw.encode(),
        caller=caller,
        ip=(received.context.get("identity") or {}).get("sourceIp") or "",
        base_url=_base_url(received),
        now=now,
    )
    if names := request.params.get("fields"):
        selecting.check(names, operation.door, operation.key)
    _check_body(request, operation)
    _ = request.idempotency  # a key that is none is refused before anything happens
    return request


def _path(received: Received) -> str:
    return unquote(received.to_original_event().get("path") or received.path)


def _path_parameters(received: Received) -> dict[str, str]:
    # a REST API hands them over as they were sent, percent-encoded (aws/chalice#511)
    variables = {name: unquote(value) for name, value in (received.uri_params or {}).items()}
    if any(len(value) > _LONGEST_VARIABLE for value in variables.values()):
        raise NotFound("There is nothing under so long a name")
    return variables


def _base_url(received: Received) -> str:
    """The configured one; else host, and stage or base path, of the request."""
    configured = settings.public_url()
    if configured:
        return configured
    host = received.headers.get("host") or received.context.get("domainName") or ""
    scheme = received.headers.get("x-forwarded-proto") or "https"
    if ".execute-api." in host:
        # the gateway's own name: the stage is in the address, but not in the event's path
        return f"{scheme}://{host}/{received.context.get('stage')}"
    # a domain of ours: the base path of its mapping, if it has one, is in the event's path, but not in our pattern
    steps = (received.to_original_event().get("path") or "").rstrip("/").split("/")
    return f"{scheme}://{host}{'/'.join(steps[: len(steps) - received.path.count('/')])}"


def check_size(body: bytes, max_bytes: int) -> None:
    """Raises TooLarge."""
    if len(body) > max_bytes:
        raise TooLarge(
            f"The body has {len(body)} bytes; {max_bytes} are the limit here",
            code="body_too_large",
            extra={"max_bytes": max_bytes},
        )


def _check_body(request: Request, operation: Operation) -> None:
    if request.method not in _WITH_BODY:
        return
    check_size(request.body, MAX_RAW_BYTES if operation.raw else bodies.MAX_BYTES)
    if operation.raw or not request.body:
        return
    expected = (_JSON, _MERGE_PATCH) if request.method == "PATCH" else (_JSON,)
    if request.content_type not in expected:
        sent = f"not {request.content_type[:100]}" if request.content_type else "and say so with Content-Type"
        raise UnsupportedMediaType(f"Send {' or '.join(expected)}, {sent}")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMediaType("Send the body without Content-Encoding")


def _response(request: Request, operation: Operation, answer: Answer) -> Response:
    headers: dict[str, str | list[str]] = {**_STANDARD_HEADERS, "X-Request-Id": request.id}
    if answer.location:
        headers["Location"] = answer.location
    if answer.version is not None:
        headers["ETag"] = f'"{answer.version}"'
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    headers |= answer.headers
    if "Location" in headers:
        headers["Location"] = _location(str(headers["Location"]), request.base_url)
    text = "" if answer.body is None else _text(request, answer)
    if operation.shows_a_record and answer.status == 200 and "ETag" not in headers:
        headers["ETag"] = f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'
    if _is_known_already(request, str(headers.get("ETag", ""))):
        return Response("", headers, 304)
    if answer.body is not None:
        headers["Content-Type"] = answer.content_type
    return Response(text, headers, answer.status)


def _text(request: Request, answer: Answer) -> str:
    """The body as text: Chalice hands bytes on only for media types that it takes for binary."""
    if answer.content_type != _JSON:
        return str(answer.body)
    if isinstance(answer.body, bytes):
        return answer.body.decode()
    names = request.params.get("fields")
    if names and answer.status == 200 and isinstance(answer.body, Mapping):
        return _json(selecting.selected(answer.body, [*names, *_included(request)])).decode()
    return _json(answer.body).decode()


def _included(request: Request) -> Sequence[str]:
    """Members that the answer has because they were asked for by name."""
    asked = request.params.get("include")
    return (asked,) if asked else ()


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=_json_value, option=orjson.OPT_PASSTHROUGH_DATETIME)


def _json_value(value: object) -> object:
    match value:
        case datetime():
            return rfc3339(value)
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case frozenset() | set():
            return sorted(value)
        case Mapping():
            return dict(value)
        case msgspec.Struct():
            return msgspec.to_builtins(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _location(location: str, base_url: str) -> str:
    address = urlsplit(base_url).path + location if location.startswith("/") else location
    return quote(address, safe="%/:?#[]@!$&'()*+,;=~")


def _is_known_already(request: Request, etag: str) -> bool:
    if request.method not in ("GET", "HEAD") or not etag:
        return False
    header = request.headers.get("if-none-match", "").strip()
    return header == "*" or etag.strip('"') in _tags(header)


def _tags(header: str) -> Iterator[str]:
    return (match.group(1) for match in _ETAG.finditer(header))


def _is_version(tag: str) -> bool:
    return tag.isascii() and tag.isdigit() and len(tag) <= 15


def _refused(error: Exception, received: Received, request_id: str) -> Response:
    instance = quote(_path(received), errors="replace")
    status = problems.status_of(error)
    if status >= 500:
        log.failure("request_failed", error, status=status, method=received.method, path_pattern=received.path)
    refusal = problems.refusal(error, instance=instance, request_id=request_id)
    try:
        text = _json(refusal.document).decode()
    except TypeError as unwritable:
        # a member that a service added; the caller still gets a problem, and we get to know
        return _refused(RuntimeError(f"cannot write {type(error).__name__}: {unwritable}"), received, request_id)
    headers = {**_STANDARD_HEADERS, "X-Request-Id": request_id, "Content-Type": problems.MEDIA_TYPE}
    if _FOR_VISITORS.match(received.path) and _prefers_html(received.headers):
        text, page_headers = _refusal_page(received, refusal.status)
        headers |= page_headers
    return Response(text, {**headers, **refusal.headers}, refusal.status)


def _refusal_page(received: Received, status: int) -> tuple[str, dict[str, str]]:
    from chalicelib.api import pages

    language = pages.language(received.headers.get("accept-language", "").split(","))
    return pages.refusal_page(status, language), {"Content-Type": "text/html; charset=utf-8", **pages.headers()}


def _prefers_html(headers: Mapping[str, str]) -> bool:
    accept = headers.get("accept", "").lower()
    return "text/html" in accept and (_JSON not in accept or accept.index("text/html") < accept.index(_JSON))
