"""Plays recorded requests again. This very text stands in every test file that script.py writes, so it takes
httpx and pytest and nothing of ours. Whoever runs such a file sets PARLEY_TARGET, and either
PARLEY_JWT_SECRET (the secret of the target's HS256 tokens) or a token for each person, e.g. ALICE_TOKEN.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

PLACE = re.compile(r"«([^»]+)»")
UNAUTHORIZED = 401
PLACE_BYTES = re.compile("«[ -~]+?»".encode())


class Play:
    """One play of the steps: what was learned on the way (ids, cursors) stands in later steps as «name»."""

    def __init__(self, target: str, clock_path: str, people: Sequence[str]) -> None:
        self.people = people
        self.client = httpx.Client(base_url=target, timeout=30)
        self.clock_path = clock_path
        self.known: dict[str, str] = {}
        self.run = secrets.token_hex(4)
        self.refused = ""  # whose credentials, which were good when the fault was found

    def all(self, rounds: Sequence[Sequence[Mapping[str, Any]]]) -> httpx.Response:
        """Steps of one round are sent at once, as they were when the fault was found. The last answer."""
        answer: httpx.Response | None = None
        for steps in rounds:
            self.skip_if_refused()
            with ThreadPoolExecutor(len(steps)) as pool:
                answers = list(pool.map(self.one, steps))
            answer = answers[-1] or answer
        assert answer is not None, "no step was a request"
        return answer

    def one(self, step: Mapping[str, Any]) -> httpx.Response | None:
        if "pass_seconds" in step:
            self.wait(step["pass_seconds"])
            return None
        headers = [(name, self.filled(value)) for name, value in step["headers"]]
        body = self.body(step)
        answer = self.client.request(step["method"], self.filled(step["path"]), headers=headers, content=body)
        print(f"{step['who']} {step['operation']}: {answer.status_code} {answer.text[:300]!r}")
        if answer.status_code == UNAUTHORIZED != step["came"]:
            self.refused = f"{step['operation']} of {step['who']} is refused with 401, and was not when"
            self.refused += " the fault was found: look at the secret or the tokens"
            if step["learns"]:
                self.skip_if_refused()
        for name, path in step["learns"].items():
            found = at(answer, f"body.{path}")
            if not isinstance(found, str):
                pytest.skip(f"the answer of {step['operation']} has no {path}, which a later step needs")
            self.known[name] = found
        return answer

    def skip_if_refused(self) -> None:
        """What comes after a refusal of the credentials says nothing of the fault."""
        if self.refused:
            pytest.skip(self.refused)

    def body(self, step: Mapping[str, Any]) -> bytes | None:
        if "body_base64" in step:
            raw = base64.b64decode(step["body_base64"])
            return PLACE_BYTES.sub(lambda match: self.filled(match[0].decode()).encode(), raw)
        return None if step["body"] is None else self.filled(step["body"]).encode("utf-8", "surrogatepass")

    def wait(self, seconds: float) -> None:
        """By the target's test control where it has it, else by waiting."""
        moved = 0
        if self.clock_path:
            moved = self.client.post(self.clock_path, json={"advanceSeconds": seconds}).status_code
        if moved != 200:
            print(f"waiting {seconds:g} s")
            time.sleep(seconds)

    def filled(self, text: str) -> str:
        return PLACE.sub(lambda match: self.value(match[1]), text)

    def value(self, name: str) -> str:
        """What stands for «name»: something learned, or a credential of a person. Any other is left as it is:
        a target that answers with one must not get what the environment holds.
        """
        if name in self.known:
            return self.known[name]
        who, _, what = name.partition(" ")
        if who not in self.people or what.rpartition(" ")[2] not in ("token", "csrf", "id"):
            return f"«{name}»"
        variable = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()
        if variable in os.environ:
            return os.environ[variable]
        if what == "id":
            return str(self.claims(who).get("customerId") or self.claims(who).get("userId"))
        if what == "csrf":
            return str(self.claims(who).get("csrf"))
        if what != "token":
            pytest.skip(f"set {variable} to a token that is wrong in this way: it was made wrong on purpose")
        secret = os.environ.get("PARLEY_JWT_SECRET")
        if secret is None:
            pytest.skip(f"set {variable}, or PARLEY_JWT_SECRET for tokens made here")
        return self.known.setdefault(name, made_token(secret, f"{who}_{self.run}"))

    def claims(self, who: str) -> dict[str, Any]:
        payload = self.value(f"{who} token").split(".")[1]
        found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return found


def made_token(secret: str, user: str) -> str:
    """A token as the protocol has it, signed by HS256 (RFC 7519)."""
    now = int(time.time())
    claims = {"sub": user, "customerId": user, "iat": now, "exp": now + 900, "jti": secrets.token_hex(8)}
    claims |= {"csrf": secrets.token_hex(16)}
    for claim, variable in (("iss", "PARLEY_ISS"), ("aud", "PARLEY_AUD")):
        if variable in os.environ:
            claims[claim] = os.environ[variable]
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT"}, claims)
    ]
    mac = hmac.new(secret.encode(), b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(mac).rstrip(b"=")]).decode()


def at(answer: httpx.Response, where: str) -> Any:
    """What stands at a place of the answer: `status`, `header NAME`, `body` or `body.a.0.b`."""
    if where == "status":
        return answer.status_code
    if where.startswith("header "):
        values = answer.headers.get_list(where.removeprefix("header "))
        return ", ".join(values) if values else None
    try:
        node = answer.json()
    except ValueError:
        return None
    for key in where.split(".")[1:]:
        if isinstance(node, dict):
            node = node.get(key)
        elif isinstance(node, list) and key.isdigit() and int(key) < len(node):
            node = node[int(key)]
        else:
            return None
    return node


def got(answer: httpx.Response, where: str) -> str:
    """What came now, in words."""
    there = "" if where == "status" else f"{json.dumps(at(answer, where))[:300]} in "
    return f", got {there}{answer.status_code} {answer.text[:300]!r}"


def holds(predicate: str, found: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether what was found is as wanted: the predicates of the suite, in few lines."""
    if predicate == "status_in":
        return found in wanted["statuses"]
    if predicate == "status_below":
        return bool(found < wanted["limit"])
    if predicate in ("equals", "differs"):
        return (json.dumps(found) == json.dumps(wanted["value"])) == (predicate == "equals")
    if predicate == "same_words":
        return isinstance(found, str) and found.split() == wanted["value"].split()
    if predicate in ("is_one_of", "is_none_of"):
        return (found in wanted["values"]) == (predicate == "is_one_of")
    if predicate in ("contains", "lacks"):
        return (wanted["item"] in (found or ())) == (predicate == "contains")
    if predicate == "matches":
        return re.search(wanted["pattern"], str(found or ""), re.IGNORECASE) is not None
    if predicate == "is_empty":
        return not found
    if predicate == "between":
        low, high = wanted.get("low"), wanted.get("high")
        return (low is None or found >= low) and (high is None or found <= high)
    pytest.skip("only words tell what is wrong here: look at the answers above")
