"""Deliberately wrong variants of the reference server, one short file a fault, named by what they break.

A mutant is a subclass of one of the server's parts (assembly.Parts). It calls `self.reached()` where its
wrong path is taken, so that a check that goes red is known to have gone red for it. Never on by default.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, get_args, get_type_hints

from reference_server.assembly import Parts


class MutantError(Exception):
    """There is no such mutant, or it is declared wrongly."""


@dataclass(frozen=True)
class Mutant:
    """One fault. `also` are requirements that it cannot help breaking besides its own, with the reason why.

    `needs` says what of the target must be so for the fault to show: nothing, or `bearer`.
    """

    name: str
    requirement: str
    fault: str
    also: tuple[str, ...]
    why_also: str
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
        """The wrong path was taken."""
        type(self).on_reached()


def mutant(
    requirement: str, fault: str, *, also: Iterable[str] = (), why_also: str = "", parts: Iterable[str] = ()
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
        MUTANTS[name] = Mutant(
            name, requirement, fault, tuple(also), why_also, tuple(parts) or _parts_of(cls), cls
        )
        return cls

    return register


def load() -> dict[str, Mutant]:
    """Every mutant by its name; imports the modules of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(MUTANTS.items(), key=lambda pair: (pair[1].requirement, pair[0])))


def parts_of(name: str, on_reached: Callable[[], None]) -> Parts:
    """The parts of a server with this fault. Raises MutantError."""
    found = load().get(name)
    if found is None:
        raise MutantError(f"there is no mutant {name!r}; parley mutants lists them")
    said: list[bool] = []

    def once() -> None:
        if not said:
            said.append(True)
            on_reached()

    found.cls.on_reached = staticmethod(once)
    return found.into(Parts())


def _parts_of(cls: type[Any]) -> tuple[str, ...]:
    """The fields of Parts whose right class the mutant derives from."""
    hints = get_type_hints(Parts)
    found = tuple(field.name for field in fields(Parts) if issubclass(cls, get_args(hints[field.name])[0]))
    if not found:
        raise MutantError(f"{cls.__name__}: derives from no part of the server")
    return found
