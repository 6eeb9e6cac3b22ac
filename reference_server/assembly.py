"""Puts the server together from the spec and a configuration. Mutants swap one of the parts."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from protocol.spec import Spec
from reference_server.app import App, Checks, Names
from reference_server.auth import Authenticator
from reference_server.budgets import Budgets
from reference_server.clock import Clock, MovableClock
from reference_server.config import Config, ConfigError
from reference_server.control import TestControl
from reference_server.cors import Cors
from reference_server.csrf import Csrf
from reference_server.delivery import Delivery
from reference_server.emoji import Emojis, kinds
from reference_server.emoji_handlers import EmojiHandlers, Images
from reference_server.handlers import (
    HealthHandlers,
    IceHandlers,
    MailHandlers,
    PartyHandlers,
    RoomHandlers,
)
from reference_server.log import Log
from reference_server.login import LoginHandlers
from reference_server.mail import Deliver, Kept, Mailer
from reference_server.mailbox import Mailbox
from reference_server.minting import Mint
from reference_server.otp import Codes
from reference_server.pages import Pages
from reference_server.routes import Handler, RouteError, Router, operation_route
from reference_server.sealing import Sealer
from reference_server.sessions import Sessions
from reference_server.state import RoomRules, Rooms
from reference_server.turn import Turn


@dataclass(frozen=True, slots=True)
class Parts:
    """The classes that the server is made of."""

    rooms: type[Rooms] = Rooms
    offers: type[Mailbox] = Mailbox
    answers: type[Mailbox] = Mailbox
    budgets: type[Budgets] = Budgets
    auth: type[Authenticator] = Authenticator
    csrf: type[Csrf] = Csrf
    cors: type[Cors] = Cors
    sealer: type[Sealer] = Sealer
    turn: type[Turn] = Turn
    room_handlers: type[RoomHandlers] = RoomHandlers
    party_handlers: type[PartyHandlers] = PartyHandlers
    mail_handlers: type[MailHandlers] = MailHandlers
    ice_handlers: type[IceHandlers] = IceHandlers
    emojis: type[Emojis] = Emojis
    emoji_handlers: type[EmojiHandlers] = EmojiHandlers
    images: type[Images] = Images
    codes: type[Codes] = Codes
    sessions: type[Sessions] = Sessions
    mint: type[Mint] = Mint
    login_handlers: type[LoginHandlers] = LoginHandlers
    app: type[App] = App
    pages: type[Pages] = Pages
    delivery: type[Delivery] = Delivery


def build(spec: Spec, config: Config, log: Log, parts: Parts | None = None) -> Images:
    """The application. Raises ConfigError where configuration and spec do not fit."""
    parts = parts or Parts()
    clock = MovableClock() if config.test_control else Clock()
    offers = parts.offers(clock, spec.timings["offer_lifetime"])
    answers = parts.answers(clock, spec.timings["answer_lifetime"])

    def forget_mail(room_id: str) -> None:
        offers.drop(room_id)
        answers.drop(room_id)

    rooms = parts.rooms(clock, _rules(spec), forget_mail)
    budgets = parts.budgets(
        clock, {operation.id: operation.budget for operation in spec.operations.values() if operation.budget}
    )
    turn = _turn(spec, config, clock, parts)
    kept = Kept()
    deliver = list(_delivery(spec, config, kept, log))
    if deliver:
        config = _with_secret(config)
    auth = parts.auth(spec, config.auth, log)
    codes = parts.codes(
        clock, spec.timings["otp_lifetime"], spec.limits["otp_digits"], spec.limits["otp_wrong_tries"]
    )
    # Tokens live by the real time, those of a refresh as well.
    sessions = parts.sessions(Clock(), spec.timings["session_lifetime"], auth.end)
    emojis = parts.emojis(clock, kinds(spec), spec.limits["emoji_bytes"])
    handlers = {
        **parts.room_handlers(rooms).table(),
        **parts.party_handlers(rooms).table(),
        **parts.mail_handlers(rooms, offers, answers).table(),
        **parts.ice_handlers(rooms, turn).table(),
        **parts.emoji_handlers(emojis).table(),
        **HealthHandlers(clock).table(),
    }
    if deliver:
        login = parts.login_handlers(spec, budgets, codes, sessions, parts.mint(spec, config.auth), deliver)
        handlers |= login.table()
    router = _router(spec, handlers)
    if isinstance(clock, MovableClock):
        forget = (rooms.clear, budgets.clear, emojis.clear, codes.clear, sessions.clear, kept.clear)
        TestControl(clock, kept, forget).add_to(router, spec)
        log.warning("test_control", hint="anybody may move the clock and reset the server")
    names = spec.policy["names"]
    checks = Checks(
        router=router,
        auth=auth,
        csrf=parts.csrf(names["csrf_header"]),
        cors=parts.cors(spec, config.allowed_origins),
        budgets=budgets,
        sealer=parts.sealer(spec, clock) if config.encryption else None,
        sessions=sessions,
    )
    wire = Names(
        csrf_header=names["csrf_header"].lower().encode("ascii"),
        token_cookie=names["token_cookie"].encode("ascii"),
        refresh_cookie=names["refresh_cookie"].encode("ascii"),
        trusted_header=config.trusted_header.lower().encode("ascii"),
        encrypted=spec.policy["envelope"]["header"].lower().encode("ascii"),
    )
    return parts.images(parts.app(checks, wire, spec.limits["body_bytes"], log), emojis)


def _delivery(spec: Spec, config: Config, kept: Kept, log: Log) -> Iterator[Deliver]:
    """How codes reach people; where in no way, there is no login here."""
    if config.mail is not None:
        yield Mailer(config.mail, spec.timings["otp_lifetime"], log)
    if config.test_control:
        yield kept
    elif config.mail is None:
        log.info("no_login", hint="mail.host is not set: nobody can log in by a one-time code")


def _with_secret(config: Config) -> Config:
    """The configuration with a key to sign the tokens of a login by: its own, or one of this run."""
    if config.auth.hs256_secret is not None:
        return config
    return replace(config, auth=replace(config.auth, hs256_secret=secrets.token_urlsafe(32)))


def _rules(spec: Spec) -> RoomRules:
    invited = spec.openapi["components"]["schemas"]["InvitedUsers"]
    return RoomRules(
        lifetime_s=spec.timings["room_lifetime"],
        listing_window_s=spec.timings["listing_window"],
        candidates_kept=spec.limits["candidates_kept"],
        max_invited=invited["maxItems"],
        id_prefix=spec.policy["names"]["room_id_prefix"],
    )


def _router(spec: Spec, handlers: dict[str, Handler]) -> Router:
    """Every operation of the spec that this server offers."""
    router = Router()
    for operation in spec.operations.values():
        handler = handlers.get(operation.id)
        if handler is not None:
            try:
                route = operation_route(spec, operation, handler)
            except RouteError as error:
                raise ConfigError(str(error)) from None
            router.add(operation.method, operation.path, route)
    return router


def _turn(spec: Spec, config: Config, clock: Clock, parts: Parts) -> Turn | None:
    if config.turn is None:
        return None
    least, most = spec.timings["turn_credential_min"], spec.timings["turn_credential_max"]
    ttl = most if config.turn.ttl is None else config.turn.ttl
    if not least <= ttl <= most:
        raise ConfigError(f"turn.ttl: expected {least} to {most} seconds, got {ttl}")
    return parts.turn(clock, config.turn.urls, config.turn.secret.encode("utf-8"), ttl)
