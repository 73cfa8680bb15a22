"""The merge template: the parts of this folder as one document, which Chalice lays over its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def merge_template() -> dict[str, Any]:
    """All parts as one template.

    Raises:
        ValueError: two parts define the same name in the same section.
    """
    import yaml

    template: dict[str, Any] = {}
    for part in sorted(HERE.glob("*.yaml")):
        for section, entries in yaml.safe_load(part.read_text(encoding="utf-8")).items():
            known = template.setdefault(section, {})
            if twice := known.keys() & entries.keys():
                raise ValueError(f"{part.name} defines {', '.join(sorted(twice))} in {section} once more")
            known.update(entries)
    return template
