"""How calls ended: rates, funnel, the field's ratios, the numbers that call, the campaign's own counts."""

from __future__ import annotations

from caldframe.metrics.outcomes.audit import audit_labels, audited_answer_rate
from caldframe.metrics.outcomes.callers import caller_numbers
from caldframe.metrics.outcomes.campaign_stats import reconcile
from caldframe.metrics.outcomes.rates import outcome_rates
from caldframe.metrics.outcomes.ratios import contact_kpis
from caldframe.metrics.outcomes.stages import funnel

__all__ = [
    "audit_labels",
    "audited_answer_rate",
    "caller_numbers",
    "contact_kpis",
    "funnel",
    "outcome_rates",
    "reconcile",
]
