"""Where an archive is: a folder, or what fsspec reaches by a URL; the only door to fsspec."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from caldframe.archive.storage.local import LocalStorage
from caldframe.archive.storage.place import Entry, Storage
from caldframe.archive.storage.remote import RemoteStorage
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Entry", "LocalStorage", "RemoteStorage", "Storage", "is_url", "open_storage"]

_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_ALMOST_URL: Final = re.compile(r"(?:s3a?|gs|gcs|az|abfss?):(?:/(?!/).*|/*)", re.IGNORECASE)
"""A bucket with a slash too few, which would become a folder of that name, or with no name at all."""


def is_url(location: str) -> bool:
    """Whether a location is a URL, ``s3://bucket/folder`` for example, and not a path."""
    return _URL.match(location) is not None


def open_storage(location: str | os.PathLike[str], options: Mapping[str, Any] | None = None) -> Storage:
    """Give the place that a location names.

    Parameters
    ----------
    location : str or path
        A folder, or a URL that fsspec knows.
    options : mapping, optional
        What the file system of a URL is to be told, credentials for example.

    Returns
    -------
    Storage
        The place; it need not be there yet.

    Raises
    ------
    ConfigurationError
        If it is neither, or the package for such URLs is not installed.
    """
    if not isinstance(location, str | os.PathLike):
        raise ConfigurationError(f"An archive is a folder or a URL, not {location!r}.")
    text = os.fspath(location)
    if not text or "\0" in text:
        raise ConfigurationError(f"{text!r} is no folder for an archive. Give a path or a URL.")
    if _ALMOST_URL.fullmatch(text):
        raise ConfigurationError(f"{text!r} is no whole URL. Give it as s3://bucket/folder.")
    if text.startswith("file://"):
        text = text.removeprefix("file://")
    elif is_url(text):
        return RemoteStorage(text.rstrip("/"), dict(options or {}))
    if options:
        raise ConfigurationError(f"storage_options are for URLs; {text} is a folder.")
    return LocalStorage(Path(text))
