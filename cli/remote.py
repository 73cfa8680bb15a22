"""The API over HTTP: time-outs, repetitions that never double, and every way it can fail as one sentence."""

from __future__ import annotations

import json
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import urllib3

from cli.failures import Refused, Remote

Query = Iterable[tuple[str, str]]

#: Seconds. The gateway itself gives up after 29.
CONNECT_TIMEOUT, READ_TIMEOUT = 5, 35
#: Seconds that we wait at most because an answer asks us to.
MOST_PATIENCE = 30
#: Nothing was done, or it is being seen to: the same request may come again.
AGAIN = frozenset({429, 502, 503, 504})


@dataclass(frozen=True)
class Reply:
    """An answer that is none of failure.

    Attributes:
        headers: names in any case.
        body: JSON, None if there is none.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


class Api:
    """Leadger at an address, under a key."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._pool = pool_for(self._url)

    def get(self, path: str, query: Query = ()) -> Reply:
        """Raises Refused, Remote."""
        return self._asked("GET", f"{path}?{urlencode(list(query))}" if query else path)

    def post(self, path: str, body: Any, *, key: str = "", query: Query = ()) -> Reply:
        """Send JSON; `key` is the Idempotency-Key, a random one if there is none. Raises Refused, Remote."""
        target = f"{path}?{urlencode(list(query))}" if query else path
        headers = {"Idempotency-Key": key or str(uuid.uuid4()), "Content-Type": "application/json"}
        # half a surrogate pair is for the API to refuse
        encoded = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        return self._asked("POST", target, encoded, headers)

    def delete(self, path: str) -> Reply:
        """Raises Refused, Remote."""
        return self._asked("DELETE", path, headers={"Idempotency-Key": str(uuid.uuid4())})

    def pages(self, path: str, query: Query = ()) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list, one after the other; some may be empty. Raises Refused, Remote."""
        asked = list(query)
        cursor: list[tuple[str, str]] = []
        while True:
            page = self.get(path, [*asked, *cursor]).body
            yield page["data"]
            if not page.get("next_cursor"):
                return
            cursor = [("cursor", page["next_cursor"])]

    def _asked(self, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
        sent = {"Authorization": f"Bearer {self._key}", "Accept": "application/json", **(headers or {})}
        try:
            answer = self._pool.request(method, self._url + target, body=body or None, headers=sent, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # the error's own words hold the whole address, with what was asked for
            raise Remote(f"{host_of(self._url)} cannot be reached: {reason_of(error)}") from error
        return self._judged(answer)

    def _judged(self, answer: urllib3.BaseHTTPResponse) -> Reply:
        content = _json(answer.data)
        if 200 <= answer.status < 300 and (content is not None or not answer.data):
            return Reply(answer.status, answer.headers, content)
        problem = content if isinstance(content, dict) else {}
        where, detail = host_of(self._url), str(problem.get("detail") or "")
        match answer.status:
            case 401:
                raise Remote(f"{where} does not know this key (401)")
            case 403:
                raise Remote(f"{where} does not allow this (403). {detail}".rstrip())
            case 429:
                raise Remote(f"{where} wants fewer requests (429); try again later")
            case status if 400 <= status < 500 and problem:
                raise Refused(status, problem)
            case status if status >= 500:
                named = f"; request {problem['request_id']}" if problem.get("request_id") else ""
                raise Remote(f"{where} failed ({status}{named})")
        raise Remote(f"{where} answers, but not as Leadger does ({answer.status}): is the address right?")


def pool_for(url: str) -> urllib3.PoolManager | urllib3.ProxyManager:
    """Connections to a host, through the environment's proxy if it has one for it."""
    retries = urllib3.Retry(
        total=6,
        connect=2,
        read=3,
        status=5,
        redirect=0,
        # all of ours are safe to repeat: what writes carries an Idempotency-Key
        allowed_methods=None,
        status_forcelist=AGAIN,
        backoff_factor=0.2,
        backoff_max=8,
        backoff_jitter=0.2,
        raise_on_status=False,
        raise_on_redirect=False,
        retry_after_max=MOST_PATIENCE,
    )
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT, read=READ_TIMEOUT)
    address = urlsplit(url)
    proxy = urllib.request.getproxies().get(address.scheme)
    if proxy and not urllib.request.proxy_bypass(address.hostname or ""):
        return urllib3.ProxyManager(proxy, retries=retries, timeout=timeout)
    return urllib3.PoolManager(retries=retries, timeout=timeout)


def host_of(url: str) -> str:
    """Host and port, for people: a path or query may hold what is not for a log."""
    return urlsplit(url).netloc.rpartition("@")[2]


def reason_of(error: BaseException) -> str:
    """Why there was no answer, in words of ours."""
    cause: BaseException | None = error
    if isinstance(error, urllib3.exceptions.MaxRetryError):
        cause = error.reason
    match cause:
        case urllib3.exceptions.NameResolutionError():
            return "no such host"
        case urllib3.exceptions.SSLError():
            return "its certificate is not one we trust"
        case urllib3.exceptions.NewConnectionError():
            return "nothing listens there"
        case urllib3.exceptions.TimeoutError():
            return "no answer in time"
    return type(cause).__name__


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
