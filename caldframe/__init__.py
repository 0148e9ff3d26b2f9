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
    from caldframe.archive import Archive as Archive
    from caldframe.client import Client as Client
    from caldframe.errors import (
        ArchiveError as ArchiveError,
    )
    from caldframe.errors import (
        AuthenticationError as AuthenticationError,
    )
    from caldframe.errors import (
        BadResponseError as BadResponseError,
    )
    from caldframe.errors import (
        CaldError as CaldError,
    )
    from caldframe.errors import (
        CampaignNotFoundError as CampaignNotFoundError,
    )
    from caldframe.errors import (
        ConfigurationError as ConfigurationError,
    )
    from caldframe.errors import (
        ConnectionFailedError as ConnectionFailedError,
    )
    from caldframe.errors import (
        DataProblemsError as DataProblemsError,
    )
    from caldframe.errors import (
        DataProblemsWarning as DataProblemsWarning,
    )
    from caldframe.errors import (
        ExportError as ExportError,
    )
    from caldframe.errors import (
        FetchError as FetchError,
    )
    from caldframe.errors import (
        MissingExtraError as MissingExtraError,
    )
    from caldframe.errors import (
        OutputExistsError as OutputExistsError,
    )
    from caldframe.errors import (
        RateLimitError as RateLimitError,
    )
    from caldframe.errors import (
        RedirectError as RedirectError,
    )
    from caldframe.errors import (
        RequestRefusedError as RequestRefusedError,
    )
    from caldframe.errors import (
        ResponseTooLargeError as ResponseTooLargeError,
    )
    from caldframe.errors import (
        ServerError as ServerError,
    )
    from caldframe.errors import (
        UnknownColumnError as UnknownColumnError,
    )
    from caldframe.fetch import (
        fetch_agents as fetch_agents,
    )
    from caldframe.fetch import (
        fetch_call as fetch_call,
    )
    from caldframe.fetch import (
        fetch_calls as fetch_calls,
    )
    from caldframe.fetch import (
        fetch_campaign as fetch_campaign,
    )
    from caldframe.fetch import (
        fetch_campaigns as fetch_campaigns,
    )
    from caldframe.fetch import (
        fetch_contacts as fetch_contacts,
    )
    from caldframe.fetch import (
        fetch_transcripts as fetch_transcripts,
    )
    from caldframe.fetch import (
        load_campaign as load_campaign,
    )
    from caldframe.frames import (
        CampaignFrames as CampaignFrames,
    )
    from caldframe.frames import (
        read_csv as read_csv,
    )
    from caldframe.frames import (
        read_parquet as read_parquet,
    )
    from caldframe.metrics.compare import compare_lengths as compare_lengths
    from caldframe.metrics.compare import compare_outcomes as compare_outcomes
    from caldframe.metrics.contacts import join_contacts as join_contacts
    from caldframe.metrics.conversation import distinctive_terms as distinctive_terms
    from caldframe.metrics.conversation import drop_off as drop_off
    from caldframe.metrics.conversation import hang_up_lines as hang_up_lines
    from caldframe.metrics.conversation import openings as openings
    from caldframe.metrics.conversation import opt_out_numbers as opt_out_numbers
    from caldframe.metrics.conversation import opt_out_patterns as opt_out_patterns
    from caldframe.metrics.conversation import opt_outs as opt_outs
    from caldframe.metrics.conversation import search_transcripts as search_transcripts
    from caldframe.metrics.conversation import talk_metrics as talk_metrics
    from caldframe.metrics.conversation import talk_summary as talk_summary
    from caldframe.metrics.cost import campaign_cost as campaign_cost
    from caldframe.metrics.lengths import (
        length_distribution as length_distribution,
    )
    from caldframe.metrics.lengths import (
        length_ecdf as length_ecdf,
    )
    from caldframe.metrics.lengths import (
        length_summary as length_summary,
    )
    from caldframe.metrics.lengths import (
        ring_time as ring_time,
    )
    from caldframe.metrics.outcomes import audit_labels as audit_labels
    from caldframe.metrics.outcomes import audited_answer_rate as audited_answer_rate
    from caldframe.metrics.outcomes import caller_numbers as caller_numbers
    from caldframe.metrics.outcomes import contact_kpis as contact_kpis
    from caldframe.metrics.outcomes import funnel as funnel
    from caldframe.metrics.outcomes import outcome_rates as outcome_rates
    from caldframe.metrics.outcomes import reconcile as reconcile
    from caldframe.metrics.quality import quality as quality
    from caldframe.metrics.reach import attempts as attempts
    from caldframe.metrics.reach import reach_by_gap as reach_by_gap
    from caldframe.metrics.reach import reach_curve as reach_curve
    from caldframe.metrics.timing import pickup_by_hour as pickup_by_hour
    from caldframe.metrics.timing import progress as progress
    from caldframe.metrics.timing import quiet_hours as quiet_hours
    from caldframe.phone import describe_numbers as describe_numbers
    from caldframe.privacy import pseudonymise as pseudonymise
    from caldframe.privacy import pseudonymise_contacts as pseudonymise_contacts
    from caldframe.privacy import redact as redact
    from caldframe.privacy import redact_frames as redact_frames
    from caldframe.reports import report as report
    from caldframe.sandbox import Sandbox as Sandbox

    __version__: str

_HOMES = {
    "Archive": "caldframe.archive",
    "Client": "caldframe.client",
    "ArchiveError": "caldframe.errors",
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
    "compare_lengths": "caldframe.metrics.compare",
    "compare_outcomes": "caldframe.metrics.compare",
    "join_contacts": "caldframe.metrics.contacts",
    "distinctive_terms": "caldframe.metrics.conversation",
    "drop_off": "caldframe.metrics.conversation",
    "hang_up_lines": "caldframe.metrics.conversation",
    "openings": "caldframe.metrics.conversation",
    "opt_out_numbers": "caldframe.metrics.conversation",
    "opt_out_patterns": "caldframe.metrics.conversation",
    "opt_outs": "caldframe.metrics.conversation",
    "search_transcripts": "caldframe.metrics.conversation",
    "talk_metrics": "caldframe.metrics.conversation",
    "talk_summary": "caldframe.metrics.conversation",
    "campaign_cost": "caldframe.metrics.cost",
    "length_distribution": "caldframe.metrics.lengths",
    "length_ecdf": "caldframe.metrics.lengths",
    "length_summary": "caldframe.metrics.lengths",
    "ring_time": "caldframe.metrics.lengths",
    "audit_labels": "caldframe.metrics.outcomes",
    "audited_answer_rate": "caldframe.metrics.outcomes",
    "caller_numbers": "caldframe.metrics.outcomes",
    "contact_kpis": "caldframe.metrics.outcomes",
    "funnel": "caldframe.metrics.outcomes",
    "outcome_rates": "caldframe.metrics.outcomes",
    "reconcile": "caldframe.metrics.outcomes",
    "quality": "caldframe.metrics.quality",
    "attempts": "caldframe.metrics.reach",
    "reach_by_gap": "caldframe.metrics.reach",
    "reach_curve": "caldframe.metrics.reach",
    "pickup_by_hour": "caldframe.metrics.timing",
    "progress": "caldframe.metrics.timing",
    "quiet_hours": "caldframe.metrics.timing",
    "describe_numbers": "caldframe.phone",
    "pseudonymise": "caldframe.privacy",
    "pseudonymise_contacts": "caldframe.privacy",
    "redact": "caldframe.privacy",
    "redact_frames": "caldframe.privacy",
    "report": "caldframe.reports",
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
