"""Write docs/problems.md from the table of problem codes: `python docs/problems.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chalicelib.api.problem_codes import CODES

PAGE = Path(__file__).with_name("problems.md")

INTRODUCTION = """\
# Problems

<!-- written by docs/problems.py from chalicelib/api/problem_codes.py -->

Every error of the API is a problem document (RFC 9457, `application/problem+json`):

```json
{"type": "/docs/problems#validation_failed", "title": "Values cannot be used", "status": 422,
 "detail": "'12' is no phone number", "code": "validation_failed", "instance": "/v1/leads", "request_id": "…",
 "errors": [{"field": "phones[0]", "pointer": "/phones/0", "code": "invalid_phone",
             "detail": "'12' is no phone number"}]}
```

`code` is for programs: codes are stable, new ones may come. `detail` is for people and may change. `type` is relative
to the address of the API, which serves this page. `request_id` is also in the header `X-Request-Id`, and in the log.
Names that cannot stand in a field's path as they are stand in quotes: `custom["a.b"]`; `pointer` (RFC 6901) needs
none. Query parameters are named by `parameter` instead of `pointer`. More errors than fit into an answer are counted
in `errors_omitted`. Behind API Gateway, the header `WWW-Authenticate` of a 401 arrives as
`x-amzn-Remapped-WWW-Authenticate`.

"""


def markdown() -> str:
    """The page."""
    sections = (f"## `{code}`\n\n{explanation.title}. {explanation.text}\n" for code, explanation in CODES.items())
    return INTRODUCTION + "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
