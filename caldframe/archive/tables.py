"""The tables of a campaign as Parquet files, each of which names the raw response that it was made from.

The files lack the column `campaign_id`: it is the name of their folder, as everywhere in Hive's layout. Were
it in the files too, some readers would refuse the folder, for they take the two for different types.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from caldframe.archive.names import CAMPAIGN_ID, RawName, table_path
from caldframe.archive.raw import DamagedError
from caldframe.archive.turns import in_turn
from caldframe.decode import decode_campaign
from caldframe.errors import ArchiveError, BadResponseError
from caldframe.export import BrokenSealError, seal_parquet, unseal_parquet
from caldframe.schema import TABLES, TEXT, Tables, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from caldframe.archive.storage import Storage

_CAMPAIGN: Final = "caldframe.campaign_id"
_SOURCE: Final = "caldframe.raw"
_KEPT: Final = "caldframe.responses"

# Chosen by measurement; benchmarks/archive.py has the alternatives beside them. Without dictionaries, for
# Zstandard finds the repetitions itself. With the minimum and maximum of times, by which readers skip whole
# files, and of nothing else. Without Arrow's own schema, a third of a small file, which says nothing that
# ours does not. The rows stay in the order of the response, in one group.
OPTIONS: Final[Mapping[str, Any]] = {
    "compression": "zstd",
    "compression_level": 6,
    "use_dictionary": False,
    "write_statistics": ["created_at", "completed_at", "call_length", "fetched_at"],
    "store_schema": False,
    "write_page_checksum": True,
}

# The one row of a campaign, the few that others have: compressed they take more bytes, and twice the time.
_WORTH_COMPRESSING: Final = 1000
_SMALL: Final = {**OPTIONS, "compression": "none", "compression_level": None}


@dataclass(frozen=True)
class StoredTable:
    """A table as it is in its file.

    Parameters
    ----------
    campaign_id : str
        The campaign.
    table : pyarrow.Table
        The rows, with the column `campaign_id`.
    source : RawName or None
        The raw response that it was made from; None if the file does not say.
    kept : tuple of RawName
        The raw responses that were kept when it was written.
    fits : bool
        Whether it is the table that it should be and has the columns of this version's schema.
    """

    campaign_id: str
    table: pa.Table
    source: RawName | None
    kept: tuple[RawName, ...]
    fits: bool


def derive(body: bytes, campaign_id: str, source: RawName) -> Tables:
    """Make the four tables of a raw response.

    Raises
    ------
    ArchiveError
        If this version of caldframe takes it for no campaign, though an earlier one did.
    """
    try:
        with in_turn(len(body)):
            return decode_campaign(body, campaign_id=campaign_id, fetched_at=source.fetched_at)
    except BadResponseError as error:
        raise ArchiveError(f"The raw response {source} of {campaign_id} is no campaign: {error}") from error


def _file_schema(name: str, text: pa.DataType) -> pa.Schema:
    """Give the columns of a table's files, with text of this type."""
    schema = arrow_schema(TABLES[name])
    fields = [field for field in schema if field.name != CAMPAIGN_ID]
    return pa.schema([field.with_type(text) if field.type == TEXT else field for field in fields])


def encode_table(
    table: pa.Table, name: str, campaign_id: str, source: RawName, kept: Sequence[RawName]
) -> bytes:
    """Give the content of a table's file: the rows, the response that they are of, and those that stay."""
    metadata = {_CAMPAIGN: campaign_id, _SOURCE: str(source), _KEPT: "\n".join(map(str, kept))}
    rows = table.drop_columns([CAMPAIGN_ID])
    return seal_parquet(rows, name, metadata, options_for(rows))


def options_for(rows: pa.Table) -> Mapping[str, Any]:
    """Give the options that rows are written with."""
    # Of whole buffers: `nbytes`, which counts the rows' part of each, takes a hundred times as long.
    return OPTIONS if rows.get_total_buffer_size() >= _WORTH_COMPRESSING else _SMALL


def read_table(storage: Storage, name: str, folder: str) -> StoredTable:
    """Read a table's file.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    DamagedError
        If it is not what was written.
    """
    path = table_path(name, folder)
    content = storage.read(path)
    with in_turn(len(content)):
        return _stored(content, name, storage.address(path))


def _stored(content: bytes, name: str, address: str) -> StoredTable:
    try:
        rows, about = unseal_parquet(content)
    except BrokenSealError as error:
        raise DamagedError(f"{address} {error}. Run verify(repair=True).", error.problem) from error
    campaign_id = about.get(_CAMPAIGN, "")
    fits = about["caldframe.table"] == name and rows.schema.equals(_file_schema(name, pa.string()))
    if fits:
        rows = rows.cast(_file_schema(name, TEXT))
    kept = [RawName.parse(line) for line in about.get(_KEPT, "").splitlines()]
    return StoredTable(
        campaign_id,
        rows.add_column(0, CAMPAIGN_ID, pa.repeat(pa.scalar(campaign_id, TEXT), rows.num_rows)),
        source=RawName.parse(about.get(_SOURCE, "")),
        kept=tuple(name for name in kept if name is not None),
        fits=fits,
    )
