"""The screen, the command and notebooks use the pipeline: none of its texts names a part of any of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "pipeline").rglob("*.py"))

TABS = "Image|Selection|Label|Attributes|Answers|Rounds|Audit|Map"
PARTS = {
    "a tab": re.compile(rf"\b(?:{TABS}) tab\b|\btab(?:s)? (?:of|named|called)\b|\bin the (?:{TABS})\b(?! of)"),
    "a button": re.compile(r"\b(?:press|click|button)\b", re.IGNORECASE),
    "an option of the command": re.compile(r"(?<![-\w(])--[a-z][a-z-]+"),
    "the command": re.compile(
        r"\bexplorer (?:audit(?! certificate \d)|bench|build|demo|export|info|labels|round|serve|simulate|synth)\b"
        r"|\bpanel serve\b"
    ),
}
STYLE_SHEET = re.compile(r"var\(--|--\w+: #")


def strings(file: Path) -> list[tuple[int, str]]:
    """Every text of a file: docstrings, messages, and the parts of f-strings."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [(node.lineno, str(node.value)) for node in nodes]


@pytest.mark.parametrize("part", PARTS)
def test_no_text_of_the_pipeline_names(part: str) -> None:
    found = [
        f"{file.relative_to(ROOT)}:{line}: {match.group()}"
        for file in FILES
        for line, text in strings(file)
        if not STYLE_SHEET.search(text)
        for match in PARTS[part].finditer(text)
    ]
    assert not found


def test_the_rule_finds_what_it_forbids() -> None:
    told = "Press Start in the Rounds tab, or run explorer round DIR --attribute NAME."
    assert all(pattern.search(told) for pattern in PARTS.values())
