"""The policies hold on the local cloud: five ways in work with them, and without one permission they do not."""

from __future__ import annotations

import functools
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra import fresh
from localcloud import deployment
from localcloud.running import RunningCloud
from tests.sample_files import PDF

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("permissions")]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, packaged: None) -> Iterator[RunningCloud]:
    """A local cloud that enforces every policy, as AWS does."""
    with RunningCloud(tmp_path_factory.mktemp("guarded") / "data", LEADGER_ENFORCE_IAM="1") as cloud:
        yield cloud


def test_only_what_refuses_plain_http_is_left_out_of_the_local_policies(template):
    local = deployment.local_form(template, "code.zip")

    gone = sorted(set(template["Resources"]) - set(local["Resources"]))
    mail = local["Resources"]["MailBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert gone == ["FilesBucketPolicy", "ImportsBucketPolicy"]
    assert [statement["Sid"] for statement in mail] == ["MailFromOurRule"]


def test_five_ways_in_work_with_the_policies_enforced(guarded):
    fresh.send_all(guarded.dev)
    fresh.await_leads(guarded.dev)
    fresh.check_books(guarded.dev)

    assert [line for line in guarded.log().splitlines() if "AccessDenied" in line] == []


def test_the_board_follows_with_the_policies_enforced(guarded):
    assert _create(guarded.dev, "Änne Öztürk") == 201

    deadline = time.monotonic() + 10
    while (shown := _on_the_board(guarded.dev)) == 0 and time.monotonic() < deadline:
        time.sleep(0.05)

    assert shown > 0
    assert [line for line in guarded.log().splitlines() if "AccessDenied" in line] == []


def _on_the_board(dev: dict[str, Any]) -> int:
    request = urllib.request.Request(
        f"{dev['api_url']}/v1/board", headers={"Authorization": f"Bearer {dev['api_key']}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return sum(column["count"] for column in json.load(answer)["columns"])


def test_the_sweep_works_with_the_policies_enforced(guarded):
    """It lists both buckets and asks all dead-letter queues, whether there is something or not."""
    functions = guarded.client("lambda")
    name = next(it["FunctionName"] for it in functions.list_functions()["Functions"] if "Sweep" in it["FunctionName"])

    event = {"version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events", "resources": []}
    event |= {"account": "000000000000", "time": "2026-11-23T09:00:00Z", "region": "eu-central-1", "detail": {}}

    answer = functions.invoke(FunctionName=name, Payload=json.dumps(event).encode())

    assert "FunctionError" not in answer, answer["Payload"].read()
    assert [line for line in guarded.log().splitlines() if "AccessDenied" in line] == []


def test_a_bulk_change_and_an_export_work_with_the_policies_enforced(guarded):
    ask, dev = functools.partial(_ask, guarded.dev), guarded.dev
    assert _create(dev, "Änne Öztürk") == 201

    bulk = ask("POST", "/v1/leads/bulk", {"filters": {"kind": "open"}, "set": {"tags": ["messe-2026"]}})
    changed = _await(lambda: ask("GET", f"/v1/jobs/{bulk['id']}"))
    export = ask("POST", "/v1/exports", {"filters": {"tag": "messe-2026"}, "format": "csv", "fields": ["name", "tags"]})
    done = _await(lambda: ask("GET", f"/v1/exports/{export['id']}"))
    with urllib.request.urlopen(done["url"], timeout=30) as answer:
        lines = answer.read().decode("utf-8-sig").splitlines()

    assert (changed["status"], done["status"]) == ("done", "done")
    assert changed["result"]["changed"] == done["total"] == len(lines) - 1
    assert "Änne Öztürk;messe-2026" in lines
    assert [line for line in guarded.log().splitlines() if "AccessDenied" in line] == []


def test_files_of_a_form_work_with_the_policies_enforced(guarded):
    """One in the post, one uploaded before it by a page of another host, both had back by their links."""
    from urllib3 import PoolManager

    http, url = PoolManager(), f"{guarded.dev['api_url']}/f/frm_plans"
    tables = guarded.client("dynamodb").list_tables()["TableNames"]
    form = {"pk": {"S": "FORM#frm_plans"}, "sk": {"S": "#"}, "data": {"S": '{"fields": [{"field": "files"}]}'}}
    guarded.client("dynamodb").put_item(
        TableName=next(name for name in tables if not name.endswith("derived")), Item=form
    )
    begun = http.request("POST", f"{url}/uploads", body=json.dumps({"name": "b.pdf", "size": len(PDF)})).json()
    fields = {**begun["upload"]["fields"], "file": ("b.pdf", PDF)}
    page = {"Origin": "https://kaefer.example"}
    uploaded = http.request("POST", begun["upload"]["url"], fields=fields, headers=page)
    fields = {"name": "Änne Öztürk", "_upload": begun["id"], "plan": ("a.pdf", PDF)}
    posted = http.request("POST", url, fields=fields, headers={"Accept": "application/json"}).json()

    receipt = _ask(guarded.dev, "GET", f"/v1/intake/receipts/{posted['receipt_id']}")
    timeline = _ask(guarded.dev, "GET", f"/v1/leads/{receipt['lead_id']}/timeline")["data"]
    files = [file for entry in timeline for file in entry["data"].get("files", [])]
    assert (uploaded.status, uploaded.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert [(file["name"], http.request("GET", file["link"]).data) for file in files] == [
        ("a.pdf", PDF),
        ("b.pdf", PDF),
    ]
    assert [line for line in guarded.log().splitlines() if "AccessDenied" in line] == []


def test_without_a_permission_nothing_is_written(guarded):
    """So the test before would fail if a permission were missing."""
    iam = guarded.client("iam")
    role = next(it["RoleName"] for it in iam.list_roles()["Roles"] if "ApiHandlerRole" in it["RoleName"])
    [policy_name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    policy = iam.get_role_policy(RoleName=role, PolicyName=policy_name)["PolicyDocument"]
    less = json.loads(json.dumps(policy).replace('"dynamodb:PutItem"', '"dynamodb:DescribeTable"'))

    iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(less))
    try:
        status = _create(guarded.dev, "Niemand")
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy_name, PolicyDocument=json.dumps(policy))

    assert less != policy
    assert status >= 500
    assert _create(guarded.dev, "Jemand") == 201


def _await(look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    until = time.monotonic() + 60
    while (found := look())["status"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.2)
    return found


def _ask(dev: dict[str, Any], method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {dev['api_key']}", "Content-Type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(dev["api_url"] + path, content, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.loads(answer.read()))


def _create(dev: dict[str, Any], name: str) -> int:
    headers = {"Authorization": f"Bearer {dev['api_key']}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{dev['api_url']}/v1/leads", json.dumps({"name": name}).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
