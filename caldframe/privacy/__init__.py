"""What must be hidden before tables are shared: pseudonyms for who was called, redaction of what was said."""

from __future__ import annotations

from caldframe.privacy.pseudonyms import LEAST_KEY_BYTES, checked_pseudonym_key
from caldframe.privacy.redaction import redact, redact_frames
from caldframe.privacy.replacing import pseudonymise, pseudonymise_contacts

__all__ = [
    "LEAST_KEY_BYTES",
    "checked_pseudonym_key",
    "pseudonymise",
    "pseudonymise_contacts",
    "redact",
    "redact_frames",
]
