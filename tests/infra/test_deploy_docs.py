"""docs/deploy.md and infra/README.md name what there is."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from chalicelib.domain.caller import SCOPES
from infra import package
from tests.faults.world import World

DEPLOY = (package.ROOT / "docs/deploy.md").read_text(encoding="utf-8")
README = (package.ROOT / "infra/README.md").read_text(encoding="utf-8")
MAKEFILE = (package.ROOT / "Makefile").read_text()


@pytest.mark.parametrize("text", [DEPLOY, README])
def test_every_make_target_named_exists(text):
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
    known = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

    assert named
    assert named <= known


def test_every_parameter_is_explained_and_nothing_else_is_set(template):
    explained = set(re.findall(r"^\| `([A-Z]\w+)` \|", DEPLOY, re.MULTILINE))
    used = set(re.findall(r"\b([A-Z][a-z]\w+)=[^=]", DEPLOY))

    assert explained == template["Parameters"].keys()
    assert used <= explained


def test_every_output_asked_for_exists(template):
    assert set(re.findall(r"OutputKey=='(\w+)'", DEPLOY)) <= template["Outputs"].keys()


def test_the_capabilities_asked_for_are_the_ones_needed(expanded):
    """CAPABILITY_IAM is enough as long as no role has a name of its own."""
    roles = [it["Properties"] for it in expanded["Resources"].values() if it["Type"] == "AWS::IAM::Role"]

    assert roles
    assert not any("RoleName" in role for role in roles)
    assert "--capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND" in DEPLOY


def test_what_the_docs_say_stays_is_what_is_retained(template):
    kept = [it["Type"] for it in template["Resources"].values() if it.get("DeletionPolicy") == "Retain"]

    assert sorted(kept) == ["AWS::DynamoDB::Table"] * 2 + ["AWS::S3::Bucket"] * 3
    assert "**The two tables and three buckets stay**" in DEPLOY


def test_the_first_key_of_the_docs_opens_the_api():
    from chalicelib.services import keys
    from cli.main import main

    [typed] = re.findall(r"^\.venv/bin/leads (keys create .*)$", DEPLOY, re.MULTILINE)
    arguments = shlex.split(typed.replace('--stack "$STACK"', "").replace('--region "$AWS_DEFAULT_REGION"', ""))

    with World(), CliRunner().isolation() as (out, _, _):
        code = main(arguments)
        secret = json.loads(out.getvalue())["secret"]
        caller = keys.caller_of(secret, datetime.now(UTC))

    assert code == 0
    assert caller.scopes == frozenset(SCOPES)


def test_every_file_of_infra_is_explained():
    files = {path.name for path in (package.ROOT / "infra").iterdir() if path.is_file()} - {"__init__.py", "README.md"}

    assert set(re.findall(r"^\| `([\w.]+)` \|", README, re.MULTILINE)) == files
