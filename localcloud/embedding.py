"""How MiniStack is told to behave before its first import: it reads its environment while it is imported."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile

from localcloud.settings import HOST, REGION, Settings

#: Stands in queue URLs whatever the real port is, so that stored URLs stay true when LEADGER_AWS_PORT changes.
#: Clients send to their endpoint and use only the path of a queue URL.
_PORT_IN_QUEUE_URLS = "4566"


def prepare(settings: Settings) -> None:
    """Set the environment of this process and its function workers, and empty their temporary folder."""
    if "ministack" in sys.modules:
        raise RuntimeError("MiniStack was imported before its environment was set")
    temporary = settings.data / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)  # unpacked code of a run that was killed
    temporary.mkdir(parents=True, exist_ok=True)
    _forget_developer_settings()
    os.environ.update(
        {
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": _PORT_IN_QUEUE_URLS,
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            # MiniStack's other listeners and its look at Docker, whose containers are none of ours.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent/leadger-uses-no-docker.sock",
            "LAMBDA_EXECUTOR": "local",
            "LAMBDA_STRICT": "0",
            "USE_SSL": "",
            "SERVICES": "",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(settings.data / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(settings.data / "s3"),
            # The scheduler is started when everything is deployed, not by an import.
            "MINISTACK_TEST_NO_AUTOSTART": "1",
            "LOG_LEVEL": "INFO",
            "AUTH": "true" if settings.enforce_policies else "false",
            "TMPDIR": str(temporary),
        }
    )
    tempfile.tempdir = str(temporary)


def _forget_developer_settings() -> None:
    """A developer's own AWS profile must not reach anything that runs here, and no proxy stands before 127.0.0.1."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = f"{HOST},localhost"
