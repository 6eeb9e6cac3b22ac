"""Deliberately wrong variants of the reference server and its widget, one short file a fault, named by it.

A mutant is a subclass of one of the server's parts (assembly.Parts); a wrong widget is one of its pages
(edited.Edited). It calls `self.reached()` where its
wrong path is taken, and names what a check's complaint must show: so a check that goes red is known to have
gone red for it. Never on by default.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, get_args, get_type_hints

from reference_server.assembly import Parts
from reference_server.mutants.telling import exchange


class MutantError(Exception):
    """There is no such mutant, or it is declared wrongly."""


@dataclass(frozen=True)
class Mutant:
    """One fault. `also` are requirements that it cannot help breaking besides its own, with the reason why.

    `shows` is a text or a pattern that is found in the complaint of a check that went red for this fault.
    `untied` says why the wrong path cannot be reported in the attempt that goes red; empty where it is.
    """

    name: str
    requirement: str
    fault: str
    shows: str
    also: tuple[str, ...]
    why_also: str
    untied: str
    parts: tuple[str, ...]
    cls: type[Any]

    def into(self, parts: Parts) -> Parts:
        """The parts with this mutant's in place of the right one."""
        return replace(parts, **dict.fromkeys(self.parts, self.cls))


MUTANTS: dict[str, Mutant] = {}


class Reaching:
    """What a mutant's class gains: `reached()`."""

    on_reached: ClassVar[Callable[[], None]] = staticmethod(lambda: None)

    def reached(self) -> None:
        """The wrong path was taken, for the request that is being answered."""
        type(self).on_reached()


def mutant(
    requirement: str,
    fault: str,
    *,
    shows: str,
    also: Iterable[str] = (),
    why_also: str = "",
    untied: str = "",
    parts: Iterable[str] = (),
) -> Callable[[type[Any]], type[Any]]:
    """Registers a subclass of a part as a mutant that breaks the requirement.

    `parts` names the fields of Parts it stands for, where its base class does not say (`offers`, not
    `answers`).
    """

    def register(cls: type[Any]) -> type[Any]:
        name = re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()
        if name in MUTANTS:
            raise MutantError(f"{name}: there are two mutants of that name")
        if tuple(also) and not why_also:
            raise MutantError(f"{name}: says what else it breaks, but not why")
        if not shows:
            raise MutantError(f"{name}: does not say what the complaint about it shows")
        MUTANTS[name] = Mutant(
            name,
            requirement,
            fault,
            shows,
            tuple(also),
            why_also,
            untied,
            tuple(parts) or _parts_of(cls),
            cls,
        )
        return cls

    return register


def load() -> dict[str, Mutant]:
    """Every mutant by its name; imports the modules of this package."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return dict(sorted(MUTANTS.items(), key=lambda pair: (pair[1].requirement, pair[0])))


def parts_of(name: str, on_reached: Callable[[int | None], None]) -> Parts:
    """The parts of a server with this fault; `on_reached` gets each exchange that took the wrong path, once.

    None stands for what belongs to no exchange. Raises MutantError.
    """
    found = load().get(name)
    if found is None:
        raise MutantError(f"there is no mutant {name!r}; parley mutants lists them")
    told: set[int | None] = set()

    def once() -> None:
        number = exchange.get()
        if number not in told:
            told.add(number)
            on_reached(number)

    found.cls.on_reached = staticmethod(once)
    return found.into(Parts())


def _parts_of(cls: type[Any]) -> tuple[str, ...]:
    """The fields of Parts whose right class the mutant derives from."""
    hints = get_type_hints(Parts)
    found = tuple(field.name for field in fields(Parts) if issubclass(cls, get_args(hints[field.name])[0]))
    if not found:
        raise MutantError(f"{cls.__name__}: derives from no part of the server")
    return found
