"""The options that hide who was called and what was said, and what they do before anything is written."""

# ruff: noqa: PLC0415 - heavy rooms are imported when the command runs, not for --help
from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from caldframe.cli.output import say
from caldframe.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from caldframe.frames import CampaignFrames

KEY_VARIABLE: Final = "CALDFRAME_PSEUDONYM_KEY"

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO

_Command = TypeVar("_Command", bound="Callable[..., Any]")

region_option = click.option(
    "--region",
    metavar="COUNTRY",
    default="US",
    show_default=True,
    help="The country of numbers without country code, for --pseudonymise and --redact.",
)

key_file_option = click.option(
    "--pseudonym-key-file",
    "key_file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The file with the key for --pseudonymise, instead of {KEY_VARIABLE}.",
)


def hiding_options(command: _Command) -> _Command:
    """Give a command the options ``--pseudonymise`` and ``--redact``, and those that go with them."""
    for option in (
        region_option,
        key_file_option,
        click.option("--redact", is_flag=True, help="Mask numbers and addresses in what was said."),
        click.option(
            "--pseudonymise",
            is_flag=True,
            help="Replace phone numbers by pseudonyms, and leave out what may tell who was called.",
        ),
    ):
        command = option(command)
    return command


def checked_key(file: Path | None, *, pseudonymise: bool, region: str) -> bytes | None:
    """Find out what is wrong with the options before anything is fetched, which may take minutes.

    Parameters
    ----------
    file : pathlib.Path or None
        What ``--pseudonym-key-file`` says.
    pseudonymise : bool
        Whether pseudonyms are wanted.
    region : str
        What ``--region`` says.

    Returns
    -------
    bytes or None
        The key of pseudonyms, if they are wanted.

    Raises
    ------
    click.UsageError
        If there is a file and no use for it.
    ConfigurationError
        If `region` is no country, or there is no key that is long enough.
    """
    from caldframe.phone import country_code

    country_code(region)
    if pseudonymise:
        return _read_key(file)
    if file is not None:
        raise click.UsageError("--pseudonym-key-file goes with --pseudonymise.")
    return None


def hidden(frames: CampaignFrames, *, key: bytes | None, redact: bool, region: str) -> CampaignFrames:
    """Give frames as they may be written: redacted, pseudonymised, or both.

    Parameters
    ----------
    frames : CampaignFrames
        The frames.
    key : bytes or None
        The key of pseudonyms; None for numbers as they are.
    redact : bool
        Whether what was said is redacted; what was found is said on standard error.
    region : str
        The country of numbers without country code.

    Returns
    -------
    CampaignFrames
        The frames to write. Their failures are the same: they are told, not written.
    """
    from dataclasses import replace

    from caldframe.privacy import pseudonymise, redact_frames

    shown = frames
    if redact:
        shown = redact_frames(shown, region=region)
        _say_what_was_found(shown)
    if key is not None:
        shown = pseudonymise(shown, key, region=region)
    return replace(shown, failures=frames.failures)


def _read_key(file: Path | None) -> bytes:
    """Read the key from a file, without the blanks and line breaks around it, or from the environment."""
    from caldframe.privacy import checked_pseudonym_key

    if file is None:
        if not os.environ.get(KEY_VARIABLE):
            raise ConfigurationError(
                f"There is no key for pseudonyms. Put one into {KEY_VARIABLE}, or into a file that you name "
                f'with --pseudonym-key-file. Make one with: python -c "import secrets; '
                f'print(secrets.token_hex(32))"'
            )
        return checked_pseudonym_key(os.environ[KEY_VARIABLE].strip())
    try:
        key = file.read_bytes().strip()
        mode = file.stat().st_mode
    except OSError as error:
        raise ConfigurationError(
            f"The key file {file} cannot be read: {error.strerror}. Give one that you may read."
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        say(f"Note: others on this machine can read the key in {file}. Make it yours: chmod 600 {file}")
    return checked_pseudonym_key(key)


def _say_what_was_found(frames: CampaignFrames) -> None:
    counts: Counter[str] = Counter()
    for table in (frames.campaigns, frames.calls, frames.transcripts, frames.problems):
        counts.update(table.attrs["redacted"])
    found = ", ".join(f"{kind} ({count:,})" for kind, count in counts.most_common())
    say(f"Redacted: {found or 'nothing was found'}. No redaction finds everything; read before you share.")
