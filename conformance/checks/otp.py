"""otp: codes and the login by them (OTP-2 to OTP-8); how answers are alike is in otp_alike.py."""

from __future__ import annotations

import asyncio

from conformance.checks.ratelimit import budget_of
from conformance.logins import Newcomer, kept_of, path_of, refresh_cookie, token_cookie
from conformance.registry import check
from conformance.waits import after, still_within
from protocol.client import User
from protocol.cookies import Cookie
from protocol.operations import Answer
from protocol.spec import Spec
from suite.expectations import Inconclusive, expect, given, given_that, twin

MANY = 4  # times the wrong tries, sent at once
SAME_SITE = ("lax", "strict")


def wrong(spec: Spec, code: str, by: int = 1) -> str:
    """Another code of as many digits; each number gives another one."""
    digits = spec.limits["otp_digits"]
    return f"{(int(code) + by) % 10**digits:0{digits}d}"


async def wrong_tries(somebody: Newcomer, spec: Spec, code: str, count: int) -> None:
    """So many wrong codes, each of which is refused."""
    for number in range(1, count + 1):
        expect(await somebody.verify(wrong(spec, code, number)), f"wrong try {number}").refused()


# -- OTP-2


@check("OTP-2")
async def the_right_code_logs_in(newcomer: Newcomer) -> None:
    expect(await newcomer.verify(await newcomer.asked())).accepted().valid()


@check("OTP-2")
async def the_cookie_of_a_login_is_out_of_reach(newcomer: Newcomer, spec: Spec) -> None:
    answer = await newcomer.verify(await newcomer.asked())
    expect(answer).accepted()
    judge_token_cookie(newcomer.user, answer, spec)


@check("OTP-2")
async def the_refresh_cookie_is_for_refresh_alone(newcomer: Newcomer, spec: Spec) -> None:
    answer = await newcomer.verify(await newcomer.asked())
    expect(answer).accepted()
    judge_refresh_cookie(newcomer.user, answer, spec)


@check("OTP-2")
async def the_cookie_of_a_refresh_is_out_of_reach(newcomer: Newcomer, spec: Spec) -> None:
    session = await newcomer.log_in()
    judge_token_cookie(session.user, given(await session.refresh()), spec)


@check("OTP-2")
async def the_refresh_cookie_of_a_refresh_is_for_refresh_alone(newcomer: Newcomer, spec: Spec) -> None:
    session = await newcomer.log_in()
    judge_refresh_cookie(session.user, given(await session.refresh()), spec)


@check("OTP-2")
async def no_answer_tells_the_code(newcomer: Newcomer) -> None:
    answer = given(await newcomer.ask())
    code = await newcomer.code()
    told = answer.raw.decode("utf-8", "replace") + repr(answer.headers)
    expect(code in told, "whether the answer to requestOtp tells the code").equals(False)
    twin(await newcomer.verify(code))


@check("OTP-2", wait="otp_lifetime - grace_before", extra=True)
async def a_code_is_good_until_its_lifetime_ends(newcomer: Newcomer) -> None:
    asked = given(await newcomer.ask())
    code = await newcomer.code()
    await after("otp_lifetime - grace_before", asked)
    still_within("otp_lifetime", asked)
    expect(await newcomer.verify(code)).accepted()


def judge_token_cookie(user: User, answer: Answer, spec: Spec) -> None:
    cookies = the_cookies(user, answer, token_cookie(spec))
    for cookie in cookies:
        out_of_reach(cookie)
        expect(same_site(cookie), f"SameSite of {cookie.name}").is_one_of(SAME_SITE)
    reaches = any(cookie.goes_to(path_of(user, "listRooms")) for cookie in cookies)
    paths = " and ".join(cookie.path for cookie in cookies)
    about = f"whether {token_cookie(spec)}, for the path {paths}, reaches signaling"
    expect(reaches, about).equals(True)


def judge_refresh_cookie(user: User, answer: Answer, spec: Spec) -> None:
    wanted = path_of(user, "refresh")
    for cookie in the_cookies(user, answer, refresh_cookie(spec)):
        out_of_reach(cookie)
        expect(same_site(cookie), f"SameSite of {cookie.name}").equals("strict")
        expect(cookie.path, f"Path of {cookie.name}").equals(wanted)


def the_cookies(user: User, answer: Answer, name: str) -> list[Cookie]:
    """The cookies of that name that a browser keeps, of which there must be one at least."""
    cookies = kept_of(user, answer, name)
    expect(bool(cookies), f"whether {name} is set").equals(True)
    return cookies


def out_of_reach(cookie: Cookie) -> None:
    attributes = sorted(cookie.attributes)
    expect(attributes, f"the attributes of {cookie.name}").contains("httponly")
    expect(attributes, f"the attributes of {cookie.name}").contains("secure")


def same_site(cookie: Cookie) -> str:
    return cookie.attributes.get("samesite", "none given").lower()


# -- OTP-3 to OTP-6


@check("OTP-3")
async def a_code_is_good_once(newcomer: Newcomer) -> None:
    code = await newcomer.asked()
    twin(await newcomer.verify(code))
    expect(await newcomer.verify(code)).refused()


@check("OTP-3", tags=["race"], safety=True, extra=True)
async def of_one_code_used_at_once_one_login_is_made(newcomer: Newcomer, spec: Spec) -> None:
    code = await newcomer.asked()
    answers = await asyncio.gather(*(newcomer.verify(code) for _ in range(spec.limits["otp_wrong_tries"])))
    logins = sum(answer.status == 200 for answer in answers)
    given_that(logins, "logins by one code").at_least(1)
    expect(logins, f"logins by one code, used {len(answers)} times at once").at_most(1)


@check("OTP-4")
async def a_code_is_gone_after_its_lifetime(newcomer: Newcomer) -> None:
    asked = given(await newcomer.ask())
    code = await newcomer.code()
    await after("otp_lifetime + grace_after", asked)
    expect(await newcomer.verify(code)).refused()
    twin(await newcomer.verify(await newcomer.asked()))


@check("OTP-5")
async def wrong_tries_kill_the_code(newcomer: Newcomer, latecomer: Newcomer, spec: Spec) -> None:
    code = await newcomer.asked()
    tries = spec.limits["otp_wrong_tries"]
    await wrong_tries(newcomer, spec, code, tries)
    expect(await newcomer.verify(code), "the right code after the last wrong try").refused()
    expect(await newcomer.verify(wrong(spec, code, tries + 1)), "one more wrong code").refused()
    twin(await latecomer.verify(await latecomer.asked()))


@check("OTP-5")
async def the_last_try_but_one_leaves_the_code_good(newcomer: Newcomer, spec: Spec) -> None:
    code = await newcomer.asked()
    await wrong_tries(newcomer, spec, code, spec.limits["otp_wrong_tries"] - 1)
    expect(await newcomer.verify(code), "the right code after all wrong tries but one").accepted()


@check("OTP-5", tags=["race"], extra=True)
async def wrong_tries_at_once_kill_the_code(newcomer: Newcomer, latecomer: Newcomer, spec: Spec) -> None:
    code = await newcomer.asked()
    many = range(1, MANY * spec.limits["otp_wrong_tries"] + 1)
    for answer in await asyncio.gather(*(newcomer.verify(wrong(spec, code, by)) for by in many)):
        expect(answer, "a wrong try among many").refused()
    expect(await newcomer.verify(code), "the right code after many wrong tries at once").refused()
    twin(await latecomer.verify(await latecomer.asked()))


@check("OTP-6")
async def a_newer_code_replaces_the_older(newcomer: Newcomer) -> None:
    older = await newcomer.asked()
    given(await newcomer.ask())
    newer = await newcomer.code(older)
    if newer == older and newcomer.codes.target.otp.command is not None:
        raise Inconclusive("otp.command of the target file still printed the older code")
    expect(newer == older, "whether the newer code is the older one again").equals(False)
    expect(await newcomer.verify(older), "the older code").refused()
    twin(await newcomer.verify(newer))


# -- OTP-7 and OTP-8


@check("OTP-7", tags=["budget"])
async def the_request_budget_holds_exactly(newcomer: Newcomer, spec: Spec) -> None:
    await spend(newcomer, spec)
    expect(await newcomer.ask()).refused()


@check("OTP-7", tags=["budget"])
async def a_login_does_not_renew_the_budget(newcomer: Newcomer, spec: Spec) -> None:
    given(await newcomer.verify(await newcomer.asked()))
    await spend(newcomer, spec, already=1)
    expect(await newcomer.ask(), "requestOtp beyond the budget, after a login").refused()


@check("OTP-7", tags=["budget"])
async def the_case_of_the_domain_grants_no_fresh_budget(newcomer: Newcomer, spec: Spec) -> None:
    await spend(newcomer, spec)
    local, _, domain = newcomer.email.rpartition("@")
    expect(await newcomer.ask(f"{local}@{domain.upper()}"), "requestOtp for the same domain").refused()


@check("OTP-7", tags=["budget"])
async def ones_spent_budget_does_not_touch_another(
    newcomer: Newcomer, latecomer: Newcomer, spec: Spec
) -> None:
    await spend(newcomer, spec)
    expect(await newcomer.ask(), "requestOtp beyond the budget").refused()
    expect(await latecomer.ask(), "requestOtp for another address").accepted()


async def spend(somebody: Newcomer, spec: Spec, already: int = 0) -> None:
    """Spends the budget of an address to its end: every request within it must be granted."""
    budget = budget_of(spec, "requestOtp")
    for number in range(already + 1, budget.limit + 1):
        answer = await somebody.ask()
        expect(answer, f"requestOtp {number} of {budget.limit} within the budget").accepted().valid()


@check("OTP-8")
async def what_is_no_address_is_refused(newcomer: Newcomer, spec: Spec) -> None:
    for odd in spec.probes["invalid_emails"]:
        expect(await newcomer.ask(odd), f"requestOtp for {odd!r}").refused()
    twin(await newcomer.ask())


@check("OTP-8")
async def an_address_that_is_missing_or_no_text_is_refused(newcomer: Newcomer) -> None:
    request = newcomer.user.request("requestOtp", email=newcomer.email)
    expect(await newcomer.user.send(request.without_field("email")), "requestOtp without email").refused()
    for odd in (None, 42, [newcomer.email], {"address": newcomer.email}):
        answer = await newcomer.user.send(request.with_fields(email=odd))
        expect(answer, f"requestOtp for an email of the type {type(odd).__name__}").refused()
    twin(await newcomer.user.send(request))
