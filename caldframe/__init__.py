"""Turn Cald.ai phone campaigns into pandas DataFrames, trustworthy numbers and files.

>>> import caldframe as cf
>>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
>>> frames.calls[["call_id", "result"]].values.tolist()
[['k1', 'ivr']]

Every name is imported when it is first used, so that ``import caldframe`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caldframe import plots as plots
    from caldframe.client import Client as Client
    from caldframe.errors import (
        AuthenticationError as AuthenticationError,
        BadResponseError as BadResponseError,
        CaldError as CaldError,
        CampaignNotFoundError as CampaignNotFoundError,
        ConfigurationError as ConfigurationError,
        ConnectionFailedError as ConnectionFailedError,
        DataProblemsError as DataProblemsError,
        DataProblemsWarning as DataProblemsWarning,
        ExportError as ExportError,
        FetchError as FetchError,
        MissingExtraError as MissingExtraError,
        OutputExistsError as OutputExistsError,
        RateLimitError as RateLimitError,
        RedirectError as RedirectError,
        RequestRefusedError as RequestRefusedError,
        ResponseTooLargeError as ResponseTooLargeError,
        ServerError as ServerError,
        UnknownColumnError as UnknownColumnError,
    )
    from caldframe.fetch import (
        fetch_agents as fetch_agents,
        fetch_call as fetch_call,
        fetch_calls as fetch_calls,
        fetch_campaign as fetch_campaign,
        fetch_campaigns as fetch_campaigns,
        fetch_contacts as fetch_contacts,
        fetch_transcripts as fetch_transcripts,
        load_campaign as load_campaign,
    )
    from caldframe.frames import (
        CampaignFrames as CampaignFrames,
        read_csv as read_csv,
        read_parquet as read_parquet,
    )
    from caldframe.metrics.lengths import (
        length_distribution as length_distribution,
        length_summary as length_summary,
    )
    from caldframe.metrics.outcomes import outcome_rates as outcome_rates, reconcile as reconcile
    from caldframe.sandbox import Sandbox as Sandbox

    __version__: str

_HOMES = {
    "Client": "caldframe.client",
    "AuthenticationError": "caldframe.errors",
    "BadResponseError": "caldframe.errors",
    "CaldError": "caldframe.errors",
    "CampaignNotFoundError": "caldframe.errors",
    "ConfigurationError": "caldframe.errors",
    "ConnectionFailedError": "caldframe.errors",
    "DataProblemsError": "caldframe.errors",
    "DataProblemsWarning": "caldframe.errors",
    "ExportError": "caldframe.errors",
    "FetchError": "caldframe.errors",
    "MissingExtraError": "caldframe.errors",
    "OutputExistsError": "caldframe.errors",
    "RateLimitError": "caldframe.errors",
    "RedirectError": "caldframe.errors",
    "RequestRefusedError": "caldframe.errors",
    "ResponseTooLargeError": "caldframe.errors",
    "ServerError": "caldframe.errors",
    "UnknownColumnError": "caldframe.errors",
    "fetch_agents": "caldframe.fetch",
    "fetch_call": "caldframe.fetch",
    "fetch_calls": "caldframe.fetch",
    "fetch_campaign": "caldframe.fetch",
    "fetch_campaigns": "caldframe.fetch",
    "fetch_contacts": "caldframe.fetch",
    "fetch_transcripts": "caldframe.fetch",
    "load_campaign": "caldframe.fetch",
    "CampaignFrames": "caldframe.frames",
    "read_csv": "caldframe.frames",
    "read_parquet": "caldframe.frames",
    "length_distribution": "caldframe.metrics.lengths",
    "length_summary": "caldframe.metrics.lengths",
    "outcome_rates": "caldframe.metrics.outcomes",
    "reconcile": "caldframe.metrics.outcomes",
    "Sandbox": "caldframe.sandbox",
}
_MODULES = ("plots",)

__all__ = ["__version__", "plots", *_HOMES]  # noqa: PLE0604 - the names of the table above are strings


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("caldframe")
    if name in _MODULES:
        return import_module(f"caldframe.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'caldframe' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
