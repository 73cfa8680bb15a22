"""The API Gateway of the local cloud answers as our template says (patches of MiniStack)."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from localcloud.patches import (
    binary_media_types,
    gateway_paths,
    gateway_responses,
    integration_failures,
    mock_integrations,
)
from tests.cloud.patching import held_by

ECHO = {
    "x-amazon-apigateway-integration": {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": "arn:aws:lambda:eu-central-1:000000000000:function:echo",
    }
}
PREFLIGHT = {
    "x-amazon-apigateway-integration": {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {
            "default": {
                "statusCode": "200",
                "responseParameters": {
                    "method.response.header.Access-Control-Allow-Origin": "'*'",
                    "method.response.header.Access-Control-Allow-Headers": "'Authorization,Content-Type,If-Match'",
                },
            }
        },
    }
}
BUSY = {
    "statusCode": 503,
    "responseParameters": {
        "gatewayresponse.header.Content-Type": "'application/problem+json'",
        "gatewayresponse.header.Retry-After": "'5'",
    },
    "responseTemplates": {"application/json": '{"code": "busy", "request_id": "$context.requestId"}'},
}


def deployed(spec: dict[str, Any]) -> str:
    from ministack.services import apigateway_v1

    api_id = apigateway_v1._import_rest_api({"info": {"title": "leadger"}, **spec})
    apigateway_v1._create_deployment(api_id, {"stageName": "prod"})
    return api_id


def call(
    api_id: str, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
) -> tuple[int, dict[str, Any], bytes]:
    from ministack.services import apigateway_v1

    return asyncio.run(apigateway_v1.handle_execute(api_id, "prod", method, path, headers or {}, body, {}))


def answer_by_function(result: dict[str, Any], events: list[dict[str, Any]] | None = None) -> None:
    """Let every function answer this execution record, and keep the events it was called with."""
    from ministack.services import apigateway_v1

    async def call_lambda(_reference: str, event: dict[str, Any], **_scope: Any) -> tuple[dict[str, Any], None]:
        if events is not None:
            events.append(event)
        return result, None

    apigateway_v1._call_lambda_raw = call_lambda


@held_by(binary_media_types)
@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/json"},
        {"content-type": "text/plain; charset=iso-8859-1"},
        {},
    ],
    ids=["form", "json", "text", "no content type"],
)
def test_every_body_reaches_the_function_byte_for_byte(headers: dict[str, str]) -> None:
    events: list[dict[str, Any]] = []
    answer_by_function({"body": {"statusCode": 200, "body": ""}}, events)
    api_id = deployed(
        {"x-amazon-apigateway-binary-media-types": ["*/*"], "paths": {"/f/{form_id}": {"post": ECHO}}},
    )
    assert call(api_id, "POST", "/f/frm_demo", headers, b"name=M\xfcller&x=\x00\xff")[0] == 200
    assert events[0]["isBase64Encoded"]
    assert base64.b64decode(events[0]["body"]) == b"name=M\xfcller&x=\x00\xff"


@held_by(mock_integrations)
def test_a_cors_preflight_answers_the_headers_of_the_template() -> None:
    api_id = deployed({"paths": {"/v1/leads": {"options": PREFLIGHT}}})
    status, headers, _ = call(api_id, "OPTIONS", "/v1/leads", {"origin": "https://www.example.de"})
    assert status == 200
    assert headers.get("Access-Control-Allow-Origin") == "*"
    assert headers.get("Access-Control-Allow-Headers") == "Authorization,Content-Type,If-Match"


@held_by(gateway_responses)
def test_an_unknown_path_is_answered_by_the_gateway_response_of_the_template() -> None:
    not_found = {**BUSY, "statusCode": 404, "responseTemplates": {"application/json": '{"code": "not_found"}'}}
    api_id = deployed(
        {
            "x-amazon-apigateway-gateway-responses": {"MISSING_AUTHENTICATION_TOKEN": not_found},
            "paths": {"/v1/leads": {"get": ECHO}},
        }
    )
    status, headers, body = call(api_id, "GET", "/v1/nothing")
    assert (status, headers["Content-Type"], json.loads(body)) == (
        404,
        "application/problem+json",
        {"code": "not_found"},
    )


@held_by(gateway_paths)
def test_a_gateway_response_names_the_path() -> None:
    from ministack.services import apigateway_v1

    template = {"application/json": '{"instance": "$context.path"}'}
    api_id = deployed({"paths": {"/v1/leads": {"get": ECHO}}})
    apigateway_v1._put_gateway_response(
        api_id, "MISSING_AUTHENTICATION_TOKEN", {**BUSY, "statusCode": 404, "responseTemplates": template}
    )
    apigateway_v1._create_deployment(api_id, {"stageName": "prod"})

    _, _, body = call(api_id, "GET", '/v1/nichts/"ü')

    assert json.loads(body) == {"instance": "/v1/nichts/%22%C3%BC"}


@held_by(integration_failures)
def test_a_crashed_function_is_answered_by_the_gateway_response_and_says_nothing_of_its_error() -> None:
    from ministack.services import apigateway_v1

    answer_by_function({"error": True, "body": {"errorMessage": "Müller, 0176 04069012", "errorType": "KeyError"}})
    api_id = deployed({"paths": {"/v1/leads": {"get": ECHO}}})
    apigateway_v1._put_gateway_response(api_id, "DEFAULT_5XX", BUSY)
    apigateway_v1._create_deployment(api_id, {"stageName": "prod"})
    status, headers, body = call(api_id, "GET", "/v1/leads")
    assert (status, headers.get("Retry-After"), headers["Content-Type"]) == (503, "5", "application/problem+json")
    assert json.loads(body) == {"code": "busy", "request_id": headers["x-amzn-requestid"]}
