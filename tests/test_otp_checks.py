"""What the checks of the login stand on: where codes come from, what is alike, whose address may be shown."""

from __future__ import annotations

import asyncio
import json
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.checks.otp import wrong
from conformance.checks.otp_alike import differences, judge, seen, steady
from conformance.checks.privacy import no_answer_carries_a_personal_address
from conformance.logins import Newcomer
from conformance.registry import Sight
from protocol import spec as spec_module
from protocol import target as target_module
from protocol.operations import Answer, Request
from protocol.target import Target, TargetError
from protocol.transcript import Redactor
from suite.expectations import CheckFailed, Inconclusive, NotRun, Recorder, current
from suite.otp_codes import OtpCodes

SPEC = spec_module.load()
RULE = SPEC.policy["otp_timing"]
HEAD = 'base_url = "http://127.0.0.1:1"\n'
TOKENS = '[tokens]\nsecret = "s"\n'


class Answering:
    """A wire that answers whatever is asked with one answer."""

    def __init__(self, status: int, body: Any) -> None:
        self.answer = Answer("readOtp", status=status, body=body)
        self.asked: list[str] = []

    async def send(self, request: Request) -> Answer:
        self.asked.append(request.path)
        return self.answer


def target(text: str = "", head: str = "") -> Target:
    return target_module.parse(HEAD + head + TOKENS + text, "t.toml", SPEC)


def codes(found: Target, status: int = 404, body: Any = None) -> OtpCodes:
    return OtpCodes(SPEC, found, Answering(status, body))  # type: ignore[arg-type]


def printing(words: str) -> Target:
    command = json.dumps([sys.executable, "-c", words])
    return target(f"[otp]\ncommand = {command}\n")


def read(source: OtpCodes, older: str | None = None) -> str:
    return asyncio.run(source.code("a@mail.example", older))


# -- where codes come from


def test_a_code_is_read_by_test_control() -> None:
    source = codes(target(head="test_control = true\n"), 200, {"otp": "012345678"})
    assert source.source == "test control"
    assert read(source, older="012345678") == "012345678", "test control is asked once"
    assert source.wire.asked == ["/__test__/otp?email=a%40mail.example"]  # type: ignore[attr-defined]


def test_a_command_comes_before_test_control_and_gets_the_address() -> None:
    command = json.dumps([sys.executable, "-c", "import sys; print(len(sys.argv[1]) * 10**7 + 5)"])
    found = target(f"[otp]\ncommand = {command}\n", "test_control = true\n")
    assert codes(found).source == "otp.command of the target file"
    assert read(codes(found)) == "140000005"


def test_a_command_is_asked_until_a_newer_code_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.otp_codes.POLL_S", 0.0)
    words = iter(["000000001", "000000001", "000000002"])
    monkeypatch.setattr("suite.otp_codes.asked", lambda *_: next(words))
    assert read(codes(printing("pass")), older="000000001") == "000000002"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (codes(target()), "the target file has neither test_control nor otp.command"),
        (
            codes(target(head="test_control = true\n")),
            "test control: GET /__test__/otp: wanted 200 and otp, got 404",
        ),
        (codes(target(head="test_control = true\n"), 200, {"otp": 12}), "wanted 200 and otp, got 200"),
        (codes(target(head="test_control = true\n"), 200, {"otp": "x" * 9}), "gave 9 characters; expected 9"),
        (codes(printing("print(12)")), "gave 2 characters; expected 9 digits"),
        (codes(printing("print('a b')")), "printed 3 characters; expected one code"),
        (codes(printing("raise SystemExit('no mail ' + 'x' * 40)")), "ended with 1: no mail ..."),
    ],
)
def test_where_no_code_can_be_had_it_says_why(source: OtpCodes, reason: str) -> None:
    with pytest.raises(NotRun, match="needs a code of the one-time login") as said:
        read(source)
    assert reason in str(said.value)
    assert said.value.cause == "tokens"


def test_addresses_are_new_valid_and_alike_at_both_ends() -> None:
    source = codes(target('[otp]\ndomain = "mail.example"\n'))
    found = [source.address() for _ in range(20)]
    assert len(set(found)) == 20
    assert {(one[:7], len(one), one[-17:]) for one in found} == {
        ("parley-", len(found[0]), "-otp@mail.example")
    }


@pytest.mark.parametrize(
    "domain", ["mail", "Mail.example", "mail..example", "-a.example", "a b.example", "a@b.example"]
)
def test_a_domain_that_is_none_is_named(domain: str) -> None:
    with pytest.raises(TargetError, match=r"otp\.domain"):
        target(f'[otp]\ndomain = "{domain}"\n')


# -- what is alike


def test_a_wrong_code_is_another_one_of_as_many_digits() -> None:
    assert wrong(SPEC, "000000000", 3) == "000000003"
    assert wrong(SPEC, "999999999") == "000000000"
    assert len({wrong(SPEC, "000000000", number) for number in range(1, 100)}) == 99


def test_differences_name_what_differs() -> None:
    assert differences({"message": "a", "remaining": 1}, {"message": "a", "remaining": 1}) == {}
    found = differences({"message": "a"}, {"message": "b", "newUser": "bool"})
    assert set(found) == {"message", "newUser"}


def test_a_message_is_compared_where_each_person_is_told_the_same() -> None:
    assert steady(["At 12:00:01", "At 12:00:02"]) == {"message": "At 0:0:0"}
    assert steady(["Welcome!", "Welcome!", "Welcome!"]) == {"message": "Welcome!"}
    assert steady(["Sent as ab12", "Sent as fe3"]) == steady(["once"]) == steady([]) == {}
    assert steady([None, None]) == {"message": None}


def test_a_count_of_another_limit_and_an_id_are_alike() -> None:
    somebody = Newcomer(None, None, "a@mail.example")  # type: ignore[arg-type]

    def shown(left: str | None, message: object) -> dict[str, Any]:
        headers = (("x-ratelimit-remaining", left),) if left is not None else ()
        body = {"message": message, "requestId": str(left)}
        return seen(SPEC, somebody, Answer("requestOtp", status=200, headers=headers, body=body))

    assert differences(shown("98", "At 12:00"), shown("97", "At 12:01")) == {}
    assert set(differences(shown("98", "At 12:00"), shown(None, 7))) == {"message", "x-ratelimit-remaining"}


def test_who_asks_again_waits_for_another_code(attempt: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.otp_codes.POLL_S", 0.0)
    words = iter(["000000001", "000000001", "000000002"])
    monkeypatch.setattr("suite.otp_codes.asked", lambda *_: next(words))
    granted = Answer("requestOtp", status=200, body={})

    class Asking:
        actor, lane = "newcomer", SimpleNamespace(redactor=Redactor())

        async def request_otp(self, email: str) -> Answer:
            return granted

    somebody = Newcomer(Asking(), codes(printing("pass")), "a@mail.example")  # type: ignore[arg-type]

    async def twice() -> list[str]:
        return [await somebody.code(), await somebody.asked()]

    assert asyncio.run(twice()) == ["000000001", "000000002"]


@pytest.fixture
def attempt() -> None:
    """Expectations have somewhere to go."""
    current.set(Recorder(SPEC, SPEC.requirement("OTP-1"), "a test", lambda record: None, Redactor()))


@pytest.mark.parametrize("turned", [False, True])
def test_a_time_that_tells_is_found_and_noise_accuses_nobody(attempt: None, turned: bool) -> None:
    def asked(one: list[float], other: list[float]) -> None:
        judge(*((other, one) if turned else (one, other)), RULE)

    quick, slow = [1.0, 1.1, 1.2] * 7, [200.0, 201.0, 199.0] * 7
    asked(quick, quick)
    asked(slow, [time + RULE["slack_ms"] for time in slow])
    asked(quick, [time + RULE["slack_ms"] for time in quick])
    with pytest.raises(CheckFailed, match="the median time of requestOtp"):
        asked(quick, slow)
    with pytest.raises(Inconclusive, match="too noisy"):
        asked(quick, [1.0, 1.0, 100.0, 100.0, 1000.0, 2000.0] * 4)


# -- whose address may be shown


def test_ones_own_address_is_shown_under_auth_alone() -> None:
    def said(operation: str, body: Any) -> str | None:
        return no_answer_carries_a_personal_address(Sight(SPEC, Answer(operation, status=200, body=body)))

    mine = {"message": "A code is on its way to a@mail.example."}
    assert said("requestOtp", mine) is None
    assert said("me", {"email": "a@mail.example"}) is None
    assert "e-mail address" in str(said("listRooms", mine))
    assert "e-mail address" in str(said("listEmoji", mine))
    assert "IPv4" in str(said("me", {"seen": "203.0.113.7"}))
