"""Addresses that others name: which of them may be asked at all."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from caldframe.client.checks import is_loopback
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
_PORTS: Final = {"http": 80, "https": 443}


def checked_url(url: str, *, private_allowed: bool) -> SplitResult:
    """Give the parts of a URL that somebody else has named, or say why it is not asked.

    Parameters
    ----------
    url : str
        The URL.
    private_allowed : bool
        Whether it may be of this machine or a private network.

    Returns
    -------
    urllib.parse.SplitResult
        Its parts.

    Raises
    ------
    ConfigurationError
        If it is not ``https://`` (or ``http://`` to this machine), has a password in it, or the host is, or
        has an address, of this machine or a private network.

    Examples
    --------
    >>> checked_url("https://203.0.113.7/a.mp3", private_allowed=True).path
    '/a.mp3'
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or parts.scheme not in _PORTS or any(character.isspace() for character in url):
        raise ConfigurationError("The address is not that of a web server.")
    if "@" in parts.netloc:
        raise ConfigurationError("The address has a user name or a password in it.")
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"The address is not encrypted: http://{host}. Only https:// is asked.")
    if not private_allowed:
        for address in _addresses(host, port or _PORTS[parts.scheme]):
            refuse_private(address, host)
    return parts


def refuse_private(address: str, host: str) -> None:
    """Raise ConfigurationError if an address is not one of the public internet."""
    if not is_public(address):
        raise ConfigurationError(
            f"{host} is {address}, an address of this machine or a private network. Pass "
            "allow_private=True if you trust whoever named it."
        )


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet, whatever it is wrapped in.

    Examples
    --------
    >>> [is_public(one) for one in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1")]
    [True, False, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _meant(found))


def _meant(address: Address) -> list[Address]:
    """Give the address, or the older ones that it stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _TRANSLATED:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    return [address, *([address.sixtofour] if address.sixtofour else []), *(address.teredo or ())]


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []  # connecting will say so
    return [str(where[0]) for *_, where in found]
