"""What wrong widgets are made of: the page's files with a text in one of them replaced."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from protocol.spec import Spec
from reference_server.mutants import MutantError, Reaching
from reference_server.mutants.telling import REACHED
from reference_server.pages import WIDGET, File, Pages

# Once a page, however often the wrong path is taken.
TELLS = f"""
function reached() {{
  globalThis.__parleyReached ??= fetch("{REACHED}", {{ keepalive: true }}).catch(() => {{}});
  return true;
}}
"""


class Edited(Reaching, Pages):
    """Serves `file` with `old` replaced by `new`. `old` has to be found in it exactly once.

    What stands in `new` calls `reached()` where it does wrong, which gives true.
    """

    file: ClassVar[str]
    old: ClassVar[str]
    new: ClassVar[str]

    def table(self, spec: Spec, folder: Path = WIDGET) -> dict[str, File]:
        """As Pages.table. Raises MutantError where the edit does not fit the file."""
        if not (folder / self.file).is_file():
            raise MutantError(f"{type(self).__name__}: the widget has no {self.file}")
        return super().table(spec, folder)

    def content(self, file: Path) -> bytes:
        content = super().content(file)
        return self.edited(content.decode("utf-8")).encode("utf-8") if file.name == self.file else content

    def edited(self, text: str) -> str:
        """The module with the fault in it. Raises MutantError."""
        found = text.count(self.old)
        if found != 1:
            wanted = self.old.strip().splitlines()[0]
            raise MutantError(
                f"{type(self).__name__}: {self.file}: {wanted!r} was to be found once, is found {found} times"
            )
        return text.replace(self.old, self.new) + TELLS
