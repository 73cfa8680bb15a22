"""MOCK integrations of a DefinitionBody keep their templates and responses: the CORS preflight answers its headers.

Upstream (ministack 1.5.33): `services/apigateway_v1.py`, `_import_operation` passes on type, httpMethod and uri of
`x-amazon-apigateway-integration` and drops `requestTemplates` and `responses`, so that a MOCK integration answers
200 `{}` without a header.
"""

from __future__ import annotations


def apply() -> None:
    from ministack.services import apigateway_v1

    import_operation = apigateway_v1._import_operation

    def import_with_responses(
        api_id: str, resource_id: str, http_method: str, operation: dict, *security: object
    ) -> None:
        import_operation(api_id, resource_id, http_method, operation, *security)
        integration = (operation or {}).get("x-amazon-apigateway-integration") or {}
        if str(integration.get("type", "")).upper() != "MOCK":
            return
        method = apigateway_v1._resources[api_id][resource_id]["resourceMethods"][http_method]
        stored = method["methodIntegration"]
        stored["requestTemplates"] = integration.get("requestTemplates") or {}
        stored["integrationResponses"] = {
            str(response["statusCode"]): {
                "statusCode": str(response["statusCode"]),
                "selectionPattern": "" if pattern == "default" else pattern,
                "responseParameters": response.get("responseParameters") or {},
                "responseTemplates": response.get("responseTemplates") or {},
            }
            for pattern, response in (integration.get("responses") or {}).items()
        }

    apigateway_v1._import_operation = import_with_responses
