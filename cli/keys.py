"""`leads keys`: API keys are made, listed and revoked; the first of a deployment with AWS credentials."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import click

from chalicelib.domain.caller import SCOPES
from cli import aws, output, place
from cli.failures import FAILED, Refused
from cli.text import local, shown


@click.group(name="keys")
def command() -> None:
    """Make, list and revoke API keys."""


@command.command()
@click.option("--name", required=True, help="As people will know it.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="Repeatable.")
@click.option("--all-scopes", is_flag=True)
@click.option("--expires-at", metavar="TIME", help="RFC 3339; else never.")
@click.option("--user", metavar="usr_…", help="Whom it acts for: the owner `me`.")
@click.option("--aws", "directly", is_flag=True, help="Under AWS credentials, into the table: the first key.")
@aws.options
@output.json_option
@place.api_options
def create(name: str, scopes: tuple[str, ...], all_scopes: bool, expires_at: str | None, user: str | None,
           directly: bool, stack: str | None, region: str | None, as_json: bool | None, url: str | None,
           key: str | None) -> None:  # fmt: skip
    """Make a key. Its secret is shown now and never again."""
    if bool(scopes) == all_scopes:
        raise click.UsageError("Say what the key may do: --scope (repeatable) or --all-scopes")
    chosen = list(SCOPES if all_scopes else dict.fromkeys(scopes))
    if directly:
        if expires_at:
            raise click.UsageError("--expires-at is for keys made over the API")
        made = _in_the_table(name, chosen, user, stack, region)
    else:
        if stack or region:
            raise click.UsageError("--stack and --region go with --aws")
        said = {"expires_at": expires_at, "user_id": user}
        body = {"name": name, "scopes": chosen, **{member: value for member, value in said.items() if value}}
        made = place.api(url, key).post("/v1/api-keys", body).body
    if output.wants_json(as_json):
        output.emit(made)
    else:
        output.say(str(made["secret"]))
        output.note(f"{made['id']} {made['name']}: {', '.join(made['scopes'])}. The secret is shown only now.")


def _in_the_table(
    name: str, scopes: list[str], user: str | None, stack: str | None, region: str | None
) -> dict[str, Any]:
    with aws.workspace(stack, region):
        from chalicelib.services import keys

        made, secret = keys.create(name=name, scopes=scopes, at=datetime.now(UTC), user_id=user)
    return {"id": made.id, "name": made.name, "scopes": list(made.scopes), "user_id": made.user_id, "secret": secret}


@command.command(name="list")
@output.json_option
@place.api_options
def show_all(as_json: bool | None, url: str | None, key: str | None) -> None:
    """List keys; never their secrets."""
    found = [each for page in place.api(url, key).pages("/v1/api-keys") for each in page]
    if output.wants_json(as_json):
        for each in found:
            output.emit(each)
        return
    columns = ("id", "name", "scopes", "user_id", "created_at", "expires_at", "last_used_at")
    cells = ({name: local(each[name]) if name.endswith("_at") and each.get(name) else shown(each.get(name))
              for name in columns} for each in found)  # fmt: skip
    output.table(columns, cells)


@command.command()
@click.argument("key_ids", metavar="key_…", nargs=-1, required=True)
@output.json_option
@place.api_options
def revoke(key_ids: tuple[str, ...], as_json: bool | None, url: str | None, key: str | None) -> int:
    """Revoke keys; within 30 seconds they are good nowhere."""
    api, lines, failed = place.api(url, key), output.wants_json(as_json), False
    for key_id in key_ids:
        try:
            api.delete(f"/v1/api-keys/{quote(key_id, safe='')}")
        except Refused as refusal:
            failed = True
            output.note(f"{key_id}: {refusal.message}")
            continue
        if lines:
            output.emit({"id": key_id, "revoked": True})
        else:
            output.say(f"revoked {key_id}")
    return FAILED if failed else 0
