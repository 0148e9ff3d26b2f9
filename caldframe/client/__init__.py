"""HTTP: the key, one pool of connections, retries, limits; returns bytes.

The key goes to one host and nowhere else: redirects are not followed, cookies are neither kept nor sent, and
no ``.netrc`` entry or proxy setting can replace it. A request has a time and a size that it cannot exceed,
whatever the server does. Files from addresses that others name are fetched by a `Downloader`, without a key.
"""

from __future__ import annotations

from caldframe.client.api import DEFAULT_BASE_URL, Client, Response
from caldframe.client.checks import path_segment
from caldframe.client.downloads import Downloader, Partial

__all__ = ["DEFAULT_BASE_URL", "Client", "Downloader", "Partial", "Response", "path_segment"]
