"""`CampaignFrames`: the four tables as pandas, held together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from caldframe.display import card_html, counted
from caldframe.errors import CaldError
from caldframe.export import write_csv, write_excel, write_parquet
from caldframe.frames.conversion import fitted, to_arrow, to_pandas
from caldframe.frames.failures import no_failures
from caldframe.schema import TABLES, Tables

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from caldframe.frames.conversation import Conversation
    from caldframe.frames.convokit import ConvoKitTables

__all__ = ["CampaignFrames"]


@dataclass(frozen=True, eq=False, repr=False)
class CampaignFrames:
    """The four tables of one campaign, or of many, as pandas DataFrames.

    Parameters
    ----------
    campaigns : pandas.DataFrame
        One row a campaign, in the order asked for. Columns: `caldframe.schema.CAMPAIGNS`.
    calls : pandas.DataFrame
        One row a call, in the order of the response. Columns: `caldframe.schema.CALLS`;
        `call_length` in seconds, times in UTC.
    transcripts : pandas.DataFrame
        One row a turn, in the order of the calls. Columns: `caldframe.schema.TRANSCRIPTS`.
    problems : pandas.DataFrame
        One row for everything in the response that did not fit; empty for a clean campaign.
        Columns: `caldframe.schema.PROBLEMS`.
    failures : pandas.DataFrame, optional
        One row a campaign that could not be fetched, where errors were collected rather than raised.
        Columns: `FAILURE_COLUMNS`.

    Examples
    --------
    >>> import caldframe as cf
    >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
    >>> frames
    CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
    >>> frames.calls["result"].tolist()
    ['ivr']
    >>> cf.CampaignFrames.from_arrow(frames.to_arrow())
    CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
    """

    campaigns: pd.DataFrame
    calls: pd.DataFrame
    transcripts: pd.DataFrame
    problems: pd.DataFrame
    failures: pd.DataFrame = field(default_factory=no_failures)

    def __repr__(self) -> str:
        parts = [
            counted(len(self.campaigns), "campaign"),
            counted(len(self.calls), "call"),
            counted(len(self.transcripts), "turn"),
            counted(len(self.problems), "problem"),
        ]
        if len(self.failures):
            parts.append(f"{counted(len(self.failures), 'campaign')} not fetched (see .failures)")
        return f"CampaignFrames: {', '.join(parts)}"

    def _repr_html_(self) -> str | None:
        from caldframe.frames.card import campaign_card  # noqa: PLC0415 - its statistics load SciPy

        facts = [f"{counted(len(self.transcripts), 'turn')}, {counted(len(self.problems), 'problem')}"]
        if len(self.failures):
            facts.append(f"{counted(len(self.failures), 'campaign')} not fetched; see .failures")
        try:
            return card_html(campaign_card(self.campaigns, self.calls, self.problems, facts=facts))
        except CaldError:
            return None  # tables that are being worked on; the notebook shows the plain text

    @classmethod
    def from_arrow(cls, tables: Tables, failures: pd.DataFrame | None = None) -> CampaignFrames:
        """Make the frames of four Arrow tables.

        Parameters
        ----------
        tables : Tables
            The four tables; columns beyond the schema are kept.
        failures : pandas.DataFrame, optional
            What could not be fetched.

        Returns
        -------
        CampaignFrames
            The same rows as pandas: text as `str`, booleans and counts as nullable dtypes, times as
            `datetime64[us, UTC]`.

        Raises
        ------
        UnknownColumnError
            If a table lacks a column of the schema.
        ConfigurationError
            If a column of the schema holds values that its type cannot, or a column of your own those that
            pandas cannot.
        """
        frames = {
            name: to_pandas(fitted(table, name), TABLES[name]) for name, table in tables.as_dict().items()
        }
        return cls(**frames, failures=no_failures() if failures is None else failures)

    def to_arrow(self) -> Tables:
        """Give the four tables as Arrow, columns of your own included.

        Returns
        -------
        Tables
            The columns of the schema first, in its order and types, then all others. The index of a frame
            is not kept.

        Raises
        ------
        UnknownColumnError
            If a table lacks a column of the schema.
        ConfigurationError
            If a column of the schema holds values that its type cannot, or a column of your own holds values
            that Arrow cannot, or two columns have the same name.
        """
        return Tables(**{name: to_arrow(getattr(self, name), name) for name in TABLES})

    def conversation(
        self,
        call_id: str,
        *,
        campaign_id: str | None = None,
        occurrence: int | None = None,
        tz: str = "UTC",
    ) -> Conversation:
        """Give one call to read: a chat in a notebook and in a terminal.

        Parameters
        ----------
        call_id : str
            The call.
        campaign_id : str, optional
            Its campaign, where several campaigns have a call of that id.
        occurrence : int, optional
            Which of them, from 0, where the campaign has several calls of that id.
        tz : str, default "UTC"
            The time zone of the call's time: a name of the IANA time zone database.

        Returns
        -------
        Conversation
            The call's result, length, time, numbers and agent, and its turns. Shown, it is a chat of at most
            1,000 turns; `Conversation.as_text` gives all. Text from the call cannot drive the terminal or
            the page.

        Raises
        ------
        ConfigurationError
            If there is no such call, or several: the message says which.
        UnknownColumnError
            If a table lacks a column.

        Examples
        --------
        >>> import caldframe as cf
        >>> call = b'{"callId": "k1", "result": "ivr", "transcripts": [{"role": "user", "content": "Hi!"}]}'
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [' + call + b"]}")
        >>> frames.conversation("k1")
        Call      k1
        Result    ivr
        Campaign  c1
        ─────────────
        user      Hi!
        """
        from caldframe.frames.conversation import find_conversation  # noqa: PLC0415 - it loads the engine

        return find_conversation(
            self.campaigns, self.calls, self.transcripts, call_id, campaign_id, occurrence, tz
        )

    def to_convokit(self) -> ConvoKitTables:
        """Give the conversations in the convention of ConvoKit, so that its transformers apply.

        Returns
        -------
        ConvoKitTables
            For ``convokit.Corpus.from_pandas``. Values are plain Python, None where null.

            - `utterances`: one row a turn, call by call. `id`; `timestamp`, None, for there are no times of
              turns; `text`, empty where the content is null; `speaker`; `reply_to`, the turn before;
              `conversation_id`, the `id` of the call's first turn; ``meta.`` and a column of `transcripts`
            - `speakers`: one row a speaker. `id`, the role with the agent, or with the prospect's number, or
              with the call where these are null; ``meta.role``, ``meta.agent_id``, ``meta.prospect_number``
            - `conversations`: one row a call that has turns. `id`; ``meta.campaign_name``; ``meta.`` and a
              column of `calls`, such as ``meta.result``; times as ISO-8601 text

        Raises
        ------
        UnknownColumnError, ConfigurationError
            If a table lacks a column, or a column of the schema holds values of another kind.

        Notes
        -----
        The convention: `ConvoKit's data format <https://convokit.cornell.edu/documentation/data_format.html>`_.
        Calls without turns have no place in it, nor have turns whose call is not in `calls`. ConvoKit cuts
        the names of metadata at dots, so a dot in the name of a column of your own becomes an underscore. It
        renames columns of the tables that it reads; for a second corpus, call this again. Prospects' numbers
        are part of the speakers' ids.

        Examples
        --------
        >>> import caldframe as cf
        >>> call = b'{"callId": "k1", "to": "+1415", "direction": "outbound", "transcripts": ['
        >>> call += b'{"role": "assistant", "content": "Hello?"}, {"role": "user", "content": "Hi!"}]}'
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "agentId": "a1", "calls": [' + call + b"]}")
        >>> tables = frames.to_convokit()
        >>> tables.utterances[["id", "text", "speaker", "reply_to"]]
                    id    text       speaker     reply_to
        0  c1/k1/00000  Hello?  assistant:a1         None
        1  c1/k1/00001     Hi!    user:+1415  c1/k1/00000
        """
        from caldframe.frames.convokit import convokit_tables  # noqa: PLC0415 - it loads the engine

        return convokit_tables(self.campaigns, self.calls, self.transcripts)

    def to_parquet(self, directory: str | os.PathLike[str], *, overwrite: bool = False) -> list[Path]:
        """Write `campaigns.parquet`, `calls.parquet`, `transcripts.parquet` and `problems.parquet`.

        Each file appears whole or not at all. Columns of your own are written behind those of the schema.
        The index of a frame is not kept, nor are `failures`.

        Parameters
        ----------
        directory : str or path
            The folder to write into; made if it is not there.
        overwrite : bool, default False
            Whether files that are there already are replaced.

        Returns
        -------
        list of pathlib.Path
            The files written, in the order of the tables.

        Raises
        ------
        OutputExistsError
            If one of the files is there and `overwrite` is False; nothing is written then.
        ExportError
            If a file cannot be written.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        caldframe.read_parquet : Read them back, exactly.

        Examples
        --------
        >>> import tempfile
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     print([path.name for path in frames.to_parquet(folder)])
        ...     cf.read_parquet(folder)
        ['campaigns.parquet', 'calls.parquet', 'transcripts.parquet', 'problems.parquet']
        CampaignFrames: 1 campaign, 1 call, 0 turns, 0 problems
        """
        return write_parquet(self.to_arrow(), directory, overwrite=overwrite)

    def to_csv(
        self, directory: str | os.PathLike[str], *, overwrite: bool = False, spreadsheet_safe: bool = True
    ) -> list[Path]:
        """Write `campaigns.csv`, `calls.csv`, `transcripts.csv` and `problems.csv`, UTF-8.

        Each file appears whole or not at all. Every text is in quotes, so that an empty cell is null and
        ``""`` an empty text. Times are in UTC, as ``2026-03-02 14:05:00.000000Z``; a `timedelta` of your own
        is in seconds, and an interval is text. The index of a frame is not kept, nor are `failures`.

        Parameters
        ----------
        directory : str or path
            The folder to write into; made if it is not there.
        overwrite : bool, default False
            Whether files that are there already are replaced.
        spreadsheet_safe : bool, default True
            Whether text that a spreadsheet would run as a formula gets an apostrophe in front: text that
            begins with ``=``, ``+``, ``-`` or ``@``, full-width ones too, even behind blanks or characters
            that do not show, or with a tab or a line break. Phone numbers begin with a plus sign, so they get
            one too. `caldframe.read_csv` takes it off.

        Returns
        -------
        list of pathlib.Path
            The files written, in the order of the tables.

        Raises
        ------
        OutputExistsError
            If one of the files is there and `overwrite` is False; nothing is written then.
        ExportError
            If a file cannot be written, or a column of your own holds what a cell cannot, lists for example.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        caldframe.read_csv : Read them back.

        Notes
        -----
        Open the files as UTF-8 with commas between cells. A spreadsheet program that is set to semicolons, as
        many are outside English, must be told: in Excel, *Data*, *From Text/CSV*. Were a text torn apart at
        its semicolons, its pieces could run as formulas.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "name": "=1+1", "calls": []}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = frames.to_csv(folder)
        ...     print(Path(folder, "campaigns.csv").read_text(encoding="utf-8").splitlines()[1][:14])
        ...     cf.read_csv(folder).campaigns["name"].tolist()
        "c1","'=1+1",,
        ['=1+1']
        """
        return write_csv(self.to_arrow(), directory, overwrite=overwrite, spreadsheet_safe=spreadsheet_safe)

    def to_excel(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write an Excel workbook: a sheet for each table, behind one that says what each column holds.

        The file appears whole or not at all. Times and numbers are what Excel takes for such, so that it can
        sort and count them; all else is text that never runs as a formula and leads nowhere, also when
        somebody edits the cell. Each sheet has a filter, and its first row stays in sight. The index of a
        frame is not kept, nor are `failures`.

        Parameters
        ----------
        path : str or path
            The file, which ends in ``.xlsx``; its folder is made if it is not there.
        overwrite : bool, default False
            Whether a file that is there already is replaced.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        MissingExtraError
            If XlsxWriter is not installed; it comes with the extra `excel`.
        OutputExistsError
            If the file is there and `overwrite` is False.
        ExportError
            If `path` ends otherwise, a column of your own holds what a cell cannot, lists for example, a
            table has more than 16,384 columns, or the file cannot be written.
        ConfigurationError
            If the frames do not fit their schema, as `to_arrow` says.

        See Also
        --------
        to_parquet : Write files that come back exactly.
        to_csv : Write files that any program opens.

        Notes
        -----
        A workbook is to be read by people; what a sheet has no room for is still there, elsewhere:

        - Text of more than 32,767 characters goes on in further columns: ``content``, ``content (2)``.
        - A table of more than 1,048,575 rows goes on in further sheets: ``calls``, ``calls 2``.
        - A number of more than 15 digits is text, and so are infinity and times before March 1900.

        Excel knows no time zones: times are in UTC, and each says so. It counts time in days, which holds
        about a microsecond, and shows milliseconds; of fractions it keeps 15 to 16 digits. A length of time
        of your own is in seconds. Null and the empty text are both an empty cell. Control characters are
        written as the file format wants it, ``_x0000_``, which most programs turn back; the two code points
        that no file may have, U+FFFE and U+FFFF, become U+FFFD.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import caldframe as cf
        >>> frames = cf.load_campaign(b'{"campaignId": "c1", "calls": [{"callId": "k1", "result": "ivr"}]}')
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     frames.to_excel(Path(folder, "spring.xlsx")).name
        'spring.xlsx'
        """
        return write_excel(self.to_arrow(), path, overwrite=overwrite)
