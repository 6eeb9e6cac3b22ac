"""otp: what a login leads to: refresh, logout, the minted token (OTP-9 to OTP-11)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from conformance.checks.csrf import csrf_header
from conformance.logins import (
    Newcomer,
    Session,
    cookies_of,
    kept_of,
    path_of,
    refresh_cookie,
    sent_to,
    token_cookie,
)
from conformance.registry import check
from protocol.cookies import Cookie
from protocol.spec import Spec
from suite.expectations import expect, given, given_that, twin

AT_ONCE = 4  # uses of one refresh token


# -- OTP-9


@check("OTP-9")
async def a_refresh_rotates_the_refresh_token(newcomer: Newcomer) -> None:
    first = await newcomer.log_in()
    answer = await first.refresh()
    expect(answer).accepted().valid()
    second = Session.of(first.user, answer)
    same = second.refresh_token == first.refresh_token
    expect(same, "whether refresh gave the same refresh token again").equals(False)
    expect(await second.refresh(), "refresh by the rotated token").accepted()


@check("OTP-9")
async def a_reused_refresh_token_is_refused_and_ends_the_session(newcomer: Newcomer) -> None:
    first = await newcomer.log_in()
    third = await (await first.refreshed()).refreshed()
    # Sent again as it was, with the cookies and the word of its time: nothing but its use is against it.
    expect(await first.refresh(), "a reused refresh token").refused()
    expect(
        await third.refresh(), "the newest refresh token, after another of its session was reused"
    ).refused()


@check("OTP-9")
async def a_refresh_needs_the_csrf_header(newcomer: Newcomer, spec: Spec) -> None:
    session = await newcomer.log_in()
    request = session.refreshing()
    for bare in (request.without_header(csrf_header(spec)), request.with_header(csrf_header(spec), "parley")):
        expect(await session.user.send(bare), "refresh without the word for CSRF").refused(403)
    twin(await session.user.send(request))


@check("OTP-9")
async def a_made_up_refresh_token_is_refused(newcomer: Newcomer) -> None:
    session = await newcomer.log_in()
    made_up = session.refresh_token[::-1]
    expect(await session.user.refresh(made_up), "a refresh token that nobody was given").refused()
    twin(await (await newcomer.log_in()).refresh())


@check("OTP-9", tags=["race"], safety=True, extra=True)
async def of_one_refresh_token_used_at_once_one_is_traded(newcomer: Newcomer) -> None:
    session = await newcomer.log_in()
    answers = await asyncio.gather(*(session.refresh() for _ in range(AT_ONCE)))
    traded = sum(answer.status == 200 for answer in answers)
    given_that(traded, "refreshes granted for one token").at_least(1)
    expect(traded, f"refreshes granted for one token, used {AT_ONCE} times at once").at_most(1)


# -- OTP-10


@check("OTP-10")
async def a_logout_clears_the_cookie(newcomer: Newcomer, spec: Spec) -> None:
    session = await newcomer.log_in()
    name = token_cookie(spec)
    kept = kept_of(session.user, session.answer, name)
    given_that(bool(kept), f"whether the login set {name}").equals(True)
    answer = await session.user.logout()
    expect(answer).accepted().valid()
    now = time.time()
    found = cookies_of(session.user, answer, name)
    expect(bool(found), f"whether logout sets {name} anew").equals(True)
    gone = all(cookie.is_gone(now) for cookie in found)
    expect(gone, f"whether {name} is emptied or ended").equals(True)
    where = f"path and domain of the cleared {name}, against those of the login"
    for cookie in kept:
        expect(places(found), where).contains([cookie.path, cookie.domain])


@check("OTP-10")
async def a_logout_ends_the_session(newcomer: Newcomer, spec: Spec) -> None:
    """A logout does not see the refresh token: it may take it from the browser, or make it worth nothing."""
    session = await (await newcomer.log_in()).refreshed()
    name, now = refresh_cookie(spec), time.time()
    answer = given(await session.user.logout())
    gone = [cookie for cookie in cookies_of(session.user, answer, name) if cookie.is_gone(now)]
    kept = places(kept_of(session.user, session.answer, name))
    cleared = all(place in places(gone) for place in kept)
    if cleared:
        expect(cleared, f"whether logout clears {name}, for its path and domain").equals(True)
    else:
        left = f"a browser can still refresh after the logout, which does not clear {name}: refresh"
        expect(await session.refresh(), left).refused(401)


def places(cookies: Iterable[Cookie]) -> list[list[str]]:
    return [[cookie.path, cookie.domain] for cookie in cookies]


@check("OTP-10")
async def a_logout_needs_the_csrf_header(newcomer: Newcomer, spec: Spec) -> None:
    session = await newcomer.log_in()
    request = session.user.request("logout")
    bare = await session.user.send(request.without_header(csrf_header(spec)))
    expect(bare, "logout by cookie without the word for CSRF").refused(403)
    session = await session.refreshed()  # it is still there
    twin(await session.user.logout())


# -- OTP-11


@check("OTP-11")
async def the_minted_token_works_on_signaling(newcomer: Newcomer) -> None:
    user = (await newcomer.log_in()).user
    expect(await user.by_bearer().list_rooms(), "listRooms by the minted bearer").accepted()
    expect(await user.by_cookie().list_rooms(), "listRooms by the minted cookie").accepted()


@check("OTP-11")
async def the_cookie_that_a_login_sets_signs_in(newcomer: Newcomer, spec: Spec) -> None:
    await signs_in(await newcomer.log_in(), spec)


@check("OTP-11")
async def the_cookie_that_a_refresh_sets_signs_in(newcomer: Newcomer, spec: Spec) -> None:
    await signs_in(await (await newcomer.log_in()).refreshed(), spec)


async def signs_in(session: Session, spec: Spec) -> None:
    """By the value that the cookie was set to, which need not be the body's token."""
    opened, name = session.answer.operation, token_cookie(spec)
    kept = kept_of(session.user, session.answer, name)
    given_that(bool(kept), f"whether {opened} set {name}").equals(True)
    cookie = sent_to(path_of(session.user, "listRooms"), kept)
    assert cookie is not None
    user = session.user.with_token(cookie.value, "token").by_cookie()
    expect(await user.list_rooms(), f"listRooms by the cookie that {opened} set").accepted()
    about = f"me by the cookie that {opened} set"
    expect(await user.me(), about).accepted().has("customerId", session.user.id)


@check("OTP-11")
async def the_minted_token_has_a_csrf_claim_that_writes_go_by(newcomer: Newcomer) -> None:
    user = (await newcomer.log_in()).user
    expect(user.csrf, "the csrf claim of the minted token").matches(".")
    made = await user.by_cookie().create_room()
    expect(made, "createRoom by cookie with the csrf claim").accepted()
    expect(made.room.get("broadcasterId"), "broadcasterId of a room made after a login").equals(user.id)


@check("OTP-11")
async def me_says_who_one_is_and_the_csrf_word(newcomer: Newcomer) -> None:
    user = (await newcomer.log_in()).user
    for way in (user.by_bearer(), user.by_cookie()):
        about = f"me by {way.delivery}"
        expect(await way.me(), about).accepted().valid().has("csrf", user.csrf).has("customerId", user.id)
    nobody = await user.without_token().me()
    expect(nobody, "me without a token").refused(401)
