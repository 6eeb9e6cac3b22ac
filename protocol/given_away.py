"""What an answer gives away: learned for a secret before the exchange is recorded. It judges nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote

from protocol.cookies import set_cookies
from protocol.operations import Answer
from protocol.spec import Spec
from protocol.transcript import SECRET_CHARS, Redactor

CODES_MOST = 8  # of one answer; who is told more is told none


def learn(redactor: Redactor, spec: Spec, answer: Answer, actor: str) -> None:
    """The values of token cookies, and in the answer of requestOtp whatever may be the code."""
    names = spec.policy["names"]
    for cookie in set_cookies(answer.header_values("set-cookie"), "/"):
        if cookie.name in (names["token_cookie"], names["refresh_cookie"]) and not cookie.is_gone(
            time.time()
        ):
            value = cookie.value.strip('"')[:SECRET_CHARS]
            for form in (value, unquote(value)):  # bodies have it as it is
                redactor.learn(form, cookie.name)
    if answer.operation == "requestOtp":
        for code in islice(_codes(spec, answer), CODES_MOST):
            redactor.learn(code, f"{actor} code")


def _codes(spec: Spec, answer: Answer) -> Iterator[str]:
    """Runs of as many digits as a code has. Numbers that the operation describes are none."""
    told = answer.raw.decode("utf-8", "replace")
    if isinstance(answer.body, dict):
        schema = spec.operation(answer.operation).response_schema or {}
        described = schema.get("properties", {})
        kept = {
            key: value for key, value in answer.body.items() if key not in described or isinstance(value, str)
        }
        told = json.dumps(kept, ensure_ascii=False)
    digits = rf"(?<![0-9])[0-9]{{{spec.limits['otp_digits']}}}(?![0-9])"
    for text in (told, *(value for _, value in answer.headers)):
        for found in re.finditer(digits, text):
            yield found[0]
