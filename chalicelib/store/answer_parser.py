"""DynamoDB's answers as Python values: the JSON as it is, without botocore's walk over the shape of every value.

That walk is more than half of the CPU of a page of fifty. An answer that is not plain JSON of a known operation, and
every error, goes botocore's way. A test compares both ways answer by answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

#: Answers whose members all have the names and types that the JSON has; binary values stay base64 text.
PLAIN = frozenset({"GetItemOutput", "BatchGetItemOutput", "QueryOutput", "ScanOutput"})


class AnswerParsers:
    """Stands in the place of botocore's `ResponseParserFactory`."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def set_parser_defaults(self, **defaults: Any) -> None:
        """As the original's."""
        self._original.set_parser_defaults(**defaults)

    def create_parser(self, protocol: str) -> Any:
        """A parser for a protocol."""
        parser = self._original.create_parser(protocol)
        return _AnswerParser(parser) if protocol == "json" else parser


class _AnswerParser:
    def __init__(self, original: Any) -> None:
        self._original = original

    def parse(self, response: Mapping[str, Any], shape: Any) -> Any:
        if response["status_code"] != 200 or shape is None or shape.name not in PLAIN:
            return self._original.parse(response, shape)
        try:
            parsed = orjson.loads(response["body"])
        except orjson.JSONDecodeError:
            return self._original.parse(response, shape)
        headers = {name.lower(): value for name, value in response["headers"].items()}
        parsed["ResponseMetadata"] = {"HTTPStatusCode": 200, "HTTPHeaders": headers}
        if "x-amzn-requestid" in headers:
            parsed["ResponseMetadata"]["RequestId"] = headers["x-amzn-requestid"]
        return parsed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)
