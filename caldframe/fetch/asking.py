"""Ask and decode: what fetching one campaign and fetching many have in common."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from caldframe.client import Client, path_segment
from caldframe.decode import decode_campaign
from caldframe.errors import BadResponseError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from caldframe.client import Response
    from caldframe.schema import Tables


@contextmanager
def opened_client(client: Client | None, api_key: str | None, base_url: str | None) -> Iterator[Client]:
    """Lend the caller's client, or one made for this call and closed after it."""
    if client is None:
        with Client(api_key, base_url) as own:
            yield own
    elif api_key is None and base_url is None:
        yield client
    else:
        raise ConfigurationError(
            "client= has its own key and base URL. Leave out api_key= and base_url=, or client=."
        )


@contextmanager
def answering(client: Client, response: Response, asked: str | None) -> Iterator[None]:
    """Let an error about a body say which request it answered, and not say the key if the body does."""
    try:
        yield
    except BadResponseError as error:
        error.message = client.hide_key(error.message)
        error.args = (error.message,)
        error.campaign_id, error.status, error.attempts = asked, response.status, response.attempts
        raise


def checked_ids(campaign_ids: Iterable[str], asker: str) -> list[str]:
    """Give the campaigns that `asker` is to ask for, each once, or say which cannot be one."""
    if isinstance(campaign_ids, str | bytes) or not isinstance(campaign_ids, Iterable):
        raise ConfigurationError(
            f"campaign_ids is a list: {asker}([{campaign_ids!r}])."
            + (" For a single campaign there is fetch_campaign." if asker == "fetch_campaigns" else "")
        )
    ids = list(campaign_ids)
    for one in ids:
        path_segment(one)
    return list(dict.fromkeys(ids))


def fetch_tables(client: Client, campaign_id: str, *, strict: bool) -> Tables:
    """Fetch a campaign and decode it; the bytes are let go."""
    response = client.campaign(campaign_id)
    with answering(client, response, campaign_id):
        return decode_campaign(
            response.body, campaign_id=campaign_id, fetched_at=response.received_at, strict=strict
        )
