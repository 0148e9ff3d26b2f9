"""Look at every byte of an archive, say what is wrong, and mend what can be mended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from caldframe.archive.commit import ABANDONED, ask_for_refetch, rebuild
from caldframe.archive.names import (
    ID_FILE,
    RAW,
    TABLE_FILES,
    MarkName,
    RawName,
    folder_of,
    is_folder,
    raw_folder,
    table_path,
)
from caldframe.archive.raw import DamagedError, read_raw
from caldframe.archive.states import named_campaign, state_of
from caldframe.archive.tables import read_table
from caldframe.frames import table_of_rows
from caldframe.schema import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from caldframe.archive.states import CampaignState
    from caldframe.archive.storage import Storage

SET_ASIDE: Final = "damaged"
"""The folder for raw responses that are damaged and that no newer response replaces."""

_NEVER: Final = RawName(datetime.min.replace(tzinfo=UTC), "", None, 0, 0)
_DEPTH: Final = 3  # the table, the campaign, the file
_READERS: Final = 8
_COLUMNS: Final[dict[str, Any]] = {
    "campaign_id": "str",
    "path": "str",
    "problem": "str",
    "remedy": "str",
    "repaired": "bool",
}


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a file; the fields are the columns of the table."""

    campaign_id: str | None
    path: str
    problem: str
    remedy: str
    repaired: bool = False


def verify_all(storage: Storage, *, repair: bool) -> pd.DataFrame:
    """Verify an archive; `caldframe.Archive.verify` says what the rows are."""
    folders, foreign = _folders(storage)
    findings = [Finding(None, path, "foreign", "none") for path in foreign]
    with ThreadPoolExecutor(_READERS) as readers:
        for found in readers.map(partial(_verify_folder, storage, repair=repair), folders):
            findings += found
    findings.sort(key=lambda finding: (finding.path, finding.problem))
    return table_of_rows([asdict(finding) for finding in findings], _COLUMNS)


def _folders(storage: Storage) -> tuple[list[str], list[str]]:
    """Give the names of all campaigns' folders, and the files that are none of the archive's."""
    folders, foreign = set(), []
    for top in (RAW, *TABLES):
        for entry in storage.files(top):
            parts = entry.path.split("/")
            if len(parts) == _DEPTH and is_folder(parts[1]) and _is_ours(top, parts[2]):
                folders.add(parts[1])
            else:
                foreign.append(entry.path)
    return sorted(folders), foreign


def _is_ours(top: str, name: str) -> bool:
    if top != RAW:
        return name == TABLE_FILES[top]
    return name == ID_FILE or RawName.parse(name) is not None or MarkName.parse(name) is not None


def _verify_folder(storage: Storage, folder: str, *, repair: bool) -> list[Finding]:
    campaign_id = named_campaign(storage, folder)
    if campaign_id is None:
        return _verify_nameless(storage, folder, repair=repair)
    findings = _wrong_with(storage, state_of(storage, campaign_id))
    if findings:
        # Perhaps only because others were writing it meanwhile.
        state = state_of(storage, campaign_id)
        findings = _wrong_with(storage, state)
        if repair:
            findings = _repaired(storage, state, findings)
    return findings


def _verify_nameless(storage: Storage, folder: str, *, repair: bool) -> list[Finding]:
    """Find out whose folder it is where the file that says so is not there; its table says it too."""
    path = f"{raw_folder(folder)}/{ID_FILE}"
    try:
        campaign_id: str | None = read_table(storage, "campaigns", folder).campaign_id
    except (FileNotFoundError, DamagedError):
        campaign_id = None
    if campaign_id is not None and folder_of(campaign_id) != folder:
        campaign_id = None
    finding = Finding(campaign_id, path, "missing", "none" if campaign_id is None else "rebuild")
    if campaign_id is None or not repair:
        return [finding]
    storage.write(path, campaign_id.encode())
    return [replace(finding, repaired=True), *_verify_folder(storage, folder, repair=True)]


def _wrong_with(storage: Storage, state: CampaignState) -> list[Finding]:
    findings = list(_wrong_raws(storage, state))
    lost = any(finding.remedy == "fetch" for finding in findings)
    found = partial(Finding, state.campaign_id)
    there = {raw.name for raw in state.raws}
    newest = max(there, default=_NEVER)
    missing: set[RawName] = set()
    for name in TABLES:
        path = table_path(name, state.folder)
        remedy = "fetch" if lost or state.newest is None else "rebuild"
        try:
            stored = read_table(storage, name, state.folder)
        except FileNotFoundError:
            if state.newest is not None:
                findings.append(found(path, "missing", remedy))
            continue
        except DamagedError as error:
            findings.append(found(path, error.problem, remedy))
            continue
        if not stored.fits or stored.source is None or stored.source < newest:
            findings.append(found(path, "stale", remedy))
        else:
            missing |= {stored.source, *stored.kept} - there
    for raw in sorted(missing):
        path = f"{raw_folder(state.folder)}/{raw}"
        findings.append(found(path, "missing", "fetch" if raw > newest else "rebuild"))
    findings += [
        found(f"{raw_folder(state.folder)}/{mark.name}", "unfinished", "delete")
        for mark in state.marks
        if mark.kind == "writing" and datetime.now(UTC) - mark.made_at > ABANDONED
    ]
    return findings


def _wrong_raws(storage: Storage, state: CampaignState) -> Iterator[Finding]:
    for raw in state.raws:
        try:
            read_raw(storage, raw)
        except FileNotFoundError:  # superseded, and deleted by a sync that runs now
            continue
        except DamagedError as error:
            remedy = "fetch" if raw == state.newest else "set aside"
            yield Finding(state.campaign_id, raw.path, error.problem, remedy)


def _repaired(storage: Storage, state: CampaignState, findings: Sequence[Finding]) -> list[Finding]:
    """Apply the remedies; what cannot be mended has the campaign fetched anew."""
    remedies = {finding.remedy for finding in findings}
    for finding in findings:
        if finding.remedy == "set aside":
            storage.write(f"{SET_ASIDE}/{finding.path}", storage.read(finding.path))
            storage.delete(finding.path)
    if "fetch" in remedies:
        if not state.must_be_fetched:
            ask_for_refetch(storage, state.folder)
    elif "rebuild" in remedies:
        rebuild(storage, state)
    for finding in findings:
        if finding.remedy == "delete":
            storage.delete(finding.path)
    return [replace(finding, repaired=finding.remedy != "none") for finding in findings]
