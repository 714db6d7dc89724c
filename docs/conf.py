"""How the documentation is built: `make docs`, into var/docs. No font, script or picture comes from elsewhere."""

from typing import Any

from pygments.lexers.special import TextLexer

project = "Refillwise"
author = "Refillwise maintainers"
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]
root_doc = "index"
html_theme = "furo"
html_title = "Refillwise"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_show_sourcelink = False
myst_heading_anchors = 4
myst_enable_extensions = ["attrs_inline"]
nitpicky = True


def setup(app: Any) -> None:
    """State diagrams are shown as they are written: drawing them would take a script of megabytes."""
    app.add_lexer("mermaid", TextLexer)
