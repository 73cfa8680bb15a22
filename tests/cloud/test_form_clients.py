"""Real clients at the local front: chunked, compressed and announced bodies; a browser that uploads before it posts."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from localcloud.running import RunningCloud
from tests.sample_files import PDF, docx
from tests.sources.record_form_posts import PERSON

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("local-cloud")]

SCRIPT = Path(__file__).with_name("upload_before_post.js").read_text(encoding="utf-8")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")


def api(cloud: RunningCloud, path: str, body: Any = None, method: str = "") -> Any:
    headers = {"Authorization": f"Bearer {cloud.dev['api_key']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(cloud.dev["api_url"] + path, data, headers, method=method or None)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def client(name: str) -> str:
    return shutil.which(name) or pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize(
    "options",
    [
        ("--data-binary", "@{folder}/body"),
        ("--data-binary", "@{folder}/body", "-H", "Expect: 100-continue"),
        ("--data-binary", "@{folder}/body", "-H", "Transfer-Encoding: chunked"),
        ("-T", "-", "-X", "POST"),
        ("--data-binary", "@{folder}/body.gz", "-H", "Content-Encoding: gzip"),
        ("--data-binary", "@{folder}/body.gz", "-H", "Content-Encoding: gzip", "-H", "Transfer-Encoding: chunked"),
        ("--data-binary", "@{folder}/body", "--http1.0"),
    ],
    ids=["plain", "expect", "chunked", "pipe", "gzip", "gzip-chunked", "http-1.0"],
)
def test_curl_reaches_the_desk_however_it_sends(
    local_cloud: RunningCloud, tmp_path: Path, options: tuple[str, ...]
) -> None:
    long_text = PERSON["nachricht"] + " und mehr" * 1_500
    body = urlencode({**PERSON, "nachricht": long_text, "_key": " ".join(options)}).encode()
    (tmp_path / "body").write_bytes(body)
    (tmp_path / "body.gz").write_bytes(gzip.compress(body))
    given = [option.format(folder=tmp_path) for option in options]
    command = [client("curl"), "-sS", "--fail", "--max-time", "30", f"{local_cloud.dev['api_url']}/f/frm_demo", *given]

    answer = subprocess.run(command, input=body, capture_output=True, timeout=60)

    assert answer.returncode == 0, answer.stderr
    receipt = api(local_cloud, f"/v1/intake/receipts/{json.loads(answer.stdout)['receipt_id']}")
    lead = api(local_cloud, f"/v1/leads/{receipt['lead_id']}")
    assert receipt["problems"] == []
    assert (lead["name"], lead["comment"], lead["emails"][0]["address"]) == (
        PERSON["name"], long_text, PERSON["email"],
    )  # fmt: skip


def test_wget_and_node_reach_the_desk(local_cloud: RunningCloud) -> None:
    url = f"{local_cloud.dev['api_url']}/f/frm_demo"
    with_wget = {**PERSON, "email": "wget@example.de", "telefon": ""}
    with_node = {**PERSON, "email": "node@example.de", "telefon": ""}
    code = "fetch(process.argv[1], {method: 'POST', body: process.argv[2]}).then(a => process.exit(a.ok ? 0 : 1))"

    subprocess.run([client("wget"), "-qO-", url, f"--post-data={urlencode(with_wget)}"], check=True, timeout=60)
    subprocess.run([client("node"), "-e", code, url, json.dumps(with_node)], check=True, timeout=60)

    leads = api(local_cloud, "/v1/leads?limit=10&fields=emails,comment")["data"]
    found = {lead["emails"][0]["address"]: lead["comment"] for lead in leads if lead["emails"]}
    assert found["wget@example.de"] == found["node@example.de"] == PERSON["nachricht"]


@pytest.fixture
def website() -> Iterator[Callable[[str], str]]:
    """Another host's page: what is given it to serve, it serves; its address."""
    pages: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(pages[-1])

        def log_message(self, *_: Any) -> None:
            """Nothing to the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def serve(page: str) -> str:
        pages.append(page.encode())
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield serve
    server.shutdown()
    server.server_close()


@pytest.fixture
def plans(local_cloud: RunningCloud) -> None:
    """A form that asks for files."""
    form = {"name": "Plans", "fields": [{"field": "name"}, {"field": "email"}, {"field": "files"}]}
    tables = local_cloud.client("dynamodb").list_tables()["TableNames"]
    local_cloud.client("dynamodb").put_item(
        TableName=next(name for name in tables if not name.endswith("derived")),
        Item={"pk": {"S": "FORM#frm_plans"}, "sk": {"S": "#"}, "type": {"S": "form"}, "data": {"S": json.dumps(form)}},
    )


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Any]:
    if not CHROMIUM or not DRIVER:
        pytest.skip("Chromium is not installed")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


PAGE = """<!doctype html><meta charset="utf-8"><script>{script}</script>
<form method="post" action="{url}" enctype="multipart/form-data">
<input name="name" value="Änne Öztürk"><input name="email" value="aenne.upload@example.de">
<input type="file" name="plan" multiple id="plan"><button id="send">Absenden</button></form>
<script>
document.querySelector('form').addEventListener('submit', async event => {{
  event.preventDefault();
  try {{
    await uploadBeforePost(event.target, '{url}');
    const answer = await fetch('{url}', {{method: 'POST', body: new FormData(event.target)}});
    document.title = (await answer.json()).receipt_id;
  }} catch (error) {{ document.title = 'failed ' + error; }}
}});
</script>"""


def test_a_browser_uploads_large_files_from_another_host_without_a_preflight_and_they_are_on_the_timeline(
    local_cloud: RunningCloud, plans: None, website: Callable[[str], str], browser: Any, tmp_path: Path
) -> None:
    from selenium.webdriver.common.by import By
    from selenium.webdriver.support.ui import WebDriverWait

    large = {"Dachplan süd.pdf": PDF + b"\0" * 6_000_000, "Angebot.docx": docx(2_000_000)}
    for name, content in large.items():
        (tmp_path / name).write_bytes(content)
    url = f"{local_cloud.dev['api_url']}/f/frm_plans"
    browser.get(website(PAGE.format(script=SCRIPT, url=url)))
    browser.find_element(By.ID, "plan").send_keys("\n".join(str(tmp_path / name) for name in large))
    browser.find_element(By.ID, "send").click()
    WebDriverWait(browser, 60).until(lambda it: it.title.startswith(("rcp_", "failed")))

    assert browser.title.startswith("rcp_"), browser.title
    receipt = api(local_cloud, f"/v1/intake/receipts/{browser.title}")
    files = api(local_cloud, f"/v1/leads/{receipt['lead_id']}/timeline")["data"][-1]["data"]["files"]
    assert [(file["name"], file["size"]) for file in files] == [(name, len(it)) for name, it in large.items()]
    for file, content in zip(files, large.values(), strict=True):
        with urllib.request.urlopen(file["link"], timeout=30) as answer:
            assert answer.read() == content
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert methods_sent(browser) == ["POST"] * 5


def test_the_bucket_takes_no_more_than_was_signed_for(local_cloud: RunningCloud, plans: None) -> None:
    from urllib3 import PoolManager

    api_url = f"{local_cloud.dev['api_url']}/f/frm_plans/uploads"
    http = PoolManager()
    begun = http.request("POST", api_url, body=json.dumps({"name": "a.pdf", "size": 100})).json()
    upload = begun["upload"]

    def put(content: bytes, **changed: str) -> int:
        fields = {**upload["fields"], **changed, "file": ("a.pdf", content)}
        return http.request(upload["method"], upload["url"], fields=fields).status

    assert put(b"x" * 101) == 400
    assert put(b"") == 400
    assert put(b"x" * 100, key="raw/2026/11/23/anything") == 403
    assert put(b"x" * 100) == 204


def methods_sent(browser: Any) -> list[str]:
    """Of the page's own requests, the page itself left out; a preflight would be an OPTIONS."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [event["params"]["request"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return [each["method"] for each in sent if each["method"] != "GET"]
