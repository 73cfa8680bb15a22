"""Size of what is deployed: the zip, what takes the room in it, and the template."""

from __future__ import annotations

import sys
import zipfile
from collections import Counter

from infra import package

#: Bytes, zipped, with byte code.
GOAL = 25_000_000


def main() -> int:
    """Print the table; 1 if the zip is above the goal."""
    if package.main():
        return 1
    zipped: Counter[str] = Counter()
    unpacked: Counter[str] = Counter()
    with zipfile.ZipFile(package.ZIP) as archive:
        for entry in archive.infolist():
            top = entry.filename.partition("/")[0].removesuffix(".py")
            zipped[top] += entry.compress_size
            unpacked[top] += entry.file_size
    size = package.ZIP.stat().st_size
    for name, total in zipped.most_common(10):
        print(f"{name:34}{total / 1e6:10.2f} MB zipped {unpacked[name] / 1e6:8.2f} MB unpacked")
    print(f"{'template':34}{package.TEMPLATE.stat().st_size / 1e6:10.2f} MB")
    print(f"{'all':34}{size / 1e6:10.2f} MB zipped {sum(unpacked.values()) / 1e6:8.2f} MB unpacked", end=" ")
    print(f"(goal ≤ {GOAL / 1e6:.0f} MB zipped) {'ok' if size <= GOAL else 'OVER'}")
    return int(size > GOAL)


if __name__ == "__main__":
    sys.exit(main())
