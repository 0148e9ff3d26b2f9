"""What the sandbox knows, by the paths of the API; no HTTP here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from caldframe.errors import ConfigurationError
from caldframe.sandbox.body import Body, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Holding", "Library"]


class Holding(Protocol):
    """A campaign that can be asked for, made up or saved."""

    campaign_id: str

    @property
    def list_id(self) -> str | None:
        """The list of contacts that it calls."""

    @property
    def agents(self) -> Sequence[Mapping[str, object]]:
        """Its agents, as the API gives them."""

    @property
    def contacts(self) -> Sequence[Mapping[str, str]]:
        """The contacts of its list, as the API gives them."""

    def details(self, elapsed: float) -> Body:
        """Give the response of the details endpoint, some seconds after the start."""

    def call(self, call_id: str, elapsed: float) -> Body | None:
        """Give one call, some seconds after the start."""


class Library:
    """Campaigns, and what the API answers about them.

    Parameters
    ----------
    holdings : sequence of Holding
        The campaigns.

    Raises
    ------
    ConfigurationError
        If two of them have the same id.
    """

    def __init__(self, holdings: Sequence[Holding]) -> None:
        self._holdings: dict[str, Holding] = {}
        for holding in holdings:
            if holding.campaign_id in self._holdings:
                raise ConfigurationError(
                    f"Two campaigns have the id {holding.campaign_id!r}. Serve only one of them."
                )
            self._holdings[holding.campaign_id] = holding

    @property
    def campaign_ids(self) -> list[str]:
        """The ids of all campaigns, in order."""
        return list(self._holdings)

    def find(self, path: Sequence[str], elapsed: float) -> Body | None:
        """Give what the API answers.

        Parameters
        ----------
        path : sequence of str
            The path below the base URL, segment by segment, decoded.
        elapsed : float
            Seconds since the start.

        Returns
        -------
        Body or None
            The response's body, None where there is nothing of that name.
        """
        match tuple(path):
            case ("campaigns", campaign_id, "details") if campaign_id in self._holdings:
                return self._holdings[campaign_id].details(elapsed)
            case ("calls", call_id):
                return self._call(call_id, elapsed)
            case ("agents",):
                return self._agents()
            case ("lists", list_id, "contacts"):
                return self._contacts(list_id)
        return None

    def _call(self, call_id: str, elapsed: float) -> Body | None:
        for holding in self._holdings.values():
            body = holding.call(call_id, elapsed)
            if body is not None:
                return body
        return None

    def _agents(self) -> Body:
        agents = [agent for holding in self._holdings.values() for agent in holding.agents]
        return _listed("agents", agents, "agentId")

    def _contacts(self, list_id: str) -> Body | None:
        holders = [holding for holding in self._holdings.values() if holding.list_id == list_id]
        contacts = [contact for holding in holders for contact in holding.contacts]
        return _listed("contacts", contacts, "phoneNumber") if holders else None


def _listed(name: str, entries: Sequence[Mapping[str, Any]], key: str) -> Body:
    """List entries under a name, each key once."""
    once = {entry[key]: entry for entry in reversed(entries)}
    return Body(as_json({name: list(reversed(once.values()))}))
