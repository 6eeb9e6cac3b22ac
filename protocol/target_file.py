"""The target file as a kind of TOML file. What its values mean together, and against the spec, is target.py's
business. Values below `tokens` are secrets: no message shows one.
"""

from __future__ import annotations

from protocol.spec import SPEC_DIR
from protocol.toml_file import Json, TomlError, TomlKind, near

__all__ = ["KIND", "Json", "TargetError", "near"]


class TargetError(TomlError):
    """A target file or URL is wrong; one line names the file, the key, and what was expected."""


KIND = TomlKind(
    SPEC_DIR / "schemas" / "target.schema.json",
    TargetError,
    hint="; `parley target init` writes one",
    secret="tokens",  # noqa: S106 - the name of a table
    shown="issuer",
)
