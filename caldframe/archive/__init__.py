"""Many campaigns over time, on disk or in an object store: sync, read back, verify, rebuild.

`docs/archive.md` says how an archive is laid out, how it is written, and what that guarantees.
"""

from __future__ import annotations

from caldframe.archive.archive import Archive
from caldframe.archive.storage import is_url

__all__ = ["Archive", "is_url"]
