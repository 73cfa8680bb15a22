"""`make run` as a person and an operating system meet it: ready, refused, killed, stopped, started again."""

from __future__ import annotations

import hashlib
import json
import os
import smtplib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from localcloud.running import LONGEST_STOP, RunningCloud, free_ports

# One worker of pytest-xdist runs them all: the session has one local cloud, and it is killed now and then.
pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("local-cloud")]

KEYS = [
    "api_url", "api_key", "aws_endpoint_url", "region", "imports_bucket", "mail_bucket", "smtp", "mailbox", "form_id",
    "call_url", "pid",
]  # fmt: skip
PROBE = {"pk": {"S": "PROBE"}, "sk": {"S": "1"}}


def get(url: str, method: str = "GET", **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(url, method=method, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def table_of(cloud: RunningCloud) -> str:
    (name,) = [name for name in cloud.client("dynamodb").list_tables()["TableNames"] if name.endswith("crm")]
    return name


def run(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start a run that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "localcloud"], env={**os.environ, "LEADGER_DATA": str(data), **environment},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_dev_json_has_exactly_the_keys_of_the_contract(local_cloud: RunningCloud) -> None:
    dev = json.loads((local_cloud.data / "dev.json").read_text())
    assert list(dev) == KEYS
    assert dev["api_key"].startswith("lk_dev_")
    assert dev["call_url"].startswith(f"{dev['api_url']}/hooks/generic/chn_demo?key=")
    assert (dev["region"], dev["mailbox"], dev["form_id"]) == ("eu-central-1", "leads@leadger.test", "frm_demo")
    assert (local_cloud.data / "dev.json").stat().st_mode & 0o077 == 0


def test_the_ready_text_has_one_example_for_each_way_in(local_cloud: RunningCloud) -> None:
    text = local_cloud.output()
    for part in ("/v1/leads -H", "/f/frm_demo -d", "localcloud put", "curl -s smtp://", "/hooks/generic/chn_demo?key="):
        assert part in text


def test_the_api_is_there_and_an_unknown_path_is_our_problem(local_cloud: RunningCloud) -> None:
    url = local_cloud.dev["api_url"]
    assert get(f"{url}/health")[0] == 200
    status, headers, body = get(f"{url}/v1/nothing-here")
    problem = json.loads(body)
    assert (status, headers["Content-Type"], problem["code"]) == (404, "application/problem+json", "not_found")
    assert problem["request_id"] == headers["X-Request-Id"]


def test_the_page_about_the_api_comes_out_of_the_package_byte_for_byte(local_cloud: RunningCloud) -> None:
    url = local_cloud.dev["api_url"]
    status, headers, body = get(f"{url}/docs/assets/swagger-ui-bundle.min.js")

    assert (status, headers["Cache-Control"]) == (200, "public, max-age=86400")
    assert headers["ETag"] == f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    assert [get(f"{url}{path}")[0] for path in ("/docs", "/docs/assets/swagger-ui.min.css")] == [200, 200]
    assert json.loads(get(f"{url}/openapi.json")[2])["openapi"] == "3.1.0"


def test_everything_listens_on_127_0_0_1_only(local_cloud: RunningCloud) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("reads /proc")
    addresses = listening_addresses(local_cloud.pid)
    assert sorted(port for _, port in addresses) == sorted(ports_of(local_cloud))
    assert {host for host, _ in addresses} == {"127.0.0.1"}


def ports_of(cloud: RunningCloud) -> list[int]:
    return [int(cloud.dev[key].rpartition(":")[2]) for key in ("api_url", "aws_endpoint_url", "smtp")]


def listening_addresses(pid: int) -> list[tuple[str, int]]:
    """Host and port of every listening TCP socket of a process."""
    inodes = {os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    found = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                host, port = fields[1].split(":")
                dotted = socket.inet_ntoa(bytes.fromhex(host)[::-1]) if table == "tcp" else host
                found.append((dotted, int(port, 16)))
    return found


def test_a_second_run_on_the_same_data_is_refused_in_a_sentence(local_cloud: RunningCloud) -> None:
    http, aws, smtp = map(str, free_ports(3))
    second = run(local_cloud.data, LEADGER_PORT=http, LEADGER_AWS_PORT=aws, LEADGER_SMTP_PORT=smtp)
    assert second.returncode == 1
    assert f"(process {local_cloud.pid})" in second.stderr
    assert "LEADGER_DATA" in second.stderr
    assert get(f"{local_cloud.dev['api_url']}/health")[0] == 200


@pytest.mark.parametrize("variable", ["LEADGER_PORT", "LEADGER_AWS_PORT", "LEADGER_SMTP_PORT"])
def test_a_port_in_use_is_named_with_its_variable(tmp_path: Path, variable: str) -> None:
    ports = dict(zip(["LEADGER_PORT", "LEADGER_AWS_PORT", "LEADGER_SMTP_PORT"], map(str, free_ports(3)), strict=True))
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(ports[variable])))
        other.listen()
        refused = run(tmp_path / "data", **ports)
    assert refused.returncode == 1
    assert f"Port {ports[variable]} " in refused.stderr
    assert variable in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_what_is_no_port_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused = run(tmp_path / "data", LEADGER_PORT="achttausend")
    assert (refused.returncode, refused.stderr) == (
        1,
        "LEADGER_PORT=achttausend is not a port: set it to a number from 1 to 65535.\n",
    )


@pytest.mark.parametrize("place", ["a file", "below a file"])
def test_a_folder_that_cannot_be_written_is_refused_in_a_sentence(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    data = tmp_path / "file" if place == "a file" else tmp_path / "file" / "data"

    refused = run(data)

    assert refused.returncode != 0
    assert f"Nothing can be kept in {data}" in refused.stderr
    assert "LEADGER_DATA" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_all_acknowledged_writes_are_there_after_kill_9_in_the_middle_of_them(local_cloud: RunningCloud) -> None:
    table, bucket = table_of(local_cloud), local_cloud.dev["imports_bucket"]
    acknowledged: list[str] = []

    def write_until_refused(worker: int) -> None:
        dynamodb, s3 = local_cloud.client("dynamodb"), local_cloud.client("s3")
        for number in range(10_000):
            key = f"{worker}-{number}"
            try:
                dynamodb.put_item(TableName=table, Item={**PROBE, "sk": {"S": key}, "name": {"S": "Müller"}})
                acknowledged.append(f"item {key}")
                s3.put_object(Bucket=bucket, Key=f"probe/{key}", Body=b"M\xfcller")
                acknowledged.append(f"object {key}")
            except Exception:
                return  # killed

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write_until_refused, worker) for worker in range(4)]
        while len(acknowledged) < 300 and not any(writer.done() for writer in writers):
            time.sleep(0.01)
        local_cloud.kill()
        for writer in writers:
            writer.result()
    assert len(acknowledged) >= 300

    seconds = local_cloud.restart()
    dynamodb, s3 = local_cloud.client("dynamodb"), local_cloud.client("s3")
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": PROBE["pk"]}}
    items = dynamodb.get_paginator("query").paginate(TableName=table, **query)
    objects = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="probe/")
    kept = {f"item {item['sk']['S']}" for page in items for item in page["Items"]}
    kept |= {f"object {found['Key'].removeprefix('probe/')}" for page in objects for found in page.get("Contents", [])}
    lost = set(acknowledged) - kept
    print(
        f"kill -9 during writes: {len(acknowledged)} acknowledged, {len(lost)} lost; started again in {seconds:.1f} s"
    )
    assert lost == set()


def test_every_kind_of_s3_and_queue_write_is_there_after_kill_9(local_cloud: RunningCloud) -> None:
    s3, sqs = local_cloud.client("s3"), local_cloud.client("sqs")
    bucket = local_cloud.dev["imports_bucket"]
    queue = {"QueueUrl": sqs.create_queue(QueueName="probe")["QueueUrl"]}
    local_cloud.restart()  # a queue made by hand is part of the snapshot from here on
    s3.put_object(Bucket=bucket, Key="kinds/put", Body=b"1", Metadata={"on-duplicate": "skip"})
    s3.copy_object(Bucket=bucket, Key="kinds/copy", CopySource={"Bucket": bucket, "Key": "kinds/put"})
    s3.put_object(Bucket=bucket, Key="kinds/gone", Body=b"2")
    s3.delete_object(Bucket=bucket, Key="kinds/gone")
    s3.put_object(Bucket=bucket, Key="kinds/put", Body=b"new", Metadata={"on-duplicate": "update"})
    parts = put_in_parts(s3, bucket, "kinds/parts", [b"x" * 5_242_880, b"end"])
    for text in ("eins", "zwei"):
        sqs.send_message(**queue, MessageBody=text)
    first = sqs.receive_message(**queue)["Messages"][0]
    sqs.delete_message(**queue, ReceiptHandle=first["ReceiptHandle"])

    local_cloud.kill()
    local_cloud.restart()
    listed = {found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="kinds/")["Contents"]}
    assert listed == {"kinds/put", "kinds/copy", "kinds/parts"}
    put = s3.get_object(Bucket=bucket, Key="kinds/put")
    assert (put["Body"].read(), put["Metadata"]) == (b"new", {"on-duplicate": "update"})
    assert s3.get_object(Bucket=bucket, Key="kinds/copy")["Body"].read() == b"1"
    assert s3.get_object(Bucket=bucket, Key="kinds/parts")["Body"].read() == parts
    assert [message["Body"] for message in sqs.receive_message(**queue, MaxNumberOfMessages=10)["Messages"]] == ["zwei"]


def put_in_parts(s3: Any, bucket: str, key: str, parts: list[bytes]) -> bytes:
    upload = {"Bucket": bucket, "Key": key, "UploadId": s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]}
    done = [
        {"PartNumber": number, "ETag": s3.upload_part(**upload, PartNumber=number, Body=part)["ETag"]}
        for number, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
    return b"".join(parts)


def test_a_clean_stop_leaves_no_process_and_no_dev_json_and_the_next_start_has_everything(
    local_cloud: RunningCloud,
) -> None:
    table, pid = table_of(local_cloud), local_cloud.pid
    with ThreadPoolExecutor(12) as pool:  # several workers
        assert {answer[0] for answer in pool.map(get, [f"{local_cloud.dev['api_url']}/health"] * 60)} == {200}
    idle = socket.create_connection(("127.0.0.1", ports_of(local_cloud)[0]))
    local_cloud.client("dynamodb").put_item(TableName=table, Item={**PROBE, "name": {"S": "Görkem Şahin"}})
    workers = children_of(pid)
    started = time.monotonic()
    assert local_cloud.stop() == 0
    stopped_in = time.monotonic() - started
    idle.close()
    assert workers
    assert not [worker for worker in workers if is_alive(worker)]
    assert not (local_cloud.data / "dev.json").exists()

    before = {key: value for key, value in local_cloud.dev.items() if key != "pid"}
    started_in = local_cloud.restart()
    print(f"stopped in {stopped_in:.1f} s, started again in {started_in:.1f} s")
    assert stopped_in <= LONGEST_STOP
    assert started_in <= 10
    assert local_cloud.log().rpartition("state loaded")[2].count("the stack is up to date") == 1
    assert {key: value for key, value in local_cloud.dev.items() if key != "pid"} == before
    item = local_cloud.client("dynamodb").get_item(TableName=table, Key=PROBE)["Item"]
    assert item == {**PROBE, "name": {"S": "Görkem Şahin"}}


def test_kill_9_leaves_no_worker_behind(local_cloud: RunningCloud) -> None:
    assert get(f"{local_cloud.dev['api_url']}/health")[0] == 200
    workers = children_of(local_cloud.pid)
    local_cloud.kill()
    assert workers
    time.sleep(1)
    assert not [worker for worker in workers if is_alive(worker)]
    local_cloud.restart()


def children_of(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = [line.split() for line in listed.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def is_alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_the_data_survives_a_change_of_all_ports(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with RunningCloud(data) as cloud:
        table = table_of(cloud)
        cloud.client("dynamodb").put_item(TableName=table, Item=PROBE)
    with RunningCloud(data) as moved:
        assert moved.dev["api_url"] != cloud.dev["api_url"]
        assert moved.client("dynamodb").get_item(TableName=table, Key=PROBE)["Item"] == PROBE
        assert get(f"{moved.dev['api_url']}/health")[0] == 200
        deliver_a_mail(moved)
        wait_for_empty_queue(moved, "mail")


def deliver_a_mail(cloud: RunningCloud) -> None:
    host, port = cloud.dev["smtp"].split(":")
    content = b"From: zoe@example.de\r\nTo: leads@leadger.test\r\nSubject: Anfrage\r\n\r\nBitte ein Angebot.\r\n"
    with smtplib.SMTP(host, int(port), timeout=10) as client:
        client.sendmail("zoe@example.de", ["leads@leadger.test"], content)


def wait_for_empty_queue(cloud: RunningCloud, name: str) -> None:
    """Wait until the function has taken every message of a queue: visible or in its hands."""
    sqs = cloud.client("sqs")
    (url,) = [url for url in sqs.list_queues()["QueueUrls"] if url.endswith(f"-{name}")]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        if set(attributes.values()) == {"0"}:
            return
        time.sleep(0.05)
    pytest.fail(f"{name}: {attributes}\n{cloud.log()[-3000:]}")


def test_a_first_start_that_is_killed_at_any_moment_does_not_stand_in_the_way_of_the_next(tmp_path: Path) -> None:
    cloud = RunningCloud(tmp_path / "data")
    environment = cloud._environment
    for seconds in (1, 2):
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.kill()
        process.wait()
    with cloud:
        assert get(f"{cloud.dev['api_url']}/health")[0] == 200
        assert table_of(cloud)
