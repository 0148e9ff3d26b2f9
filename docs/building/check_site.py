"""Check the site that was built: each link leads somewhere, and nothing is asked of another host.

MkDocs checks the links that are written in the pages. This looks at what came out, references between the
docstrings included: python docs/building/check_site.py site
"""
# ruff: noqa: INP001 - a script, not part of a package

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

_LOADED = {"audio", "embed", "iframe", "img", "link", "script", "source", "video"}
_IN_STYLES = re.compile(r"""(?:url\(|@import\s+)["']?(?:https?:)?//""")


class _PageReader(HTMLParser):
    """The links of a page, the places in it that links can lead to, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of one tag."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag in _LOADED and values.get("rel") not in {"canonical", "next", "prev"}:
            self.loaded += [values[name] for name in ("src", "href") if name in values]


def find_faults(site: Path) -> list[str]:
    """Give a line for each link that leads nowhere, and for each thing that another host would be asked for.

    Parameters
    ----------
    site : Path
        The folder that was built.

    Returns
    -------
    list of str
        The faults, page by page; empty for a sound site.
    """
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    faults = [f"{path.relative_to(site)}: {fault}" for path in pages for fault in _faults(path, pages, site)]
    styles = [
        path for path in sorted(site.rglob("*.css")) if _IN_STYLES.search(path.read_text(encoding="utf-8"))
    ]
    return faults + [f"{path.relative_to(site)}: loads from another host" for path in styles]


def _read(path: Path) -> _PageReader:
    reader = _PageReader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def _faults(path: Path, pages: dict[Path, _PageReader], site: Path) -> list[str]:
    page = pages[path]
    faults = [f"loads {target}" for target in page.loaded if re.match(r"(?:\w+:)?//", target)]
    for link in page.links + page.loaded:
        if re.match(r"(?:\w+:|//)", link):
            continue
        target, anchor = urldefrag(unquote(link))
        folder = site if target.startswith("/") else path.parent
        there = (folder / target.lstrip("/")).resolve() if target else path
        if not there.exists():
            faults.append(f"{link} leads to no file")
        elif anchor and there in pages and anchor not in pages[there].places:
            faults.append(f"{link} leads to no place on its page")
    return faults


if __name__ == "__main__":
    found = find_faults(Path(sys.argv[1]).resolve())
    sys.stdout.writelines(f"{fault}\n" for fault in found)
    sys.exit(bool(found))
