"""Codes and sessions of the reference server, with a clock of the test's own; cookies as browsers do."""

from __future__ import annotations

from contextlib import suppress

import pytest
from server_kit import FakeClock

from protocol.cookies import Cookie, set_cookies
from reference_server import otp, sessions
from reference_server.mail import KEPT, Kept
from reference_server.otp import Codes
from reference_server.refusal import TooMany
from reference_server.sessions import Sessions

LIFETIME, DIGITS, TRIES = 600, 9, 5
ALICE, BOB = "alice@mail.example", "bob@mail.example"
WRONG = "x" * DIGITS


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def codes(clock: FakeClock) -> Codes:
    return Codes(clock, LIFETIME, DIGITS, TRIES)


@pytest.fixture
def ended() -> list[str]:
    return []


@pytest.fixture
def logins(clock: FakeClock, ended: list[str]) -> Sessions:
    return Sessions(clock, 3600, ended.append)


# -- codes


def test_a_code_is_good_once_and_for_its_address_alone(codes: Codes) -> None:
    code = codes.make(ALICE)
    assert len(code) == DIGITS
    assert code.isdigit()
    assert not codes.use(BOB, code)
    assert codes.use(ALICE, code)
    assert not codes.use(ALICE, code)


def test_a_code_ends_with_its_lifetime(codes: Codes, clock: FakeClock) -> None:
    code = codes.make(ALICE)
    clock.time += LIFETIME - 0.001
    other = codes.make(BOB)
    assert codes.use(ALICE, code)
    clock.time += LIFETIME
    assert not codes.use(BOB, other)


def test_the_last_wrong_try_kills_the_code_and_not_the_one_before(codes: Codes) -> None:
    code = codes.make(ALICE)
    assert not any(codes.use(ALICE, WRONG) for _ in range(TRIES - 1))
    assert codes.use(ALICE, code)
    code = codes.make(ALICE)
    assert not any(codes.use(ALICE, WRONG) for _ in range(TRIES))
    assert not codes.use(ALICE, code)


def test_a_newer_code_replaces_the_older_and_its_tries(codes: Codes) -> None:
    older = codes.make(ALICE)
    assert not any(codes.use(ALICE, WRONG) for _ in range(TRIES - 1))
    newer = codes.make(ALICE)
    assert not codes.use(ALICE, older)
    assert not any(codes.use(ALICE, WRONG) for _ in range(TRIES - 2))
    assert codes.use(ALICE, newer)


def test_what_is_kept_is_bounded(
    codes: Codes, logins: Sessions, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otp, "MOST", 50)
    monkeypatch.setattr(sessions, "MOST", 50)
    for number in range(200):
        with suppress(TooMany):
            codes.make(f"{number}@mail.example")
        logins.open(f"{number}@mail.example")
    assert len(codes) == 50
    assert len(logins) <= 50
    clock.time += 3600
    for number in range(8):
        codes.make(f"{number}@mail.example")
        logins.open(f"{number}@mail.example")
    assert len(codes) == len(logins) == 8
    kept = Kept()
    for number in range(KEPT + 5):
        kept(f"{number}", "1")
    assert kept.of("4") is None
    assert kept.of("5") == "1"


def test_whoever_makes_up_addresses_has_no_code_forgotten(
    codes: Codes, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otp, "MOST", 50)
    code = codes.make(ALICE)
    clock.time += 100
    for number in range(49):
        codes.make(f"{number}@mail.example")
    with pytest.raises(TooMany) as refused:
        codes.make(BOB)
    assert refused.value.retry_after == LIFETIME - 100
    assert codes.use("48@mail.example", codes.make("48@mail.example")), "a newer code takes no room"
    codes.make(BOB)
    assert codes.use(ALICE, code)


def test_no_code_is_kept_in_the_clear(codes: Codes) -> None:
    code = codes.make(ALICE)
    assert code not in repr([(known.digest, known.ends, known.wrong) for known in codes._codes.values()])


# -- sessions


def test_a_refresh_token_is_good_until_it_is_rotated(logins: Sessions, ended: list[str]) -> None:
    session, first = logins.open(ALICE)
    assert logins.of(first) is session
    second = logins.rotate(session)
    assert second != first
    assert logins.of(second) is session
    assert ended == []


def test_a_reused_refresh_token_ends_its_session_and_no_other(logins: Sessions, ended: list[str]) -> None:
    session, first = logins.open(ALICE)
    other, others = logins.open(ALICE)
    second = logins.rotate(session)
    assert logins.of(first) is None
    assert ended == [session.id]
    assert logins.of(second) is None
    assert logins.of(others) is other


@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "\udcff.\udcff"])
def test_what_is_no_refresh_token_ends_nothing(token: str, logins: Sessions, ended: list[str]) -> None:
    session, good = logins.open(ALICE)
    assert logins.of(token) is None
    assert logins.of(good) is session
    assert ended == []


def test_a_session_ends_after_its_lifetime_however_often_it_is_refreshed(
    logins: Sessions, clock: FakeClock
) -> None:
    session, token = logins.open(ALICE)
    clock.time += 3599
    assert logins.of(token) is session
    token = logins.rotate(session)
    clock.time += 1
    assert logins.of(token) is None
    assert len(logins) == 0


def test_secrets_do_not_show(logins: Sessions) -> None:
    session, token = logins.open(ALICE)
    shown = repr(session)
    assert not any(secret in shown for secret in (ALICE, session.csrf, session.key, token))


# -- cookies


def test_cookies_are_read_as_a_browser_reads_them() -> None:
    a, b, c = set_cookies(
        [
            "a=1; Path=/y; Domain=mail.example; Max-Age=-1; HttpOnly; SECURE; samesite=Lax",
            "a=2; Path=/y; Domain=.Mail.Example",
            "b = q ; path=nowhere; domain=; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "no pair",
            "c=; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        ],
        "/auth/verify-otp?x=/y/z",
    )
    assert (a.name, a.value, a.path, a.domain) == ("a", "2", "/y", "mail.example")
    assert (b.name, b.value, b.path, b.domain, b.ends_by(1.0)) == ("b", "q", "/auth", "", True)
    assert not c.ends_by(1.0), "Max-Age decides"
    assert c.is_gone(1.0), "it is empty"
    assert read("a=1; Max-Age=-1; HttpOnly; SECURE").ends_by(0)
    assert sorted(read("a=1; HttpOnly; SECURE").attributes) == ["httponly", "secure"]
    auth = read("a=1", "/auth/verify-otp")
    assert [auth.goes_to(path) for path in ("/auth", "/auth/me", "/authority", "/signaling")] == [
        True,
        True,
        False,
        False,
    ]
    assert read("a=1; Path=/", "/auth/x").goes_to("/signaling/rooms")


def test_cookies_of_one_name_are_told_apart_by_path_and_domain() -> None:
    fields = ["a=1; Path=/x", "a=2; Path=/", "a=3; Path=/; Domain=x.test", "a=4; Path=/x; Max-Age=0"]
    found = [(cookie.value, cookie.path, cookie.domain) for cookie in set_cookies(fields, "/auth/x")]
    assert found == [("4", "/x", ""), ("2", "/", ""), ("3", "/", "x.test")]


@pytest.mark.parametrize(
    ("attributes", "ended"),
    [
        ("Max-Age=--5", False),
        ("Max-Age=-", False),
        ("Max-Age=5x; Expires=Thu, 01 Jan 1970 00:00:01 GMT", True),
        ("Max-Age=0; Max-Age=soon", True),
        ("Max-Age=\u0663", False),
        ("Max-Age=" + "9" * 5000, False),
        ("Max-Age=-" + "9" * 5000, True),
        ("Max-Age=" + "0" * 5000, True),
        ("Expires=Thu, 01 Jan 99999 00:00:00 GMT", False),
        ("Expires=Thu, 01 Jan " + "9" * 5000 + " 00:00:00 GMT", False),
        ("Expires=Thu, 01 Jan 1600 00:00:00 GMT", False),
        ("Expires=Thu, 01 Jan 1970 99:99:99 GMT", False),
        ("Expires=Thu, 00 Jan 1970 00:00:00 GMT", False),
        ("Expires=Thu, 01-Jan-1970 00:00:01 GMT", True),
        ("Expires=Thu, 01 Jan 1970 00:00:00 +99999999999999999999", True),
        ("Expires=,", False),
        ("Expires=", False),
        ("Expires=Thu, 01 Jan 1970 00:00:01 GMT; Expires=never", True),
        ("Expires=Fri, 31 Dec 9999 23:59:59 GMT", False),
    ],
)
def test_a_value_that_says_nothing_is_ignored_as_browsers_do(attributes: str, ended: bool) -> None:
    assert read(f"a=1; {attributes}").ends_by(1.0e9) is ended


def read(field: str, path: str = "/") -> Cookie:
    (cookie,) = set_cookies([field], path)
    return cookie
