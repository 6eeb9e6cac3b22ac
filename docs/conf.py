"""How Sphinx builds the documentation (make docs). The requirements' pages are written before it reads."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

project = "Parley"
author = "The Parley authors"
release = importlib.metadata.version("parley-conformance")
extensions = ["myst_parser"]
myst_heading_anchors = 3
highlight_language = "text"  # most blocks show a terminal
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"Parley {release}"
html_copy_source = False
html_show_copyright = False


def setup(app: Any) -> None:
    app.connect("builder-inited", lambda _: _write_requirements())


def _write_requirements() -> None:
    import requirement_pages

    requirement_pages.write(requirement_pages.FOLDER)
