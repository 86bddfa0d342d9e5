"""Sphinx's configuration of both trees; `make docs` builds them into `_build/html`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from wechatpay_chain import __version__

project = "wechatpay-chain"
author = "the authors of wechatpay-chain"
version = release = __version__
language = "en"  # `build` gives the other one on the command line

extensions = [
    "myst_parser",
    "sphinx_design",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "wechatpay_site.extension",
]
templates_path = ["_templates"]

# A guide is written for GitHub first: what only Sphinx finds odd is no reason to stop.
suppress_warnings = ["misc.highlighting_failure", "myst.header"]

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name for name in ("Flow", "Handler", "Middleware", "Effect")}
autodoc_typehints_format = "short"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False

html_theme = "furo"
html_title = "wechatpay-chain"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_permalinks_icon = "#"
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {
        "color-brand-primary": "#07753b",
        "color-brand-content": "#07753b",
        "color-brand-visited": "#07753b",
    },
    "dark_css_variables": {
        "color-brand-primary": "#4cc97c",
        "color-brand-content": "#4cc97c",
        "color-brand-visited": "#4cc97c",
    },
}
