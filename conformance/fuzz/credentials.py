"""Faults of credentials by name: tokens, CSRF words, origins; and what each must be refused with."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.cast import World
from conformance.fuzz.expecting import CLIENT_ERRORS
from protocol import probes, tokens
from protocol.client import User
from protocol.mint import MintError
from protocol.operations import Request

if TYPE_CHECKING:
    from conformance.fuzz.scene import Scene

NONE = "no token"
UNSIGNED = ("none", "None", "NONE", "nOnE")
ALGS = ("HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256")
NO_NUMBERS: dict[str, Any] = {
    "absent": tokens.ABSENT,
    "text": "never",
    "digits": "4102444800",
    "null": None,
    "true": True,
    "list": [4102444800],
}
CSRF_WORDS = ("missing", "random", "cut short", "of another", "the token's jti", "one letter more")
SIMPLE = "text/plain"
EFFECT = {"AUTH": "AUTH-12", "CSRF": "CSRF-5", "CORS": "CORS-8"}


@dataclass(frozen=True)
class Faulty:
    """A request signed wrongly. `effect` is the requirement that a change in spite of the refusal breaks."""

    name: str
    requirement: str
    statuses: tuple[int, ...]
    request: Request
    sender: User

    @property
    def effect(self) -> str:
        return EFFECT[self.requirement.split("-")[0]]


def names(world: World) -> list[str]:
    """Every fault that can be tried at this target, in a fixed order."""
    spec, target, minter = world.spec, world.target, world.minter
    found = [NONE, "signature: tampered", "signature: of another key", "claims: of another user"]
    found += [f"garbage: {probe.name}" for probe in probes.garbage_tokens(spec)]
    found += [f"alg: {alg}" for alg in UNSIGNED]
    found += [f"query: {name}" for name in spec.probes["query_token_parameters"]]
    found += ["exp: past", "nbf: future", "user: absent", *(f"exp: {name}" for name in NO_NUMBERS)]
    if minter.can_craft:
        found += [f"header alg: {alg}" for alg in ALGS if alg != minter.signer.alg]
    found += ["iss: other", "iss: absent", "aud: other", "aud: absent", "kid: unknown"]
    if minter.issuer is not None:
        found += [f"confused: {name}" for name in tokens.public_forms(minter.issuer.signer.key)]
    found += [f"csrf: {name}" for name in CSRF_WORDS]
    foreign = probes.foreign_origins(spec, target.origins)
    foreign += [probe.value for probe in probes.lookalike_origins(spec, target.origins)]
    found += [f"{kind}: {origin}" for kind in ("origin", "simple request") for origin in foreign]
    return [name for name in found if _asked(world, name.split(": ")[0])]


def applies(world: World, name: str, operation: str) -> bool:
    """Whether the fault can be one of this operation, and is one at this target."""
    kind = name.split(": ")[0]
    if not _asked(world, kind):
        return False
    by_cookie = kind in ("csrf", "origin", "simple request")
    found = world.spec.operation(operation)
    return found.needs_token and (found.writes or not by_cookie)


def _asked(world: World, kind: str) -> bool:
    """Whether the target is asked about this kind of fault at all."""
    target, holds = world.target, world.target.conditions()
    if kind == "csrf":
        return "csrf" in target.profiles and target.csrf and "cookie" in target.deliveries
    if kind in ("origin", "simple request"):
        return "cors" in target.profiles and bool(target.origins) and "cookie" in target.deliveries
    if "auth" not in target.profiles:
        return False
    conditions = {"iss": "issuer", "aud": "audience", "kid": "jwks", "confused": "jwks"}
    if kind in conditions and conditions[kind] not in holds:
        return False
    return world.minter.can_craft or kind not in ("exp", "nbf", "user", "iss", "aud", "kid", "header alg")


def apply(scene: Scene, user: User, request: Request, name: str) -> Faulty | None:
    """The request signed with that fault; None where it cannot be made here."""
    kind, _, what = name.partition(": ")
    if not applies(scene.arena.world, name, request.operation):
        return None
    if kind in ("csrf", "origin", "simple request"):
        return _by_cookie(scene, user.by_cookie(), request, kind, what)
    if kind == "query":
        stranger = user.without_token()
        return _faulty(
            scene, name, "AUTH-11", stranger.sign(request).with_query(**{what: user.token}), stranger
        )
    if name == NONE:
        stranger = user.without_token()
        return _faulty(scene, name, "AUTH-1", stranger.sign(request), stranger)
    try:
        requirement, token = _token(scene, user, kind, what)
    except (MintError, tokens.TokenError):
        return None
    forger = user.with_token(token, f"{kind} token")
    return _faulty(scene, f"a token with {name}", requirement, forger.sign(request), forger)


# -- inside


def _faulty(scene: Scene, name: str, requirement: str, request: Request, sender: User) -> Faulty:
    return Faulty(name, requirement, scene.spec.requirement(requirement).statuses, request, sender)


def _token(scene: Scene, user: User, kind: str, what: str) -> tuple[str, str]:
    spec, forge = scene.spec, scene.stage.forge
    now, far = int(time.time()), spec.timings["token_probe_offset"]
    lasts = spec.timings["access_token_lifetime"]
    if kind == "garbage":
        found = {probe.name: probe.value for probe in probes.garbage_tokens(spec, scene.arena.seed)}
        return "AUTH-6", found[what]
    if kind == "signature":
        return "AUTH-3", tokens.tampered(user.token) if what == "tampered" else _of_another_key(user.token)
    if kind == "claims":
        header, _, signature = _parts(user.token)
        other = next((one for one in scene.stage.people.values() if one.id != user.id), None)
        if other is None:
            raise MintError("nobody else is there")
        return "AUTH-3", f"{header}.{_parts(other.token)[1]}.{signature}"
    if kind == "alg":
        header_of, claims = tokens.peek(user.token)
        kept = {"kid": header_of["kid"]} if "kid" in header_of else {}
        return "AUTH-4", tokens.unsigned(claims, what, kept)
    if kind == "confused":
        kid = tokens.peek(user.token)[0].get("kid")
        secret = tokens.public_forms(forge.public_key())[what]
        return "AUTH-5", tokens.resigned(user.token, secret, kid=kid)
    makers: dict[str, Callable[[], tuple[str, str]]] = {
        "exp": lambda: (
            ("AUTH-2", forge.craft(user.id, iat=now - far - lasts, exp=now - far))
            if what == "past"
            else ("AUTH-18", forge.craft(user.id, exp=NO_NUMBERS[what]))
        ),
        "nbf": lambda: ("AUTH-7", forge.craft(user.id, nbf=now + far, exp=now + far + lasts)),
        "user": lambda: ("AUTH-8", forge.craft(user.id, None, **_nobody(scene))),
        "iss": lambda: ("AUTH-15", forge.craft(user.id, iss=_other(what))),
        "aud": lambda: ("AUTH-19", forge.craft(user.id, aud=_other(what))),
        "kid": lambda: ("AUTH-21", forge.craft(user.id, {"kid": secrets.token_hex(8)})),
        "header alg": lambda: ("AUTH-20", forge.craft(user.id, {"alg": what})),
    }
    return makers[kind]()


def _parts(token: str) -> list[str]:
    """Raises TokenError for a token that says nothing of itself."""
    tokens.peek(token)
    return token.split(".")


def _jti(token: str) -> str | None:
    try:
        return str(tokens.peek(token)[1].get("jti", ""))
    except tokens.TokenError:
        return None


def _other(what: str) -> Any:
    return tokens.ABSENT if what == "absent" else "https://other.example"


def _nobody(scene: Scene) -> dict[str, Any]:
    return dict.fromkeys([*scene.spec.policy["names"]["user_claims"], scene.target.user_claim], tokens.ABSENT)


@cache
def _other_key() -> Any:
    return tokens.new_key()


def _of_another_key(token: str) -> str:
    header, claims = tokens.peek(token)
    if str(header.get("alg", "")).startswith("HS"):
        return tokens.SecretSigner(secrets.token_bytes(32), header.get("kid")).sign(claims)
    return tokens.KeySigner(_other_key(), header.get("kid")).sign(claims)


def _by_cookie(scene: Scene, user: User, request: Request, kind: str, what: str) -> Faulty | None:
    header = scene.spec.policy["names"]["csrf_header"]
    signed = user.sign(request)
    if kind == "csrf":
        if user.csrf is None:
            return None
        words = {
            "missing": None,
            "random": secrets.token_hex(16),
            "cut short": user.csrf[: len(user.csrf) // 2],
            "of another": next((o.csrf for o in scene.stage.people.values() if o.id != user.id), None),
            "the token's jti": _jti(user.token),
            "one letter more": f"{user.csrf}0",
        }
        word = words[what]
        if what == "missing":
            signed = signed.without_header(header)
        elif not word or word == user.csrf:
            return None
        else:
            signed = signed.with_header(header, word)
        requirement = "CSRF-1" if what == "missing" else "CSRF-2"
        return _faulty(scene, f"a cookie's write with the CSRF word {what}", requirement, signed, user)
    signed = signed.with_header("Origin", what)
    if kind == "simple request":
        signed = signed.without_header(header).with_header("Content-Type", SIMPLE)
    name = f"a cookie's write from the origin {what}"
    # It must have no effect; in which words that is said is not asked.
    return replace(_faulty(scene, name, "CORS-8", signed, user), statuses=(200, *CLIENT_ERRORS))
