"""A function that crashes or cannot start is answered through the gateway responses, as on AWS.

Upstream (ministack 1.5.33): `services/apigateway_v1.py`, `_invoke_lambda_proxy_v1` answers 502 with the error's own
text as `message`: no gateway response, and what the exception said on the wire. API Gateway answers a failed proxy
integration through DEFAULT_5XX.
"""

from __future__ import annotations

from typing import Any


class _Failed(Exception):
    pass


def apply() -> None:
    from ministack.services import apigateway_v1

    lambda_proxy_response = apigateway_v1._lambda_proxy_response
    execute_in_scope = apigateway_v1._execute_in_scope

    def failing_proxy_response(result: dict) -> Any:
        response, error = lambda_proxy_response(result)
        if error:
            raise _Failed(error)
        return response, None

    async def execute_with_gateway_errors(*call: Any, **named: Any) -> Any:
        try:
            return await execute_in_scope(*call, **named)
        except _Failed:
            return apigateway_v1._GatewayError("DEFAULT_5XX", "Internal server error")

    apigateway_v1._lambda_proxy_response = failing_proxy_response
    apigateway_v1._execute_in_scope = execute_with_gateway_errors
