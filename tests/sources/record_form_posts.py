"""Records what clients really send: `python -m tests.sources.record_form_posts`, with curl, wget, node and Chromium.

Every client sends the same person to a server of this process on 127.0.0.1. What came is written to
payloads/web_form/recorded/, one file a way: the headers that tell something of the body, a blank line, the body as the
gateway hands it on (a chunked one put together). tests/sources/test_recorded_form_posts.py reads them.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import urllib3.filepost

FOLDER = Path(__file__).parent / "payloads" / "web_form" / "recorded"
#: What every client sends; the message has letters that a page in ISO-8859-1 has to write otherwise.
PERSON = {
    "name": "Änne Öztürk",
    "email": "aenne@example.de",
    "telefon": "0176 04069012",
    "nachricht": "Grüße aus Łódź: 5 € & mehr = 100 % 😀",
}
FILE_NAME, FILE = "Dachplan süd.pdf", b"%PDF-1.7\n\x00\xff\r\n--x\r\n%%EOF\n"
TOLD = ("content-type", "content-encoding", "transfer-encoding", "expect")
#: Lines of a page in each charset; without `#`, `fetch` and the like send from it.
PAGE = """<!doctype html><meta charset="{charset}"><title>Formular</title>
<form method="post" action="{target}" enctype="{enctype}" {more}>
<input name="name"><input name="email"><input name="telefon"><textarea name="nachricht"></textarea>{extra}
<button id="send">Absenden</button></form>"""


class Server:
    """Keeps the last post; `serve` is what a browser gets by GET."""

    def __init__(self) -> None:
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.page: tuple[str, bytes] = ("text/html", b"")
        self.came = threading.Event()
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(*recorder.page)

            def do_OPTIONS(self) -> None:
                self._answer("text/plain", b"")

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                recorder.posts.append((headers, self._body(headers)))
                self._answer("text/plain", b"ok")
                recorder.came.set()

            def _body(self, headers: dict[str, str]) -> bytes:
                if headers.get("transfer-encoding") != "chunked":
                    return self.rfile.read(int(headers.get("content-length", "0")))
                parts = []
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            def _answer(self, content_type: str, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Access-Control-Allow-Origin", "*")
                self.send_header("Access-Control-Allow-Headers", "content-type")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Nothing to the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/f/frm_demo"

    def record(self, name: str, send: Callable[[], object]) -> None:
        """Let a client send, and write what came."""
        self.came.clear()
        send()
        if not self.came.wait(20):
            raise SystemExit(f"{name}: nothing came")
        headers, body = self.posts[-1]
        head = "".join(f"{told}: {headers[told]}\r\n" for told in TOLD if told in headers)
        (FOLDER / f"{name}.post").write_bytes(head.encode() + b"\r\n" + body)
        print(name, headers.get("content-type"), len(body))


def run(*command: str, given: bytes = b"") -> Callable[[], object]:
    """A client as a command."""
    return lambda: subprocess.run(command, input=given, check=True, capture_output=True, timeout=60)


def command_lines(url: str, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """curl and wget."""
    encoded = urllib.parse.urlencode(PERSON).encode()
    as_json = json.dumps(PERSON, ensure_ascii=False).encode()
    file = folder / FILE_NAME
    file.write_bytes(FILE)
    (folder / "body").write_bytes(encoded)
    (folder / "body.gz").write_bytes(gzip.compress(encoded))
    (folder / "body.deflate").write_bytes(zlib.compress(encoded))
    curl = ("curl", "-sS", "--fail", url)
    urlencoded = [part for name, value in PERSON.items() for part in ("--data-urlencode", f"{name}={value}")]
    parts = [part for name, value in PERSON.items() for part in ("--form-string", f"{name}={value}")]
    binary = ("--data-binary", f"@{folder}/body")
    yield "curl-data-urlencode", run(*curl, *urlencoded)
    yield "curl-form-with-file", run(*curl, *parts, "-F", f"plan=@{file};type=application/pdf")
    yield "curl-json", run(*curl, "--json", as_json.decode())
    yield "curl-json-without-saying-so", run(*curl, "--data-binary", as_json.decode())
    yield "curl-expect-100-continue", run(*curl, *binary, "-H", "Expect: 100-continue")
    yield "curl-chunked", run(*curl, *binary, "-H", "Transfer-Encoding: chunked")
    yield "curl-chunked-from-a-pipe", run(*curl, "-T", "-", "-X", "POST", given=encoded)
    yield "curl-gzip", run(*curl, "--data-binary", f"@{folder}/body.gz", "-H", "Content-Encoding: gzip")
    yield "curl-deflate", run(*curl, "--data-binary", f"@{folder}/body.deflate", "-H", "Content-Encoding: deflate")
    yield "curl-no-content-type", run(*curl, *binary, "-H", "Content-Type:")
    wget = ("wget", "-q", "-O", "-", url)
    yield "wget-post-data", run(*wget, f"--post-data={encoded.decode()}")
    yield "wget-post-file", run(*wget, f"--post-file={folder}/body")
    json_header = "--header=Content-Type: application/json"
    yield "wget-body-data-json", run(*wget, "--method=POST", json_header, f"--body-data={as_json.decode()}")


NODE = """
const [url, person, way] = [process.argv[1], JSON.parse(process.argv[2]), process.argv[3]];
const file = new File([Buffer.from(process.argv[4], 'base64')], process.argv[5], {type: 'application/pdf'});
const form = new FormData(); for (const [name, value] of Object.entries(person)) form.append(name, value);
const withFile = new FormData(); for (const [name, value] of form) withFile.append(name, value);
withFile.append('plan', file);
const text = JSON.stringify(person);
const stream = () => new ReadableStream({start(c) { c.enqueue(new TextEncoder().encode(text)); c.close(); }});
const ways = {
  'fetch-json': {body: text, headers: {'Content-Type': 'application/json'}},
  'fetch-text': {body: text},
  'fetch-urlsearchparams': {body: new URLSearchParams(person)},
  'fetch-formdata': {body: form},
  'fetch-formdata-with-file': {body: withFile},
  'fetch-stream': {body: stream(), duplex: 'half'},
  'fetch-arraybuffer': {body: new TextEncoder().encode(text)},
};
fetch(url, {method: 'POST', ...ways[way]}).then(answer => process.exit(answer.ok ? 0 : 1));
"""
NODE_WAYS = ("fetch-json", "fetch-text", "fetch-urlsearchparams", "fetch-formdata", "fetch-formdata-with-file",
             "fetch-stream", "fetch-arraybuffer")  # fmt: skip


def node(url: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """node's own fetch."""
    import base64

    for way in NODE_WAYS:
        code = NODE.replace("new File(", "new (require('node:buffer').File)(")
        script = ("node", "-e", code, url, json.dumps(PERSON), way, base64.b64encode(FILE).decode(), FILE_NAME)
        yield f"node-{way}", run(*script)


def python(url: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """urllib, and multipart as requests makes it."""
    fields = {**PERSON, "plan": (FILE_NAME, FILE, "application/pdf")}
    body, content_type = urllib3.filepost.encode_multipart_formdata(fields)

    def send(data: bytes, **headers: str) -> Callable[[], object]:
        request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
        return lambda: urllib.request.urlopen(request, timeout=20).read()

    yield "urllib-urlencode", send(urllib.parse.urlencode(PERSON).encode())
    yield "urllib-json-ascii", send(json.dumps(PERSON).encode(), Content_Type="application/json")
    yield "urllib-json-utf-16", send(json.dumps(PERSON).encode("utf-16"), Content_Type="application/json")
    yield "urllib3-multipart-with-file", send(body, Content_Type=content_type)


#: In the page, `p` is the person and `u` the address.
SCRIPTS = {
    "fetch-json": "fetch(u, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(p)})",
    "fetch-no-cors-text": "fetch(u, {method: 'POST', mode: 'no-cors', body: JSON.stringify(p)})",
    "fetch-formdata": "fetch(u, {method: 'POST', body: f()})",
    "fetch-formdata-with-blob": "const d = f(); d.append('plan', new File([b], n, {type: 'application/pdf'}));"
    " fetch(u, {method: 'POST', body: d})",
    "fetch-urlsearchparams": "fetch(u, {method: 'POST', body: new URLSearchParams(p)})",
    "xhr-text": "const x = new XMLHttpRequest(); x.open('POST', u); x.send(JSON.stringify(p))",
    "sendbeacon-text": "navigator.sendBeacon(u, JSON.stringify(p))",
    "sendbeacon-blob": "navigator.sendBeacon(u, new Blob([JSON.stringify(p)], {type: 'text/plain;charset=UTF-8'}))",
    "sendbeacon-formdata": "navigator.sendBeacon(u, f())",
    "sendbeacon-urlsearchparams": "navigator.sendBeacon(u, new URLSearchParams(p))",
}
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
CHARSET = '<input type="hidden" name="_charset_">'
UPLOAD = '<input type="file" name="plan" id="file">'
#: name → (charset of the page, enctype, further inputs, further attributes of the form).
FORMS = {
    "form-utf-8": ("utf-8", URLENCODED, "", ""),
    "form-utf-8-multipart-with-file": ("utf-8", MULTIPART, UPLOAD, ""),
    "form-utf-8-text-plain": ("utf-8", "text/plain", "", ""),
    "form-iso-8859-1": ("iso-8859-1", URLENCODED, "", ""),
    "form-iso-8859-1-charset-field": ("iso-8859-1", URLENCODED, CHARSET, ""),
    "form-iso-8859-1-multipart-with-file": ("iso-8859-1", MULTIPART, UPLOAD, ""),
    "form-iso-8859-1-text-plain": ("iso-8859-1", "text/plain", "", ""),
    "form-iso-8859-1-accept-charset": ("iso-8859-1", URLENCODED, "", 'accept-charset="utf-8"'),
    "form-iso-8859-15-charset-field": ("iso-8859-15", URLENCODED, CHARSET, ""),
    "form-windows-1250-charset-field": ("windows-1250", URLENCODED, CHARSET, ""),
    "form-utf-16": ("utf-16", URLENCODED, "", ""),
}


def chromium(server: Server, folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Debian's Chromium: forms of pages in several charsets, and what their scripts send."""
    from selenium import webdriver
    from selenium.webdriver.common.by import By

    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    fill = "for (const [k, v] of Object.entries(arguments[0])) document.querySelector(`[name=${k}]`).value = v"

    def submit(charset: str, enctype: str, extra: str, more: str) -> None:
        page = PAGE.format(charset=charset, target=server.url, enctype=enctype, extra=extra, more=more)
        server.page = (f"text/html; charset={charset}", page.encode(charset))
        browser.get(server.url.rpartition("/")[0])
        browser.execute_script(fill, PERSON)
        if UPLOAD in extra:
            browser.find_element(By.ID, "file").send_keys(str(folder / FILE_NAME))
        browser.find_element(By.ID, "send").click()

    def call(script: str) -> None:
        page = PAGE.format(charset="utf-8", target=server.url, enctype=URLENCODED, extra="", more="")
        server.page = ("text/html; charset=utf-8", page.encode())
        browser.get(server.url.rpartition("/")[0])
        before = "const [u, p, n, a] = arguments; const b = Uint8Array.from(a);"
        before += " const f = () => { const d = new FormData(); for (const k in p) d.append(k, p[k]); return d };"
        browser.execute_script(before + script, server.url, PERSON, FILE_NAME, list(FILE))

    try:
        for name, form in FORMS.items():
            yield f"chromium-{name}", lambda form=form: submit(*form)
        for name, script in SCRIPTS.items():
            yield f"chromium-{name}", lambda script=script: call(script)
    finally:
        with contextlib.suppress(Exception):
            browser.quit()


def main() -> int:
    """Record every way; 0 if all came."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    server = Server()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for clients in (command_lines(server.url, folder), node(server.url), python(server.url)):
            for name, send in clients:
                server.record(name, send)
        for name, send in chromium(server, folder):
            server.record(name, send)
    server.server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
