"""Files that come with an enquiry: what is known of one, and names that do no harm."""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from chalicelib.domain.cleaning import sound

#: Files kept of one enquiry; further ones stay in the raw.
MOST_FILES = 20
LONGEST_NAME = 255
LONGEST_FIELD = 100


@dataclass(frozen=True)
class Attachment:
    """One file as it came.

    Attributes:
        name: as the sender calls it: may be a path, may be empty.
        field: of the form.
        content: its bytes; of an uploaded one they lie elsewhere.
        upload: id under which it was uploaded before; empty for one that came along.
    """

    name: str
    field: str = ""
    content: bytes = dataclasses.field(default=b"", repr=False)
    upload: str = ""


def safe_name(name: str) -> str:
    """A file's name for people: no path, no character that changes how the rest reads, at most 255; never empty.

    It is shown and offered for saving. It is never where something is stored.
    """
    text = _UNSEEN.sub("", sound(name.replace("\\", "/").rpartition("/")[2]))
    text = " ".join(text.split()).strip(". ")
    stem, dot, extension = text.rpartition(".")
    if len(text) > LONGEST_NAME and dot and len(extension) <= 10:
        return stem[: LONGEST_NAME - len(extension) - 1] + dot + extension
    return text[:LONGEST_NAME] or "file"


def extension_of(name: str) -> str:
    """What stands behind the last dot, lower case; empty if there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


#: Marks of direction and width: with U+202E before it, `fdp.exe` reads `exe.pdf`.
_UNSEEN = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
