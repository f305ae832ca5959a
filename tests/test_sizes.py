"""Sizes that one can read: files of at most 400 lines, functions of at most 60, signatures of at most eight parameters.

A function that is larger for a reason carries it in the comment above it: ``# long: ...`` or ``# wide: ...``.
"""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "pipeline").rglob("*.py"), *(ROOT / "explorer").rglob("*.py")])
MOST_LINES, MOST_CODE_LINES, MOST_PARAMETERS = 400, 60, 8
NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """A file, with the lines that hold code: no blank ones, no comments and no docstrings."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.code: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type not in NO_CODE:
                self.code.update(range(token.start[0], token.end[0] + 1))
        for node in ast.walk(self.tree):
            if (
                isinstance(node, Function | ast.ClassDef | ast.Module)
                and ast.get_docstring(node, clean=False) is not None
            ):
                self.code -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))

    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    def code_lines(self, function: Function) -> int:
        return len(self.code & set(range(function.lineno, (function.end_lineno or 0) + 1)))

    def reason(self, function: Function, marker: str) -> str:
        """The reason in the comment above a function and its decorators; empty without one."""
        above = min([function.lineno, *(node.lineno for node in function.decorator_list)]) - 1
        while above and self.lines[above - 1].lstrip().startswith("#"):
            comment = self.lines[above - 1].strip(" #")
            if comment.startswith(f"{marker}: "):
                return comment.removeprefix(f"{marker}: ")
            above -= 1
        return ""


def parameters(function: Function) -> int:
    """Return the number of parameters without `self` and `cls`."""
    arguments = function.args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_files_functions_and_signatures_can_be_read(file: Path) -> None:
    source = Source(file.read_text(encoding="utf-8"))
    assert len(source.lines) <= MOST_LINES
    for function in source.functions():
        if source.code_lines(function) > MOST_CODE_LINES:
            assert source.reason(function, "long"), f"{function.name} has {source.code_lines(function)} lines of code"
        if parameters(function) > MOST_PARAMETERS:
            assert source.reason(function, "wide"), f"{function.name} has {parameters(function)} parameters"


def test_only_code_is_counted_and_a_reason_is_found() -> None:
    text = '''
# long: it stays
# for a reason
@decorated
def one(self, a, *, b):
    """A docstring
    of two lines."""

    # a comment
    return (
        a
    )
'''
    source = Source(text)
    (function,) = source.functions()
    assert source.code_lines(function) == 4
    assert parameters(function) == 2
    assert source.reason(function, "long") == "it stays"
    assert not source.reason(function, "wide")
