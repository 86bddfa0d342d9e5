"""The site's own part of Sphinx: pages from the catalogue, guides as they are, a search.

`extension` is what Sphinx loads. It and `documents` need Sphinx; the other modules, which make the
pages, do not.
"""
