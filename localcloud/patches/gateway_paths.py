"""`$context.path` in a gateway response is the path of the request.

Upstream (ministack 1.5.33): `services/apigateway_v1.py`, `_gateway_error_response` knows eight variables of a template,
not this one, and leaves its name as it stands.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote


def apply() -> None:
    from ministack.services import apigateway_v1

    execute, render = apigateway_v1._execute_in_scope, apigateway_v1._gateway_error_response

    async def execute_with_path(
        request: dict, api_id: str, stage_name: str, method: str, path: str, *rest: object
    ) -> object:
        request["path"] = path
        return await execute(request, api_id, stage_name, method, path, *rest)

    def render_with_path(error: object, request: dict) -> tuple[int, dict[str, Any], bytes]:
        status, headers, body = render(error, request)
        path = json.dumps(quote(request.get("path", ""), safe="/%:@!$&'()*+,;=~"))[1:-1]
        return status, headers, body.replace(b"$context.path", path.encode())

    apigateway_v1._execute_in_scope = execute_with_path
    apigateway_v1._gateway_error_response = render_with_path
