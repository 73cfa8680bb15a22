"""The workspace's settings: shown with their defaults, changed by merge patches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.domain import workspace_settings
from chalicelib.domain.workspace_settings import Surroundings
from chalicelib.domain.write import Write
from chalicelib.services import document_changes, documents, workspace
from chalicelib.services.answering import Written, written
from chalicelib.services.document_changes import Edit
from chalicelib.services.settle import Known
from chalicelib.store.documents import Document


def shown(document: Document) -> dict[str, Any]:
    """All settings as the API shows them."""
    return {**workspace.DEFAULTS, **document.content, "version": document.version}


def change(patch: Mapping[str, Any], write: Write) -> Written:
    """Apply a merge patch. Raises PreconditionFailed, Invalid with all problems, KeyReused, TooLarge, Busy."""
    around = Surroundings(
        is_user=lambda user: workspace.user_exists(user, write.at),
        is_source=lambda source: workspace.source_exists(source, write.at),
    )

    def apply(document: Document, known: Known) -> Mapping[str, Any]:
        write.check_version(document.version, shown(document))
        return workspace_settings.patched(document.content, workspace.DEFAULTS, patch, document.version, around)

    def answer(document: Document, known: Known) -> Written:
        return written(200, shown(document), version=document.version)

    return document_changes.change(Edit(documents.SETTINGS, apply, answer), write)
