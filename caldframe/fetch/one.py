"""One campaign, one call, one list."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from caldframe.decode import decode_agents, decode_call, decode_contacts
from caldframe.errors import DataProblemsWarning
from caldframe.fetch.asking import answering, fetch_tables, opened_client
from caldframe.frames import CampaignFrames, to_pandas
from caldframe.schema import AGENTS, CALLS, CONTACTS, TRANSCRIPTS, Tables

if TYPE_CHECKING:
    import pandas as pd

    from caldframe.client import Client


def fetch_campaign(
    campaign_id: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    client: Client | None = None,
    strict: bool = False,
) -> CampaignFrames:
    """Fetch one campaign with its calls and their transcripts.

    Parameters
    ----------
    campaign_id : str
        The campaign, as the dashboard shows it.
    api_key : str, optional
        The key; by default the environment's ``CALD_API_KEY``.
    base_url : str, optional
        Where the API is; by default the environment's ``CALD_BASE_URL``, or else the vendor's address.
    client : Client, optional
        A client of your own, with its own key and limits, instead of `api_key` and `base_url`.
    strict : bool, default False
        Whether to raise if anything in the response does not fit.

    Returns
    -------
    CampaignFrames
        The four tables: `campaigns` with one row, `calls` and `transcripts` in the order of the response,
        `problems` with one row for everything that did not fit.

    Raises
    ------
    ConfigurationError
        If an argument or the environment cannot be right; nothing is sent.
    FetchError
        If there is no usable answer; see `caldframe.errors` for its kinds.
    DataProblemsError
        If `strict` and there is at least one problem.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1) as sandbox:
    ...     frames = cf.fetch_campaign(
    ...         sandbox.campaign_ids[0], base_url=sandbox.url, api_key=sandbox.api_key
    ...     )
    >>> len(frames.campaigns)
    1
    """
    with opened_client(client, api_key, base_url) as opened:
        return CampaignFrames.from_arrow(fetch_tables(opened, campaign_id, strict=strict))


def fetch_calls(
    campaign_id: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    client: Client | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Fetch the calls of one campaign.

    Parameters
    ----------
    campaign_id, api_key, base_url, client, strict
        As for `fetch_campaign`.

    Returns
    -------
    pandas.DataFrame
        One row a call, in the order of the response. Columns: `caldframe.schema.CALLS`; `call_length` in
        seconds, times in UTC.

    Warns
    -----
    DataProblemsWarning
        If something in the response did not fit. `fetch_campaign` gives it as `.problems`.

    Raises
    ------
    ConfigurationError, FetchError, DataProblemsError
        As `fetch_campaign` does.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key}
    ...     calls = cf.fetch_calls(sandbox.campaign_ids[0], **account)
    >>> int((calls["result"] == "pickedUp").sum())
    13
    """
    with opened_client(client, api_key, base_url) as opened:
        tables = fetch_tables(opened, campaign_id, strict=strict)
    _warn_of_problems(tables, campaign_id)
    return to_pandas(tables.calls, CALLS)


def fetch_transcripts(
    campaign_id: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    client: Client | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Fetch the transcripts of one campaign.

    Parameters
    ----------
    campaign_id, api_key, base_url, client, strict
        As for `fetch_campaign`.

    Returns
    -------
    pandas.DataFrame
        One row a turn, in the order of the calls and of their turns. Columns:
        `caldframe.schema.TRANSCRIPTS`.

    Warns
    -----
    DataProblemsWarning
        If something in the response did not fit. `fetch_campaign` gives it as `.problems`.

    Raises
    ------
    ConfigurationError, FetchError, DataProblemsError
        As `fetch_campaign` does.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key}
    ...     turns = cf.fetch_transcripts(sandbox.campaign_ids[0], **account)
    >>> turns["role"].head(3).tolist()
    ['user', 'assistant', 'user']
    """
    with opened_client(client, api_key, base_url) as opened:
        tables = fetch_tables(opened, campaign_id, strict=strict)
    _warn_of_problems(tables, campaign_id)
    return to_pandas(tables.transcripts, TRANSCRIPTS)


def fetch_call(
    call_id: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    client: Client | None = None,
    strict: bool = False,
) -> CampaignFrames:
    """Fetch one call with its transcript.

    Parameters
    ----------
    call_id : str
        The call.
    api_key, base_url, client, strict
        As for `fetch_campaign`.

    Returns
    -------
    CampaignFrames
        `calls` with one row, `transcripts` with its turns, its `problems`; `campaigns` is empty, since the
        API does not say which campaign a single call is of.

    Raises
    ------
    ConfigurationError, FetchError, DataProblemsError
        As `fetch_campaign` does.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key}
    ...     call_id = cf.fetch_calls(sandbox.campaign_ids[0], **account)["call_id"].iloc[0]
    ...     one = cf.fetch_call(call_id, **account)
    >>> one
    CampaignFrames: 0 campaigns, 1 call, 2 turns, 0 problems
    """
    with opened_client(client, api_key, base_url) as opened:
        response = opened.call(call_id)
        with answering(opened, response, call_id):
            return CampaignFrames.from_arrow(decode_call(response.body, strict=strict))


def fetch_agents(
    *, api_key: str | None = None, base_url: str | None = None, client: Client | None = None
) -> pd.DataFrame:
    """Fetch the account's agents.

    Parameters
    ----------
    api_key, base_url, client
        As for `fetch_campaign`.

    Returns
    -------
    pandas.DataFrame
        One row an agent, in the order of the response. Columns: `caldframe.schema.AGENTS`.

    Raises
    ------
    ConfigurationError, FetchError
        As `fetch_campaign` does.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     agents = cf.fetch_agents(base_url=sandbox.url, api_key=sandbox.api_key)
    >>> agents["name"].tolist()
    ['Maya, solar survey', 'Daniel, solar survey', 'Sophie, appointments']
    """
    with opened_client(client, api_key, base_url) as opened:
        response = opened.agents()
        with answering(opened, response, None):
            return to_pandas(decode_agents(response.body), AGENTS)


def fetch_contacts(
    list_id: str, *, api_key: str | None = None, base_url: str | None = None, client: Client | None = None
) -> pd.DataFrame:
    """Fetch the contacts of a list.

    Parameters
    ----------
    list_id : str
        The list.
    api_key, base_url, client
        As for `fetch_campaign`.

    Returns
    -------
    pandas.DataFrame
        One row a contact, in the order of the response. Columns: `caldframe.schema.CONTACTS`, custom
        variables as a JSON object in `extra`.

    Raises
    ------
    ConfigurationError, FetchError
        As `fetch_campaign` does.

    Examples
    --------
    >>> import caldframe as cf
    >>> with cf.Sandbox(seed=1, calls=25) as sandbox:
    ...     account = {"base_url": sandbox.url, "api_key": sandbox.api_key}
    ...     campaign = cf.fetch_campaign(sandbox.campaign_ids[0], **account).campaigns.iloc[0]
    ...     contacts = cf.fetch_contacts(campaign["list_id"], **account)
    >>> contacts.columns.tolist()
    ['phone_number', 'prospect_name', 'email', 'extra']
    """
    with opened_client(client, api_key, base_url) as opened:
        response = opened.contacts(list_id)
        with answering(opened, response, list_id):
            return to_pandas(decode_contacts(response.body), CONTACTS)


def _warn_of_problems(tables: Tables, campaign_id: str) -> None:
    count = tables.problems.num_rows
    if count:
        warnings.warn(
            f"{count:,} {'value' if count == 1 else 'values'} of campaign {campaign_id!r} did not fit. "
            f"fetch_campaign({campaign_id!r}).problems says which and why.",
            DataProblemsWarning,
            stacklevel=3,
        )
