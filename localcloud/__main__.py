"""`python -m localcloud` runs Leadger on this machine; `python -m localcloud put FILE` drops a file for import."""

from __future__ import annotations

import os
import sys

from localcloud import settings


def main(arguments: list[str]) -> int:
    """Run or put; return the exit code."""
    try:
        chosen = settings.from_environment()
        if arguments[:1] == ["put"]:
            from localcloud import dropping

            dropping.put(chosen, arguments[1:])
        elif arguments:
            raise settings.Refused("usage: python -m localcloud [put FILE [-]]")
        else:
            from localcloud import run

            run.run(chosen)
    except settings.Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # while packaging; later Ctrl-C is the clean stop
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # MiniStack's and the workers' threads have nothing left to do, and must not keep the process.
    os._exit(code)
