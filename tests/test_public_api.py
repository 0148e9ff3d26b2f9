"""What `import caldframe` gives: the documented names, described, and nothing heavy at once."""

from __future__ import annotations

import importlib.metadata
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import caldframe

ROOT = Path(__file__).parents[1]
FUNCTIONS = {
    **{name: getattr(caldframe, name) for name in caldframe.__all__},
    **{f"plots.{name}": getattr(caldframe.plots, name) for name in caldframe.plots.__all__},
}
FUNCTIONS = {name: each for name, each in FUNCTIONS.items() if inspect.isfunction(each)}
CLASSES = [name for name in caldframe.__all__ if inspect.isclass(getattr(caldframe, name))]
SHOWN_ELSEWHERE = {
    "Archive.fetch_recordings": "docs/archive.md, for it asks servers beyond this machine",
    "Client.abort": "it ends what other threads are doing",
}
SECTIONS = re.compile(r"^    (\w[\w ]+)\n    -+$", re.MULTILINE)


def run(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter, fixed programs
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


def sections_of(described: Any) -> list[str]:
    document = inspect.getdoc(described) or ""
    return SECTIONS.findall("    " + document.replace("\n", "\n    "))


def test_the_names_are_these() -> None:
    assert set(caldframe.__all__) == {
        "__version__",
        *("fetch_campaign", "fetch_campaigns", "fetch_calls", "fetch_transcripts"),
        *("fetch_call", "fetch_agents", "fetch_contacts", "load_campaign"),
        *("Client", "CampaignFrames", "Sandbox", "read_parquet", "read_csv", "plots"),
        *("Archive", "ArchiveError"),
        "campaign_cost",
        *("opt_outs", "opt_out_numbers", "opt_out_patterns"),
        *("hang_up_lines", "openings", "audit_labels", "audited_answer_rate"),
        *("compare_outcomes", "compare_lengths"),
        *("talk_metrics", "talk_summary", "drop_off", "distinctive_terms", "search_transcripts"),
        *("attempts", "reach_curve", "reach_by_gap"),
        "join_contacts",
        *("pseudonymise", "pseudonymise_contacts", "redact", "redact_frames"),
        "quality",
        "report",
        "describe_numbers",
        *("pickup_by_hour", "quiet_hours", "progress"),
        *("outcome_rates", "reconcile", "length_summary", "length_distribution"),
        *("length_ecdf", "ring_time"),
        *("funnel", "contact_kpis", "caller_numbers"),
        *("CaldError", "AuthenticationError", "BadResponseError", "CampaignNotFoundError"),
        *("ConfigurationError", "ConnectionFailedError", "DataProblemsError", "DataProblemsWarning"),
        *("ExportError", "FetchError", "MissingExtraError", "OutputExistsError", "RateLimitError"),
        *(
            "RedirectError",
            "RequestRefusedError",
            "ResponseTooLargeError",
            "ServerError",
            "UnknownColumnError",
        ),
    }
    assert dir(caldframe) == sorted(caldframe.__all__)


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'fetch_everything'"):
        _ = caldframe.fetch_everything


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_described_and_shown(name: str) -> None:
    function = FUNCTIONS[name]
    assert {"Parameters", "Returns", "Examples"} <= set(sections_of(function)) | (
        set() if inspect.signature(function).parameters else {"Parameters"}
    )
    document = inspect.getdoc(function) or ""
    assert ">>>" in document
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"^(?:.*, )?\*{{0,2}}{parameter}(?:, .*)?(?: : .*)?$", document, re.MULTILINE), (
            parameter
        )


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_described(name: str) -> None:
    assert (inspect.getdoc(getattr(caldframe, name)) or "").strip()


@pytest.mark.parametrize("name", [name for name in CLASSES if not name.endswith(("Error", "Warning"))])
def test_every_method_is_described_and_shown(name: str) -> None:
    """Show each in an example of its own, or in that of its class; those of one line speak for themselves."""
    kind = getattr(caldframe, name)
    of_class = inspect.getdoc(kind) or ""
    assert ">>>" in of_class
    for method, function in inspect.getmembers(kind, callable):
        if not method.startswith("_"):
            document = inspect.getdoc(function) or ""
            assert document
            assert (
                ">>>" in document
                or re.search(rf"^(?:>>>|\.\.\.).*\.{method}\(", of_class, re.MULTILINE)
                or "\n\n" not in document
                or f"{name}.{method}" in SHOWN_ELSEWHERE
            ), method


def test_one_root_for_all_errors() -> None:
    errors = [getattr(caldframe, name) for name in CLASSES if name.endswith("Error")]
    assert all(issubclass(error, caldframe.CaldError) for error in errors)


def test_importing_is_cheap() -> None:
    done = run("import sys, caldframe; print(*sorted({name.partition('.')[0] for name in sys.modules}))")
    heavy = {"matplotlib", "scipy", "pandas", "numpy", "pyarrow", "requests", "click", "rich"}
    assert not heavy & set(done.stdout.split())
    assert "caldframe" in done.stdout


def test_what_the_tab_key_offers_of_the_charts_is_charts() -> None:
    assert dir(caldframe.plots) == sorted(caldframe.plots.__all__)


def test_the_metrics_need_no_matplotlib() -> None:
    program = (
        "import sys, caldframe as cf; "
        'frames = cf.load_campaign(b\'{"campaignId": "c", "calls": [{"callId": "k"}]}\'); '
        "cf.outcome_rates(frames.calls); cf.length_summary(frames.calls); print('matplotlib' in sys.modules)"
    )
    assert run(program).stdout == "False\n"


def test_without_the_extra_the_error_names_it() -> None:
    program = (
        "import sys; sys.modules['matplotlib'] = None; import caldframe as cf; "
        'frames = cf.load_campaign(b\'{"campaignId": "c", "calls": []}\'); '
        "cf.plots.outcome_rates(cf.outcome_rates(frames.calls))"
    )
    done = run(program)
    assert done.returncode == 1
    assert "MissingExtraError" in done.stderr
    assert 'pip install "caldframe[plots]"' in done.stderr


def test_the_version_is_said_once() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    assert caldframe.__version__ == version == importlib.metadata.version("caldframe")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "caldframe").rglob("*.py"))
    assert f'"{version}"' not in sources
