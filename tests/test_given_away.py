"""What a target gives away in an answer is masked in the very record of that answer, and wherever it shows
later; what is judged is the answer as it came.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from protocol import spec as spec_module
from protocol.client import Lane, User
from protocol.operations import Answer, Operations, Request
from protocol.transcript import Redactor, Transcript, quoted_secrets

SPEC = spec_module.load()
SECRET_FIELDS = SPEC.policy["names"]["secret_fields"]
REFRESH = "a+refresh/token-0123456789"


class Answering:
    """A wire that answers whatever is asked with this body and these Set-Cookie fields."""

    def __init__(self, body: Any, fields: list[str]) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answer = Answer("", 200, tuple(("set-cookie", one) for one in fields), raw=raw)
        self.body = body if isinstance(body, dict) else None

    async def send(self, request: Request) -> Answer:
        return Answer(request.operation, 200, self.answer.headers, raw=self.answer.raw, body=self.body)


def told(operation: str, body: Any, *fields: str) -> tuple[Answer, dict[str, Any], Redactor]:
    """What came of asking that, its record, and who knows what is secret from then on."""
    records: list[dict[str, Any]] = []
    transcript = Transcript(records.append, "http://target.example", SECRET_FIELDS)
    redactor = transcript.redactor()
    wire: Any = Answering(body, list(fields))
    user = User(
        Lane(SPEC, Operations(SPEC), wire, transcript, redactor, "a#1"), "newcomer", "", "", "", None, "none"
    )
    answer = asyncio.run(user.send(user.request(operation, email="a@mail.example")))
    return answer, records[0]["answer"], redactor


@pytest.mark.parametrize("name", ["refresh_token", "refreshToken", "Refresh-Token", "REFRESH_TOKEN", "OTP"])
def test_a_secret_property_is_one_however_its_name_is_written(name: str) -> None:
    _, record, redactor = told("me", {name: REFRESH, "deep": [{name: REFRESH}], "again": REFRESH})
    assert REFRESH not in json.dumps(record)
    assert REFRESH not in redactor.text(f"it said {REFRESH}")
    cut_off = json.dumps({name: REFRESH})[:-5]
    assert quoted_secrets(SECRET_FIELDS).sub(r"\1«secret»", cut_off) == f'{{"{name}": "«secret»'


def test_a_property_of_another_name_is_shown() -> None:
    _, record, _ = told("me", {"tokens": "as it is", "otpSent": "as it is"})
    assert record["body"]["json"] == {"tokens": "as it is", "otpSent": "as it is"}


@pytest.mark.parametrize("form", [REFRESH, "a%2Brefresh%2Ftoken-0123456789", f'"{REFRESH}"'])
def test_the_value_of_a_token_cookie_is_masked_in_the_body_of_the_same_answer(form: str) -> None:
    answer, record, redactor = told("verifyOtp", {"kept": REFRESH}, f"refresh_token={form}; Path=/auth")
    assert REFRESH not in json.dumps(record)
    assert redactor.text(REFRESH) == "«refresh_token»"
    assert answer.body == {"kept": REFRESH}


def test_other_cookies_and_cleared_ones_are_no_secrets() -> None:
    fields = ("theme=dark-and-quiet", "auth_token=signed-out; Max-Age=0", "refresh_token=")
    _, record, _ = told("logout", {"said": "dark-and-quiet, signed-out"}, *fields)
    assert record["body"]["json"] == {"said": "dark-and-quiet, signed-out"}


@pytest.mark.parametrize(
    "body",
    [
        {"devCode": "659391661"},
        {"devCode": 659391661},
        {"message": "Your code is 659391661."},
        {"debug": {"mail": ["659391661"]}},
        b"<p>659391661</p>",
    ],
    ids=str,
)
def test_what_may_be_the_code_is_masked_where_a_code_was_asked_for(body: Any) -> None:
    answer, record, redactor = told("requestOtp", body)
    assert b"659391661" in answer.raw
    assert "659391661" not in json.dumps(record)
    assert redactor.text("the code 659391661") == "the code «newcomer code»"
    assert "659391661" in json.dumps(told("listRooms", body)[1]), "elsewhere it is a number as any other"


def test_a_run_of_more_or_fewer_digits_and_a_number_that_is_described_are_no_codes() -> None:
    body = {"success": True, "at": "1764414000123", "id": "12345678", "expiresIn": 123456789}
    _, record, _ = told("requestOtp", body)
    assert record["body"]["json"] == body


def test_who_tells_a_thousand_codes_is_not_searched_for_all_of_them() -> None:
    _, _, redactor = told("requestOtp", {"codes": [str(123456789 + number) for number in range(1000)]})
    assert len(redactor._names) < 70
