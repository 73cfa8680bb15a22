"""Binary media types of a DefinitionBody reach the API, and a body without Content-Type stays bytes.

Upstream (ministack 1.5.33): `services/apigateway_v1.py`, `_import_rest_api` reads title, version, security and paths of
the body and drops `x-amazon-apigateway-binary-media-types`; `_media_type_matches` answers no for a request without
Content-Type even when the types hold `*/*`. Either way a body that is not UTF-8 reaches the function with U+FFFD in it.
API Gateway matches `*/*` against everything.
"""

from __future__ import annotations


def apply() -> None:
    from ministack.services import apigateway_v1

    import_rest_api = apigateway_v1._import_rest_api
    media_type_matches = apigateway_v1._media_type_matches

    def import_with_binary_types(spec: dict, base_data: dict | None = None) -> str:
        api_id = import_rest_api(spec, base_data)
        types = spec.get("x-amazon-apigateway-binary-media-types") or []
        api = apigateway_v1._rest_apis[api_id]
        api["binaryMediaTypes"] = [*(api.get("binaryMediaTypes") or []), *types]
        return api_id

    def matches_also_nothing(media_type: str | None, binary_media_types: list[str] | None) -> bool:
        return "*/*" in (binary_media_types or ()) or media_type_matches(media_type, binary_media_types)

    apigateway_v1._import_rest_api = import_with_binary_types
    apigateway_v1._media_type_matches = matches_also_nothing
