"""Gateway responses of a DefinitionBody are answered: an unknown path is our 404 problem, not Amazon's 403.

Upstream (ministack 1.5.33): `services/apigateway_v1.py`, `_import_rest_api` drops
`x-amazon-apigateway-gateway-responses`; only resources of type AWS::ApiGateway::GatewayResponse count.
"""

from __future__ import annotations


def apply() -> None:
    from ministack.services import apigateway_v1

    import_rest_api = apigateway_v1._import_rest_api

    def import_with_gateway_responses(spec: dict, base_data: dict | None = None) -> str:
        api_id = import_rest_api(spec, base_data)
        for response_type, response in (spec.get("x-amazon-apigateway-gateway-responses") or {}).items():
            status, _, body = apigateway_v1._put_gateway_response(api_id, response_type, response)
            if status >= 400:
                raise ValueError(f"gateway response {response_type}: {body!r}")
        return api_id

    apigateway_v1._import_rest_api = import_with_gateway_responses
