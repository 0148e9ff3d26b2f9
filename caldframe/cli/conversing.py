"""`caldframe talk`, `terms` and `search`: campaigns in, what was said in their calls out."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from caldframe.cli.options import (
    SOURCES,
    base_url_option,
    confidence_option,
    engine_option,
    examples,
    json_option,
    sources_argument,
)
from caldframe.cli.output import (
    records,
    say,
    show,
    show_heading,
    show_json,
    show_table,
    terminal_width,
    wants_color,
)
from caldframe.cli.program import debug_option
from caldframe.display import counted

if TYPE_CHECKING:
    import pandas as pd

_MEASURES: Final = {
    "turns": "turns",
    "switches": "changes of speaker",
    "words": "words",
    "user_words": "words of the user",
    "assistant_words": "words of the assistant",
    "word_share": "assistant's share, %",
    "questions_user": "questions of the user",
    "questions_assistant": "questions of the assistant",
    "longest_monologue_words": "longest monologue, words",
    "words_per_minute": "words a minute",
}

_BOTH: Final = ("calls", "transcripts")

_role = click.option(
    "--role", metavar="ROLE", help="Whose turns to look at: user or assistant.  [default: both]"
)


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe talk calls/",
        "caldframe talk calls/ --by agent_id",
        "caldframe talk response.json.gz --by direction --json",
    ),
)
@sources_argument
@click.option(
    "--by",
    metavar="COLUMN",
    multiple=True,
    help="Sum up each value of this column of the calls apart; may be repeated.",
)
@confidence_option
@engine_option
@base_url_option
@json_option
@debug_option
def talk(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: tuple[str, ...],
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Sum up what each side of a call says, in words and turns.

    Of completed calls that were picked up, each with the same weight; p50 is the median. A word is what
    Unicode's default rules make one: characters of Chinese and Thai, not words. Transcripts have no times,
    so who talked how long is not known. --json has more measures and columns than the table.
    """
    from caldframe.cli.sources import read_tables
    from caldframe.metrics.conversation import talk_summary

    calls, transcripts = read_tables(sources, _BOTH, base_url=base_url, engine=engine)
    table = talk_summary(transcripts, calls, list(by) or None, confidence=confidence)
    if as_json:
        show_json(records(table))
        return
    show_heading(f"What is said in picked-up calls: means, and medians with {100 * confidence:g}% intervals")
    shown = table[table["measure"].isin(_MEASURES)].reset_index(drop=True)
    percent = shown["measure"].eq("word_share")
    numbers = ["mean", "p50", "median_low", "median_high", "p90"]
    shown.loc[percent, numbers] *= 100
    shown["measure"] = shown["measure"].map(_MEASURES)
    show_table(shown[[*by, "measure", "n", *numbers]].rename(columns={"n": "calls"}), groups=by)


@click.command(
    epilog=SOURCES
    + examples(
        "caldframe terms calls/ --by result --role user",
        "caldframe terms calls/ --by role --pairs --top 20",
        "caldframe terms calls/ --by agent_id --stop-word um --stop-word uh --json",
    ),
)
@sources_argument
@click.option(
    "--by",
    metavar="COLUMN",
    required=True,
    help="The groups: a column of the calls, or else of the transcripts, as role.",
)
@_role
@click.option("--pairs", is_flag=True, help="Count pairs of words that follow on each other, not words.")
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    metavar="COUNT",
    help="How many terms to show for each group.",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="COUNT",
    help="Leave out terms that all groups together use less often.",
)
@click.option(
    "--stop-word",
    "stop_words",
    metavar="WORD",
    multiple=True,
    help="A word that does not count; may be repeated.",
)
@confidence_option
@engine_option
@base_url_option
@json_option
@debug_option
def terms(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    by: str,
    role: str | None,
    pairs: bool,
    top: int,
    min_count: int,
    stop_words: tuple[str, ...],
    confidence: float,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Tell which words a group of calls uses more than the rest.

    Terms are ranked by z, the weighted log-odds with an informative Dirichlet prior (Monroe, Colaresi and
    Quinn 2008) by their standard error; per 1,000 is of all words of the group, and others of those of all
    other groups. No stop words are left out unless you name them. --json has the terms of every rank.
    """
    from caldframe.cli.sources import read_tables
    from caldframe.engine import column_names
    from caldframe.metrics.conversation import distinctive_terms

    calls, transcripts = read_tables(sources, _BOTH, base_url=base_url, engine=engine)
    table = distinctive_terms(
        transcripts,
        by,
        calls if by in column_names(calls) or by not in column_names(transcripts) else None,
        role=role,
        ngrams=2 if pairs else 1,
        stop_words=stop_words,
        min_count=min_count,
        confidence=confidence,
    )
    if as_json:
        show_json(records(table))
        return
    spoken = "said" if role is None else f"said by the {role}"
    what = "pair of words" if pairs else "word"
    if table.empty:
        say(f"No {what} is {spoken} {counted(min_count, 'time')} or more.")
        return
    leading = table[table["z"] > 0].groupby("group", dropna=False, observed=True, sort=False).head(top)
    if leading.empty:
        say(f"No {what} {spoken} sets one {by} apart from another.")
        return
    show_heading(
        f"{'Pairs of words' if pairs else 'Words'} {spoken} that set each {by} apart from the others"
    )
    show_table(_terms_shown(leading, by), groups=[by])


def _terms_shown(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Give the columns that fit a terminal, under names that say their units."""
    shown = table[["group", "term", "n"]].rename(columns={"group": by})
    shown["per 1,000"] = 1000 * table["rate"]
    shown["others"] = 1000 * table["other_rate"]
    shown["log-odds"] = table["log_odds"].map("{:+.2f}".format)
    shown["z"] = table["z"]
    return shown.reset_index(drop=True)


@click.command(
    epilog=SOURCES
    + examples(
        'caldframe search calls/ "take me off" --role user',
        'caldframe search calls/ --regex "(book|schedul)(ed|ing)" --context 2',
        'caldframe search response.json.gz "call me back" --limit 100 --json',
    ),
)
@sources_argument
@click.argument("pattern", metavar="PATTERN")
@_role
@click.option(
    "--context",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="TURNS",
    help="How many turns before and after each match to show.",
)
@click.option("--regex", is_flag=True, help="PATTERN is a regular expression, in the syntax of RE2.")
@click.option("--match-case", is_flag=True, help="Tell upper from lower case.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="COUNT",
    help="How many passages to show at most; --json has all.",
)
@engine_option
@base_url_option
@json_option
@debug_option
def search(  # noqa: PLR0913 - one an option
    *,
    sources: tuple[str, ...],
    pattern: str,
    role: str | None,
    context: int,
    regex: bool,
    match_case: bool,
    limit: int,
    engine: str | None,
    base_url: str | None,
    as_json: bool,
) -> None:
    """Find where something was said, with the turns around it.

    PATTERN is looked for as it is typed, in upper or lower case, inside words too. The first match of each
    turn stands in [brackets].
    """
    from caldframe.cli.sources import read_tables
    from caldframe.metrics.conversation import search_transcripts

    (transcripts,) = read_tables(sources, ["transcripts"], base_url=base_url, engine=engine)
    table = search_transcripts(transcripts, pattern, role, context, regex=regex, ignore_case=not match_case)
    if as_json:
        show_json(records(table))
        return
    if table.empty:
        say(f'"{pattern}" is in no turn{"" if role is None else f" of the {role}"}.')
        return
    found = f"{counted(table.attrs['turns'], 'turn')} of {counted(table.attrs['calls'], 'call')}"
    show_heading(f'"{pattern}" is in {found}')
    passages = table[table["passage"] <= limit].groupby("passage", sort=False)
    show("\n\n".join(_passage(passage) for _, passage in passages))
    more = int(table["passage"].max()) - limit
    if more > 0:
        say(f"Note: {counted(more, 'more passage')} not shown; --limit shows more, --json all.")


def _passage(turns: pd.DataFrame) -> str:
    """Lay out turns that stand together, below the call that they are of."""
    from caldframe.display import Chat, chat_text

    rows = records(turns)
    said = [
        (row["role"], f"{row['before']}[{row['match']}]{row['after']}" if row["matches"] else row["content"])
        for row in rows
    ]
    call = f"{rows[0]['call_id']}, from turn {rows[0]['turn']}"
    return chat_text(Chat([("call", call)], said), width=terminal_width(), color=wants_color())
