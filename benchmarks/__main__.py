"""`python -m benchmarks`: all of them, one after the other; fails if one is over its goal."""

from __future__ import annotations

import importlib
import sys

#: Each has `main() -> int`, 0 when its goal is met.
BENCHMARKS = ("budgets", "page_cpu", "form_cpu", "any_number", "startup", "package_size")


def main() -> int:
    """Run all; the number of those over their goal."""
    over = 0
    for name in BENCHMARKS:
        print(f"\n== {name.replace('_', ' ')} ==", flush=True)
        over += bool(importlib.import_module(f"benchmarks.{name}").main())
    return over


if __name__ == "__main__":
    sys.exit(main())
