"""What is refused before anything is sent: keys, addresses, ids and limits that cannot be right."""

from __future__ import annotations

import ipaddress
import math
import re
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from caldframe.errors import AuthenticationError, ConfigurationError

_HOW_TO_SET: Final = "Set the environment variable CALD_API_KEY, or pass api_key=."


def checked_key(key: Any) -> str:
    """Refuse a key that is missing or that no header can hold, without showing it."""
    if key is None:
        raise AuthenticationError(f"There is no API key. {_HOW_TO_SET}")
    if not isinstance(key, str):
        raise AuthenticationError(f"The API key is of type {type(key).__name__}, not text. {_HOW_TO_SET}")
    if not key:
        raise AuthenticationError(f"The API key is empty. {_HOW_TO_SET}")
    if key != key.strip():
        raise AuthenticationError(f"The API key begins or ends with a blank or a line break. {_HOW_TO_SET}")
    if not all(character.isprintable() and ord(character) <= 0xFF for character in key):  # noqa: PLR2004
        raise AuthenticationError(f"The API key has a character that no header can hold. {_HOW_TO_SET}")
    return key


def checked_base_url(url: Any, *, plain_allowed: bool) -> str:
    """Give the API's address in normal form, or say why the key may not be sent there."""
    advice = "Give base_url (or CALD_BASE_URL) as https://host/path."
    if not isinstance(url, str) or re.search(r"[\x00-\x20\x7f\\]", url):
        raise ConfigurationError(f"The base URL is not a URL. {advice}")
    if "?" in url or "#" in url:
        raise ConfigurationError(f"The base URL has a query or a fragment. {advice}")
    try:
        # As requests will read it, so that both always mean the same host.
        parts = urlsplit(requests.Request("GET", url).prepare().url or "")
        host = parts.hostname
    except (ValueError, requests.RequestException):
        host, parts = None, urlsplit("")
    if parts.scheme not in {"http", "https"} or not host:
        raise ConfigurationError(f"The base URL is not the address of a web server. {advice}")
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"The base URL has a user name or a password in it; pass the key as api_key=. {advice}"
        )
    if parts.scheme == "http" and not (plain_allowed or is_loopback(host)):
        raise ConfigurationError(
            f"The base URL would send the key to {host} unencrypted. Use https://, or pass "
            "allow_plain_http=True if you trust every machine on the way."
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def path_segment(identifier: Any) -> str:
    """Quote an id so that it is one segment of a path, whatever is in it.

    Parameters
    ----------
    identifier : str
        The id of a campaign, a call or a list.

    Returns
    -------
    str
        The id, every character but letters, digits and ``_.-~`` quoted.

    Raises
    ------
    ConfigurationError
        If it is not text, or is empty, ``.`` or ``..``.

    Examples
    --------
    >>> path_segment("a/../b?c")
    'a%2F..%2Fb%3Fc'
    """
    if not isinstance(identifier, str):
        raise ConfigurationError(
            f"An id is text, not {type(identifier).__name__}. Give it as the dashboard shows it."
        )
    if identifier in {"", ".", ".."}:
        raise ConfigurationError(f"{identifier!r} cannot be an id. Give it as the dashboard shows it.")
    try:
        return quote(identifier, safe="")
    except UnicodeEncodeError:
        raise ConfigurationError(
            f"The id {identifier!r} has a character that no URL can hold. Give it as the dashboard shows it."
        ) from None


def checked_seconds(name: str, value: Any) -> float:
    """Refuse what is not a number of seconds that one can wait."""
    if not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ConfigurationError(f"{name} is a number of seconds above 0, not {value!r}.")
    return float(value)


def checked_count(name: str, value: Any, *, least: int) -> int:
    """Refuse what is not a whole number of `least` or more."""
    if not isinstance(value, int) or value < least:
        raise ConfigurationError(f"{name} is a whole number of {least} or more, not {value!r}.")
    return value
