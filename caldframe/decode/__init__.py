"""Response bytes to Arrow tables; pure, no input or output.

Nothing is lost on the way. Every call is a row, in order. What a column cannot hold is null there and
verbatim in `problems`; fields that the API does not document are verbatim in `extra`. The kinds of
problems, and what each means for the value, are `caldframe.schema.PROBLEM_KINDS`.
"""

from __future__ import annotations

from caldframe.decode.campaign import decode_call, decode_campaign
from caldframe.decode.lists import decode_agents, decode_contacts

__all__ = ["decode_agents", "decode_call", "decode_campaign", "decode_contacts"]
