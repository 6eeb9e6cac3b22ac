"""The one-time login from end to end: the reference server, a real mail server, and who reads its mail."""

from __future__ import annotations

import email
import json
import re
import sys
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from score_kit import free_port, score
from server_kit import CONFIG, ORIGIN, SECRET, SPEC, Answer, Person, ServerProcess

from protocol import tokens
from protocol.validation import response_validator
from reference_server.config import ConfigError, parse

NAMES = SPEC.policy["names"]
ME, REFRESH, LOGOUT = (SPEC.operation(name).path for name in ("me", "refresh", "logout"))
READ = """
import pathlib, sys, time
file = pathlib.Path(sys.argv[1]) / sys.argv[2]
until = time.monotonic() + 90
while not file.exists() and time.monotonic() < until:
    time.sleep(0.05)
print(file.read_text())
"""


class Inbox:
    """A mail server: keeps the mails, and the newest code of each address in a file of its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mails: list[Message] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port(), ready_timeout=90)
        self.controller.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if envelope.rcpt_tos[0].startswith("nobody"):
            return "550 no such user: nobody@mail.example"
        self.mails.append(email.message_from_bytes(envelope.content))
        code = re.search(r"\b[0-9]{9}\b", envelope.content.decode())
        assert code is not None
        # Put in place whole: somebody may look meanwhile.
        fresh = self.folder / ".fresh"
        fresh.write_text(code.group(), encoding="ascii")
        fresh.rename(self.folder / envelope.rcpt_tos[0])
        return "250 OK"

    def wait_for(self, address: str) -> None:
        until = time.monotonic() + 90
        while not (self.folder / address).exists():
            assert time.monotonic() < until, f"no mail for {address} came"
            time.sleep(0.02)


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inbox]:
    found = Inbox(tmp_path_factory.mktemp("inbox"))
    yield found
    found.controller.stop()


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory, inbox: Inbox) -> Iterator[ServerProcess]:
    """A server without test control: codes come by mail alone."""
    mail = {
        "host": "127.0.0.1",
        "port": inbox.controller.port,
        "from": "chat@mail.example",
        "starttls": False,
    }
    config = {"auth": {"hs256_secret": SECRET}, "mail": mail}
    with ServerProcess(tmp_path_factory.mktemp("server"), config) as server:
        yield server


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server"), {**CONFIG, "encryption": {"enabled": True}}) as one:
        yield one


@pytest.fixture
def server(running: ServerProcess) -> ServerProcess:
    assert running.reset().status == 200
    return running


def code_of(server: ServerProcess, address: str) -> str:
    answer = server.nobody().get(f"{SPEC.test_control['readOtp']}?email={address}")
    assert answer.status == 200, answer
    return str(answer.body["otp"])


def log_in(server: ServerProcess, address: str = "alice@mail.example") -> Answer:
    nobody = server.nobody()
    assert nobody.call("requestOtp", email=address).status == 200
    return nobody.call("verifyOtp", email=address, otp=code_of(server, address))


def refresh_token(answer: Answer) -> str:
    (field,) = [one for one in answer.header_values("set-cookie") if one.startswith(NAMES["refresh_cookie"])]
    return field.split(";")[0].partition("=")[2]


def refresh(server: ServerProcess, token: str, csrf: str | None, **headers: str) -> Answer:
    word = {} if csrf is None else {NAMES["csrf_header"]: csrf}
    cookie = {"Cookie": f"{NAMES['refresh_cookie']}={token}"}
    return server.nobody().send("POST", REFRESH, None, {**cookie, **word, **headers})


def bearer(server: ServerProcess, answer: Answer) -> Person:
    return Person(server.url, answer.body["customerId"], answer.body["access_token"])


# -- by mail


def test_a_black_box_is_scored_by_the_codes_that_come_by_mail(
    mailing: ServerProcess, inbox: Inbox, tmp_path: Path
) -> None:
    target = tmp_path / "target.toml"
    command = json.dumps([sys.executable, "-c", READ, str(inbox.folder)])
    target.write_text(
        f'base_url = "{mailing.url}"\nprofiles = ["otp"]\ncsrf = "claim"\n'
        f'[tokens]\nsecret = "{SECRET}"\n[otp]\ncommand = {command}\ndomain = "mail.example"\n',
        encoding="utf-8",
    )
    done = score(tmp_path / "run", "--target-file", str(target), "--profile", "otp")
    assert done.having("pass") == [f"OTP-{number}" for number in range(1, 12) if number != 4], done.out
    assert done.verdicts["OTP-4"] == "not-run"
    assert "605 s of waiting" in done.reason("OTP-4")
    mail = inbox.mails[-1]
    assert mail["From"] == "chat@mail.example"
    assert mail["To"].endswith("@mail.example")
    assert {"Date", "Message-ID", "Subject"} <= {*mail.keys()}


def test_a_mail_server_that_says_no_is_told_to_the_log_alone(mailing: ServerProcess, inbox: Inbox) -> None:
    nobody, seen = mailing.nobody(), len(mailing.lines)
    assert nobody.call("requestOtp", email="nobody@mail.example").status == 200
    # One mail after the other: when the second one's code is there, the first was given up.
    assert nobody.call("requestOtp", email="somebody@mail.example").status == 200
    inbox.wait_for("somebody@mail.example")
    mailing.end()
    failed = [json.loads(line) for line in mailing.lines[seen:] if "mail_failed" in line]
    assert [(one["level"], one["type"]) for one in failed] == [("error", "SMTPDataError")]
    assert "@" not in "".join(mailing.lines)


def test_without_mail_and_test_control_there_is_no_login(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, {"auth": {"hs256_secret": SECRET}}) as server:
        assert server.nobody().call("requestOtp", email="alice@mail.example").status == 404
        assert server.nobody().get(f"{SPEC.test_control['readOtp']}?email=a@mail.example").status == 404
        assert any("no_login" in line for line in server.lines)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('from = "a@mail.example"', "mail.host: missing"),
        ('host = "mail.example"', "mail.from: missing"),
        ('host = "h"\nfrom = "a@mail.example\\r\\nBcc: b@mail.example"', "mail.from: expected an e-mail"),
        ('host = "h"\nfrom = "a@b"\nport = 0', "mail.port: expected 1 to 65535, got 0"),
        ('host = "h"\nfrom = "a@b"\ntimeout = 0', "mail.timeout: expected 1 to 300 seconds, got 0"),
        ('host = "h"\nfrom = "a@b"\nuser = "u"', "mail.user: expected user and password, or none"),
        ('host = "h"\nfrom = "a@b"\nuser = "u"\npassword_env = "NO"', "mail.password_env: the environment"),
    ],
)
def test_a_wrong_mail_setting_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        parse(f"[mail]\n{text}\n", "server.toml", {})


def test_mail_settings_are_read_and_their_password_never_shows() -> None:
    text = '[mail]\nhost = "h"\nfrom = "a@b"\nuser_env = "U"\npassword_env = "P"\n'
    mail = parse(text, "server.toml", {"U": "me", "P": "a secret"}).mail
    assert mail is not None
    assert (mail.host, mail.port, mail.starttls, mail.user, mail.password) == (
        "h",
        587,
        True,
        "me",
        "a secret",
    )
    assert "a secret" not in repr(mail)


# -- by test control


def test_every_answer_is_valid_and_none_is_sealed(server: ServerProcess) -> None:
    nobody = server.nobody()
    asked = nobody.call("requestOtp", email="Alice@Mail.example")
    code = code_of(server, "alice@mail.example")
    entered = nobody.call("verifyOtp", email="alice@MAIL.example", otp=code)
    user = bearer(server, entered)
    told = user.get(ME)
    csrf = told.body["csrf"]
    answers = {
        "requestOtp": asked,
        "verifyOtp": entered,
        "me": told,
        "refresh": refresh(server, refresh_token(entered), csrf),
        "logout": user.post(LOGOUT, None),
    }
    for operation, answer in answers.items():
        assert answer.status == 200, (operation, answer)
        assert response_validator(SPEC, operation).problems(answer.body) == [], operation
        assert answer.header("x-encrypted") == "false"
        assert answer.header("cache-control") == "no-store"
        assert b"mail.example" not in answer.raw.lower()


def test_a_login_is_somebody_on_signaling_the_same_each_time(server: ServerProcess) -> None:
    first, second = log_in(server), log_in(server)
    assert first.body["customerId"] == second.body["customerId"]
    claims = tokens.peek(first.body["token"])[1]
    assert claims["domain"] == "mail.example"
    assert claims["exp"] - claims["iat"] == SPEC.timings["access_token_lifetime"]
    room = bearer(server, first).post(
        SPEC.operation("createRoom").path, {"broadcasterId": "x", "broadcasterName": claims["displayName"]}
    )
    assert room.status == 200
    user, token = first.body["customerId"], first.body["token"]
    assert Person(server.url, user, token, cookie=True).create().status == 403
    assert Person(server.url, user, token, cookie=True, csrf=claims["csrf"]).create().status == 200


def test_faults_come_in_the_order_of_the_spec(server: ServerProcess) -> None:
    answer = log_in(server)
    token, csrf = refresh_token(answer), tokens.peek(answer.body["token"])[1]["csrf"]
    assert refresh(server, "made.up", None).status == 401
    assert refresh(server, token, None).status == 403
    assert refresh(server, token, "wrong").status == 403
    assert refresh(server, token, csrf, Origin="https://evil.example").status == 403
    # A bearer makes nothing of it, good or bad: the refresh token alone counts.
    foreign = server.person("bob")
    assert refresh(server, "made.up", csrf, Authorization=f"Bearer {foreign.token}").status == 401
    again = refresh(server, token, csrf, Origin=ORIGIN, Authorization="Bearer rubbish")
    assert again.status == 200
    assert again.header("access-control-allow-origin") == ORIGIN


def test_what_ended_a_session_ends_its_tokens_too(server: ServerProcess) -> None:
    reused, left, kept = (
        log_in(server),
        log_in(server, "bob@mail.example"),
        log_in(server, "carol@mail.example"),
    )
    csrf = tokens.peek(reused.body["token"])[1]["csrf"]
    fresh = refresh(server, refresh_token(reused), csrf)
    assert bearer(server, fresh).get(ME).status == 200
    assert refresh(server, refresh_token(reused), csrf).status == 401
    assert bearer(server, left).post(LOGOUT, None).status == 200
    for answer in (reused, fresh, left):
        assert bearer(server, answer).get(ME).status == 401
        assert refresh(server, refresh_token(answer), csrf).status == 401
    assert bearer(server, kept).get(ME).status == 200
    server.reset()
    assert bearer(server, kept).get(ME).status == 401


def test_a_stale_cookie_is_no_obstacle_to_a_login(server: ServerProcess) -> None:
    stale = Person(server.url, "", "rubbish", cookie=True)
    assert stale.call("requestOtp", email="alice@mail.example").status == 200
    code = code_of(server, "alice@mail.example")
    good = server.person("bob", cookie=True)
    assert good.call("verifyOtp", email="alice@mail.example", otp=code).status == 200


def test_a_token_of_another_hand_is_told_who_it_is_and_may_log_out(server: ServerProcess) -> None:
    alice = server.person("alice")
    assert alice.get(ME).body == {"customerId": "alice", "displayName": "alice", "csrf": "csrf-of-alice"}
    assert alice.post(LOGOUT, None).status == 200
    bare = tokens.SecretSigner(SECRET.encode()).sign(tokens.claims(SPEC, "bob", displayName="Bob", csrf=""))
    assert Person(server.url, "bob", bare).get(ME).status == 403
