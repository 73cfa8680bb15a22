"""The package as it is made from the checkout, once for all of these tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from infra import package


@pytest.fixture(scope="session", autouse=True)
def packaged() -> None:
    """`make package` was run; in a process of its own, because Chalice imports the app from another folder."""
    result = subprocess.run(
        [sys.executable, "-m", "infra.package"], cwd=package.ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture(scope="session")
def template(packaged: None) -> dict[str, Any]:
    """What is given to CloudFormation."""
    return json.loads(package.TEMPLATE.read_text())


@pytest.fixture(scope="session")
def expanded(template: dict[str, Any]) -> dict[str, Any]:
    """What AWS makes of it: the SAM transform applied by AWS's own translator."""
    from samtranslator.translator.transform import transform

    source = json.loads(json.dumps(template))
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/deployment.zip"

    class NoPolicies:
        """The template uses none of SAM's policy templates."""

        def load(self) -> dict[str, str]:
            return {}

    before = os.environ.get("AWS_DEFAULT_REGION")
    os.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
    try:
        return transform(source, {}, NoPolicies())
    finally:
        if before is None:
            del os.environ["AWS_DEFAULT_REGION"]
        else:
            os.environ["AWS_DEFAULT_REGION"] = before


@pytest.fixture(scope="session")
def by_type(template: dict[str, Any]) -> Any:
    """Properties of all resources of a type, by name."""

    def find(kind: str) -> dict[str, Any]:
        found = {name: it["Properties"] for name, it in template["Resources"].items() if it["Type"] == kind}
        assert found, f"no {kind} in the template"
        return found

    return find
