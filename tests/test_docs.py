"""What the documentation says, the code has; what the code offers, the documentation names."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from chalicelib import api
from chalicelib.domain.fields import FIELD_TYPES, LEAD_FIELDS, clean_values
from chalicelib.domain.form import Spam
from chalicelib.domain.inbound import OUTCOMES
from chalicelib.domain.receipt import PENDING, RELEASABLE
from chalicelib.domain.source import BUILT_IN
from chalicelib.services import workspace
from chalicelib.sources import SOURCES, form_guard
from chalicelib.sources.mail.gate import RULES
from chalicelib.sources.telephony import PROVIDERS
from chalicelib.sources.telephony.provider import EVENTS
from chalicelib.sources.web_form import CONTROLS
from localcloud import announcement
from localcloud import settings as local_settings
from tests.desk import Desk
from tests.faults.world import CALL_KEY

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
#: Every page that people read, by its path from the root.
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("*/README.md")])
}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
#: What examples say instead of the values of a run.
DEV = {
    "api_url": "http://127.0.0.1:8000",
    "api_key": "lk_dev_example",
    "aws_endpoint_url": "http://127.0.0.1:4566",
    "region": "eu-central-1",
    "smtp": "127.0.0.1:2525",
    "mailbox": local_settings.MAILBOX,
    "form_id": local_settings.FORM_ID,
    "call_url": f"http://127.0.0.1:8000/hooks/generic/{local_settings.CHANNEL_ID}?key={CALL_KEY}",
}
NAMES = {"$API": DEV["api_url"], "$KEY": DEV["api_key"], "$CALL": DEV["call_url"], "$SMTP": DEV["smtp"]}

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
_ROW = re.compile(r"^ *\| (`[^|]+?) \|", re.MULTILINE)
_VARIABLE = re.compile(r"\b(LEADGER_[A-Z_]+)\b")


@dataclass(frozen=True)
class Curl:
    """A request as an example writes it."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def path(self) -> str:
        return urlsplit(self.url).path


# ── what must be documented ───────────────────────────────────────────────────────────────────────────────────────


def test_every_outcome_is_explained_and_whether_it_can_be_released():
    rows = table_under("docs/what-became-of-it.md", "Outcomes")
    releasable = {cells[0].strip("`") for cells in rows if cells[-1] == "yes"}

    assert {cells[0].strip("`") for cells in rows} == {PENDING, *OUTCOMES}
    assert releasable == set(RELEASABLE)


def test_every_reason_is_explained_with_its_outcome():
    rows = table_under("docs/what-became-of-it.md", "Reasons")
    explained = {(reason, cells[1].strip("`")) for cells in rows for reason in words(cells[0])}

    spam = {(reason, "quarantined") for reason in form_guard.RULES}
    assert explained == {*reasons_in_code(), *((rule.reason, rule.outcome) for rule in RULES), *spam}


def test_every_rule_against_spam_is_listed_with_its_switch():
    rows = table_under("docs/website-form.md", "Spam")
    switches = {name for cells in rows for name in words(cells[2])}

    assert {reason for cells in rows for reason in words(cells[0])} == form_guard.RULES.keys()
    limits = {"per_minute", "at_most_per_minute"}
    assert switches - {"hosts"} == {f"spam.{each.name}" for each in fields(Spam) if each.name not in limits}


def test_every_rule_about_mail_is_listed_in_its_order():
    rows = table_under("docs/e-mail.md", "What is no enquiry")

    assert [(cells[0].strip("`"), cells[1].strip("`")) for cells in rows] == [
        (rule.reason, rule.outcome) for rule in RULES
    ]


def test_every_variable_of_the_environment_is_explained():
    functions = set(_VARIABLE.findall((ROOT / "chalicelib/settings.py").read_text(encoding="utf-8")))
    run = set(_VARIABLE.findall((ROOT / "localcloud/settings.py").read_text(encoding="utf-8")))

    assert functions
    assert first_words(table_under("docs/settings.md", "The functions")) == functions
    assert first_words(table_under("docs/settings.md", "The local run")) == run
    assert first_words(table_under("docs/settings.md", "The command line")) == {"LEADGER_URL", "LEADGER_KEY"}


def test_the_defaults_of_the_local_run_are_the_ones_told(monkeypatch):
    for variable in _VARIABLE.findall(PAGES["docs/settings.md"]):
        monkeypatch.delenv(variable, raising=False)
    told = {cells[0].strip("`"): cells[1].strip("`") for cells in table_under("docs/settings.md", "The local run")}
    chosen = local_settings.from_environment()

    assert told == {
        "LEADGER_PORT": str(chosen.http_port),
        "LEADGER_AWS_PORT": str(chosen.aws_port),
        "LEADGER_SMTP_PORT": str(chosen.smtp_port),
        "LEADGER_DATA": chosen.data.name,
        "LEADGER_ENFORCE_IAM": "on" if chosen.enforce_policies else "off",
        "LEADGER_DOCS": "on" if chosen.docs else "off",
    }


def test_every_setting_of_the_workspace_is_explained_with_its_default():
    (defaults,) = [json.loads(text) for kind, text in blocks("docs/settings.md") if kind == "json"]

    assert defaults == workspace.DEFAULTS
    assert first_words(table_under("docs/settings.md", "The workspace")) == workspace.DEFAULTS.keys()


def test_every_source_is_explained():
    explained = first_words(table_under("docs/a-lead-through-the-folders.md", "The sources"))

    assert explained == {*SOURCES, *BUILT_IN}


def test_every_provider_and_every_event_is_explained():
    providers = table_under("docs/calls.md", "Providers")
    (event_row,) = [cells for cells in table_under("docs/calls.md", "The generic event") if cells[0] == "`event`"]

    assert first_words(providers) == PROVIDERS.keys()
    assert all(f"/hooks/{name}/" in cells[1] for cells in providers for name in words(cells[0]))
    assert set(words(event_row[1])) == EVENTS


def test_every_control_field_is_explained():
    assert first_words(table_under("docs/website-form.md", "Control fields")) == CONTROLS.keys()


def test_every_type_of_field_is_explained():
    assert first_words(table_under("docs/adding-a-field-type.md", "The types there are")) == FIELD_TYPES.keys()


def test_every_field_of_a_lead_is_named():
    writable, kept = re.search(
        r"\nWritable: (.*?)\n\nKept by Leadger: (.*?)\n\n", PAGES["docs/api.md"], re.DOTALL
    ).groups()
    named, _, unused = writable.partition(". ")

    assert {*words(named), *words(unused)} == {name for name, one in LEAD_FIELDS.items() if not one.read_only}
    assert set(words(kept)) == {name for name, one in LEAD_FIELDS.items() if one.read_only}


def test_every_operation_is_listed_with_its_scope_and_no_other():
    listed = {cells[0].strip("`"): cells[1].strip("`") for cells in table_under("docs/api.md", "Operations")}

    assert listed == {
        f"{operation.method} {operation.path}": "–" if operation.scope == "public" else operation.scope
        for operation in operations()
    }


def test_every_make_target_is_explained():
    targets = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))

    assert "test-all" in targets
    assert set(re.findall(r"^\| `make ([a-z-]+)` \|", PAGES["CONTRIBUTING.md"], re.MULTILINE)) == targets


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_that_a_page_names_exists(page):
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", PAGES[page], re.MULTILINE)) <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_a_page_names_exists(page):
    code = [path for folder in ("chalicelib", "cli", "localcloud", "tests") for path in (ROOT / folder).rglob("*.py")]
    known = {name for path in code for name in _VARIABLE.findall(path.read_text(encoding="utf-8"))}

    assert set(_VARIABLE.findall(PAGES[page])) <= known


# ── what pages say about each other ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page):
    assert broken_links(page, PAGES[page]) == []


def test_a_broken_link_is_found():
    text = "[a](LICENSE) [b](nope.md) [c](README.md#nowhere) [d](#here)\n# Here\n"

    assert broken_links("CHANGELOG.md", text) == ["nope.md", "README.md#nowhere"]


def test_the_index_names_every_page_once():
    listed = re.findall(r"^([a-z-]+(?:/index)?)$", PAGES["docs/index.md"], re.MULTILINE)
    written = [path.stem for path in DOCS.glob("*.md") if path.stem != "index"]

    assert sorted(listed) == sorted([*written, "decisions/index"])


def test_decisions_are_numbered_without_a_gap_and_listed():
    files = sorted(path.stem for path in DECISIONS.glob("[0-9]*.md"))

    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    assert re.findall(r"^(\d{4}-[a-z-]+)$", PAGES["docs/decisions/index.md"], re.MULTILINE) == files


@pytest.mark.parametrize("path", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_a_decision_says_why_what_what_not_and_until_when_on_half_a_page(path):
    text = path.read_text(encoding="utf-8")

    assert _HEADING.findall(text)[1:] == ["Context", "Choice", "Refused", "When to revisit"]
    assert text.startswith(f"# {path.stem[:4]} ")
    assert len(text.splitlines()) <= 45


@pytest.mark.parametrize("page", PAGES)
def test_python_files_and_folders_that_a_page_names_exist(page):
    named = set(re.findall(r"`((?:chalicelib|localcloud|infra|tests|docs|benchmarks)/[\w./-]*)`", PAGES[page]))

    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


# ── examples ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("page", PAGES)
def test_every_json_example_is_json(page):
    for kind, text in blocks(page):
        if kind == "json":
            assert json.loads(text) is not None


@pytest.mark.parametrize("page", [page for page in PAGES if "curl " in PAGES[page]])
def test_every_curl_example_calls_an_operation_that_exists(page):
    for command in commands(page):
        for curl in curls(command):
            if curl.url.startswith(DEV["api_url"]):
                operation = operation_of(curl)
                asked = dict(parse_qsl(urlsplit(curl.url).query))
                assert operation.query is None or set(asked) <= set(operation.query), command
                assert operation.scope == "public" or curl.headers["authorization"] == f"Bearer {DEV['api_key']}"


def test_bodies_of_the_examples_are_json_with_fields_that_exist():
    bodies = [
        (page, json.loads(curl.body))
        for page in PAGES
        for command in commands(page)
        for curl in curls(command)
        if curl.path == "/v1/leads" and curl.method == "POST"
    ]
    unknown = {
        (page, problem.field)
        for page, body in bodies
        for problem in clean_values(body, region="DE", lenient=False)[1]
        if problem.code == "unknown_field"
    }

    assert len(bodies) >= 3
    assert unknown == set()


def test_the_readme_has_the_examples_that_make_run_prints():
    settings = local_settings.Settings(8000, 4566, 2525, Path(".local").resolve())
    printed = [shlex.split(command) for command in shell_commands(announcement.ready_text(settings, DEV))]

    assert len(printed) == 6
    assert [command for command in printed if command not in [shlex.split(one) for one in commands("README.md")]] == []


def test_the_five_examples_of_the_readme_make_five_leads(desk: Desk):
    for command in commands("README.md"):
        for curl in curls(command):
            if curl.method == "POST":
                media_type = curl.headers.get("content-type", "application/x-www-form-urlencoded")
                sender = desk.client if curl.path.startswith("/v1/") else desk.visitor
                path = curl.url.removeprefix(DEV["api_url"])
                assert sender.post(path, body=curl.body.encode(), headers={"Content-Type": media_type}).status in (
                    200,
                    201,
                ), command
        if "localcloud put" in command:
            desk.drop("leads.csv", printed_by(command))
        if "smtp://" in command:
            desk.mail(printed_by(command).replace("\n", "\r\n").encode(), sender="zoe@example.de")
    found = {lead["source"]: (lead["name"], lead["phones"], lead["emails"]) for lead in desk.leads()}

    assert {source: name for source, (name, _, _) in found.items()} == {
        "api": "Änne Öztürk",
        "web_form": "Jörg Müller",
        "csv": "Görkem Şahin",
        "email": "Zoë Weiß",
        "call": None,
    }
    assert [phone["e164"] for _, phones, _ in found.values() for phone in phones] == [
        "+4917604069012", "+4930901820", "+493023125000",
    ]  # fmt: skip
    assert len(desk.tasks()) == 1
    assert desk.reconciliation()["outcomes"] == {"created": 5}


# ── reading pages ─────────────────────────────────────────────────────────────────────────────────────────────────


def blocks(page: str) -> list[tuple[str, str]]:
    """(language, text) of every fenced block."""
    return [(kind, text) for _, kind, text in _BLOCK.findall(PAGES[page])]


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one of any level."""
    _, found, rest = PAGES[page].partition(f"\n## {heading}\n")
    if not found:
        _, found, rest = PAGES[page].partition(f"\n### {heading}\n")
    assert found, f"{page} has no heading '{heading}'"
    return re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]


def table_under(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, whose first column is code; its header left out."""
    first_table = re.search(r"^\|.*?(?=\n\n|\Z)", section(page, heading), re.MULTILINE | re.DOTALL)
    assert first_table, f"{page} has no table under '{heading}'"
    return [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for line in first_table[0].splitlines()[2:]
        if line.startswith("| `")
    ]


def words(cell: str) -> list[str]:
    """Everything in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def first_words(rows: list[list[str]]) -> set[str]:
    """The words of the first column."""
    return {word for cells in rows for word in words(cells[0])}


def broken_links(page: str, text: str) -> list[str]:
    """Relative links of a page to files or headings that do not exist."""
    prose = re.sub(r"`[^`\n]*`", "", _BLOCK.sub("", text))
    return [link for link in _LINK.findall(prose) if "://" not in link and not leads_somewhere(page, text, link)]


def leads_somewhere(page: str, text: str, link: str) -> bool:
    name, _, anchor = unquote(link).partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text(encoding="utf-8") if name else text)


def anchors(text: str) -> set[str]:
    """As they are made from headings where the pages are read: lower case, blanks to hyphens, signs left out."""
    headings = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_BLOCK.sub("", text)))
    return {heading.replace(" ", "-") for heading in headings}


def commands(page: str) -> list[str]:
    """The shell commands of a page, with the names of the examples filled in."""
    return [command for kind, text in blocks(page) if kind == "sh" for command in shell_commands(text)]


def shell_commands(text: str) -> list[str]:
    """The commands that call something of a run: `curl` and `localcloud put`."""
    for name, value in NAMES.items():
        text = text.replace(name, value)
    joined = re.sub(r"\\\n\s*", " ", text)
    return [line.strip() for line in joined.splitlines() if re.match(r" *(curl|printf) ", line)]


def curls(command: str) -> Iterator[Curl]:
    """The HTTP requests of a command."""
    filled = re.sub(r"\$\(date[^)]*\)", "2026-11-23T14:15:00Z", command)
    for part in re.split(r"(?:^|\| *)(?=curl )", filled):
        if part.startswith("curl ") and "smtp://" not in part:
            yield curl_of(shlex.split(part)[1:])


def curl_of(arguments: list[str]) -> Curl:
    method, url, headers, data = "", "", {}, []
    rest = iter(arguments)
    for argument in rest:
        if argument == "-X":
            method = next(rest)
        elif argument == "-H":
            name, _, value = next(rest).partition(": ")
            headers[name.lower()] = value
        elif argument == "-d":
            data.append(next(rest))
        elif argument.startswith("-"):
            assert set(argument[1:]) <= set("siL"), f"this test does not know curl's {argument}"
        else:
            url = argument
    return Curl(method or ("POST" if data else "GET"), url, headers, "&".join(data))


def printed_by(command: str) -> str:
    """What the `printf` of a command prints."""
    _, form, *values = shlex.split(re.sub(r"\$\(date[^)]*\)", "1795449600", command.partition(" | ")[0]))
    return form.replace("\\n", "\n").replace("%s", "".join(values))


def operation_of(curl: Curl):
    found = [
        operation
        for operation in operations()
        if operation.method == curl.method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), curl.path)
    ]
    assert found, f"{curl.method} {curl.path} is no operation"
    return found[0]


@cache
def operations():
    return [operation for door in api.doors() for operation in door.operations]


def reasons_in_code() -> set[tuple[str, str]]:
    """(reason, outcome) of every verdict that is written out, `_undecided` being one that needs attention."""
    return {
        verdict
        for path in (ROOT / "chalicelib").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        for verdict in verdicts(node.func.id, [getattr(argument, "value", None) for argument in node.args])
    }


def verdicts(called: str, arguments: list[object]) -> list[tuple[str, str]]:
    if called == "Verdict" and isinstance(arguments[0], str) and isinstance(arguments[1], str):
        return [(arguments[1], arguments[0])]
    if called == "_undecided" and isinstance(arguments[1], str):
        return [(arguments[1], "needs_attention")]
    return []
