"""What the site has besides the pages of this folder; MkDocs calls these functions."""
# ruff: noqa: INP001 - loaded by MkDocs, not part of a package

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from links import OUTSIDE, site_links
from mkdocs.structure.files import File
from reference import reference_pages

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]

_API = {"API": "made from the code"}


def on_config(config: MkDocsConfig) -> None:
    """Put the pages of the API reference where the navigation says so."""
    pages = {"API": [{page.title: page.path} for page in reference_pages()]}
    for section in config.nav or []:
        for entries in section.values():
            if isinstance(entries, list):
                entries[:] = [pages if entry == _API else entry for entry in entries]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages that are not files of this folder."""
    for source, path in OUTSIDE.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        files.append(File.generated(config, path, content=site_links(text, source)))
    for page in reference_pages():
        files.append(File.generated(config, page.path, content=page.text))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Turn the links of a page of this folder."""
    made = page.file.src_uri in OUTSIDE.values() or page.file.src_uri.startswith("reference/")
    return markdown if made else site_links(markdown, f"docs/{page.file.src_uri}")
