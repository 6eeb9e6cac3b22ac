"""What a target must do next, as far as what it did before decides it: mailboxes and budgets of one scene.

A scene sends one request after the other, so that the order is known. Pure bookkeeping; time is the caller's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from protocol.spec import Spec
from protocol.whose import BUDGETS, LIFETIME, NEWEST, ONCE

RETURNED = {"offer": "MBOX-1", "answer": None}

Fault = tuple[str | None, str, str]  # requirement, wanted, got


@dataclass
class Spent:
    """One window of one budget: `certain` were 2xx; `perhaps` were refused, which may or may not count."""

    opened: float
    certain: int = 0
    perhaps: int = 0


class Budgets:
    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._spent: dict[tuple[str, ...], Spent] = {}

    def key(self, user: str, operation: str, room: str) -> tuple[str, ...] | None:
        budget = self._spec.operation(operation).budget
        if budget is None or operation not in BUDGETS:
            return None
        return (operation, user, *((room,) if "room" in budget.per else ()))

    def left(self, user: str, operation: str, room: str = "") -> int:
        """How many more are sure to be granted; many where there is no budget."""
        budget = self._spec.operation(operation).budget
        key = self.key(user, operation, room)
        if budget is None or key is None:
            return 1_000_000
        spent = self._spent.get(key)
        return budget.limit if spent is None else budget.limit - spent.certain - spent.perhaps

    def answered(self, user: str, operation: str, room: str, status: int | None, now: float) -> Fault | None:
        """Counts an answer to an authenticated request; says where the budget was not kept."""
        key = self.key(user, operation, room)
        budget = self._spec.operation(operation).budget
        if key is None or budget is None or status is None:
            return None
        grace = self._spec.timings["grace_before"]
        spent = self._spent.setdefault(key, Spent(now))
        age = now - spent.opened
        if age > budget.window + self._spec.timings["grace_after"]:
            spent = self._spent[key] = Spent(now)
            age = 0.0
        certain_window = age < budget.window - grace
        per = " and room" if "room" in budget.per else ""
        what = f"the budget of {budget.limit} {operation} per user{per} in {budget.window} s"
        before = spent.certain
        if status == 200:
            spent.certain += 1
            if before >= budget.limit and certain_window:
                return BUDGETS[operation], f"429 ({what} was spent)", f"200 for number {before + 1}"
        elif status == 429:
            if before + spent.perhaps < budget.limit and certain_window:
                if before + spent.perhaps == 0:
                    return "RATE-8", f"no 429 ({what}, and the user has spent nothing of it)", "429"
                got = f"429 after {before} that were accepted and {spent.perhaps} that were refused"
                return BUDGETS[operation], f"no 429 yet ({what})", got
        else:
            spent.perhaps += 1
        return None


@dataclass
class Box:
    """One mailbox. `sure` says whether what is in it is known."""

    kind: str
    text: str | None = None
    by: str = ""
    at: float = 0.0
    sure: bool = True
    older: list[str] = field(default_factory=list)

    def posted(self, text: str, by: str, now: float) -> None:
        if self.text is not None:
            self.older.append(self.text)
        self.text, self.by, self.at, self.sure = text, by, now, True

    def emptied(self) -> None:
        if self.text is not None:
            self.older.append(self.text)
        self.text = None
        self.sure = True


class Boxes:
    """The mailboxes of a scene's rooms."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._boxes: dict[tuple[str, str], Box] = {}
        self._candidates: dict[str, list[tuple[str, object]]] = {}

    def candidate(self, room: str, item: object, by: str) -> None:
        self._candidates.setdefault(room, []).append((by, item))

    def candidates(self, room: str, reader: str, items: object) -> Fault | None:
        """What is wrong with what a participant reads from the start: the others' candidates, in order."""
        wanted = [_shown(item) for by, item in self._candidates.get(room, []) if by != reader]
        kept = self._spec.limits["candidates_kept"]
        if len(self._candidates.get(room, [])) > kept:
            return None
        got = [_shown(item) for item in items] if isinstance(items, list) else []
        if got == wanted:
            return None
        at = next(
            (n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b),
            min(len(wanted), len(got)),
        )
        told = f"{len(got)}, from number {at + 1} on others: {str(got[at : at + 1])[:120]}"
        return "ICE-5", f"the {len(wanted)} candidates of the others as they were sent, in order", told

    def of(self, room: str, kind: str) -> Box:
        return self._boxes.setdefault((room, kind), Box(kind))

    def unsure(self, room: str) -> None:
        for (named, _), box in self._boxes.items():
            if named == room:
                box.sure = False

    def read(
        self, room: str, kind: str, reader: str, status: int | None, text: object, sender: object, now: float
    ) -> Fault | None:
        """Notes what a participant's read brought; says what is wrong with it."""
        box = self.of(room, kind)
        if status not in (200, 404):
            box.sure = False
            return None
        known, sure, by, age = box.text, box.sure, box.by, now - box.at
        own = known is not None and by == reader
        if own:
            box.sure = status != 200  # whether that consumes it is the target's choice
            return None
        lifetime = self._spec.timings[f"{kind}_lifetime"]
        fresh = age < lifetime - self._spec.timings["grace_before"]
        over = age > lifetime + self._spec.timings["grace_after"]
        box.emptied()
        if not sure:
            return None
        if status == 404:
            if known is None or not fresh:
                return None
            return RETURNED[kind], f"the {kind} that was posted {age:.1f} s ago", "404"
        if known is None:
            return self._out_of_nothing(room, box, text)
        if over:
            return LIFETIME[kind], f"404 (the {kind} was posted {age:.0f} s ago)", "200"
        if text == known:
            if sender not in (by, None) and fresh:
                return RETURNED[kind], f"fromUserId of who posted the {kind}", "another fromUserId"
            return None
        if text in box.older[:-1]:
            return NEWEST[kind], f"the newest {kind}", "an older one"
        if self._elsewhere(room, kind, text):
            return "MBOX-8", f"the {kind} of this room", f"the {kind} of another room"
        return (
            RETURNED[kind],
            f"the {kind} as it was posted, {len(known)} characters",
            _difference(known, text),
        )

    def strange(self, room: str, kind: str, text: object) -> Fault | None:
        """What is wrong with what somebody reads who is no participant, or where there is no room."""
        if self._elsewhere(room, kind, text):
            return "MBOX-8", f"nothing of another room's {kind} box", f"200 with the {kind} of another room"
        return None

    def _out_of_nothing(self, room: str, box: Box, text: object) -> Fault:
        if self._elsewhere(room, box.kind, text):
            return (
                "MBOX-8",
                f"404 (no {box.kind} is in this room's box)",
                f"200 with the {box.kind} of another room",
            )
        if text in box.older:
            return ONCE[box.kind], f"404 (the {box.kind} was read before)", "200, the same again"
        return "MBOX-10", f"404 (no {box.kind} was posted)", "200"

    def _elsewhere(self, room: str, kind: str, text: object) -> bool:
        return any(
            text == box.text or text in box.older
            for (named, of), box in self._boxes.items()
            if named != room and of == kind
        )


def _shown(item: object) -> tuple[object, object]:
    """Of a candidate what no reader of JSON may have changed."""
    return (item.get("candidate"), item.get("sdpMid")) if isinstance(item, dict) else (None, None)


def _difference(wanted: str, got: object) -> str:
    if not isinstance(got, str):
        return f"no text but {type(got).__name__}"
    at = next(
        (n for n, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got))
    )
    return f"{len(got)} characters, from number {at + 1} on another text: {got[at : at + 20]!r}"
