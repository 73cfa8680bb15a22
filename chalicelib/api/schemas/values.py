"""Values that many answers hold, with their patterns and an example each."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from chalicelib.api.schemas.description import Made
from chalicelib.domain.caller import SCOPES
from chalicelib.domain.fields import FIELD_TYPES
from chalicelib.domain.inbound import OUTCOMES
from chalicelib.domain.receipt import PENDING

_ID = "[0-9A-HJKMNP-TV-Z]"

LeadId = Annotated[str, Meta(pattern=f"^lead_{_ID}{{11}}$", examples=["lead_0J5Q2M8T3XA"])]
EntryId = Annotated[str, Meta(pattern=f"^evt_{_ID}{{11}}$", examples=["evt_0J5Q2M8T3XB"])]
TaskId = Annotated[str, Meta(pattern=f"^tsk_L{_ID}{{22}}$", examples=["tsk_L0J5Q2M8T3XA0J5Q2M8T3XC"])]
ImportId = Annotated[str, Meta(pattern=f"^imp_{_ID}{{11}}$", examples=["imp_0J5Q2M8T3XD"])]
ReceiptId = Annotated[str, Meta(pattern=f"^rcp_{_ID}{{16}}$", examples=["rcp_4Z7Q2M8T3XA0J5Q2"])]
UserId = Annotated[str, Meta(examples=["usr_0J5Q2M8T3XE"])]
KeyId = Annotated[str, Meta(pattern="^key_[0-9a-f]{16}$", examples=["key_0f9a3c5d7e1b2a4c"])]
KeyName = Annotated[str, Meta(examples=["Messe-App"])]
Scopes = Annotated[
    list[Annotated[str, Meta(extra_json_schema={"x-extensible-enum": list(SCOPES)})]],
    Meta(examples=[["leads:read", "leads:write"]]),
]
#: Who did it: a key or a user.
ActorId = Annotated[str, Meta(description="A key or a user.", examples=["key_0f9a3c5d7e1b2a4c"])]

Moment = Annotated[
    str,
    Meta(
        description="RFC 3339, UTC, with milliseconds.",
        examples=["2026-11-23T09:15:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Version = Annotated[int, Meta(ge=1, description="One more with every change; the ETag.", examples=[7])]
Day = Annotated[str, Meta(examples=["2026-12-25"], extra_json_schema={"format": "date"})]
Position = Annotated[int, Meta(ge=1, description="From 1.", examples=[2])]
Count = Annotated[int, Meta(ge=0, examples=[3])]
Link = Annotated[str, Meta(description="Expires.", examples=["https://files.example.de/raw"])]

Outcome = Annotated[
    str,
    Meta(
        description="What became of it; there may be more one day.",
        examples=["created"],
        extra_json_schema={"x-extensible-enum": [PENDING, *OUTCOMES]},
    ),
]
Source = Annotated[str, Meta(description="Where it came from; the workspace's own list.", examples=["web_form"])]
Name = Annotated[str, Meta(examples=["Änne Öztürk"])]
Title = Annotated[str, Meta(examples=["Photovoltaik Einfamilienhaus"])]
Company = Annotated[str, Meta(examples=["Öztürk Solar GmbH"])]
StatusId = Annotated[str, Meta(description="The workspace's own list.", examples=["in_process"])]
PhoneNumber = Annotated[str, Meta(description="E.164", examples=["+4917604069012"])]
EmailAddress = Annotated[str, Meta(examples=["aenne@example.de"])]
Tag = Annotated[str, Meta(examples=["messe-2026"])]
Sentence = Annotated[
    str, Meta(description="For people.", examples=["Not a phone number that could be dialled (one per entry)."])
]
Code = Annotated[str, Meta(description="For machines; stable.", examples=["invalid_phone"])]
Anything = dict[str, Any]


class Money(Made):
    """An amount as text, never a float, and its currency (ISO 4217)."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {**FIELD_TYPES["money"].answered, "examples": [{"amount": "1234.50", "currency": "EUR"}]}


class Address(Made):
    """A postal address; what is not known is absent."""

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {
            **FIELD_TYPES["address"].answered,
            "examples": [{"street": "Am Römerhof 3", "postal_code": "60486", "city": "Frankfurt", "country": "DE"}],
        }
