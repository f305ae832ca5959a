"""The documentation is true of the program: links lead somewhere, commands parse, modules and functions exist."""

from __future__ import annotations

import ast
import re
import runpy
import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from explorer.cli.command import app
from tests.architecture_table import EXPLORER, PIPELINE, PURE
from tests.test_architecture import MODULES

ROOT = Path(__file__).parent.parent
PLACES = ("*.md", "docs/**/*.md", "assets/**/*.md")
PAGES = sorted(path for place in PLACES for path in ROOT.glob(place) if "LICENSES" not in path.parts)
HISTORY = [ROOT / "CHANGELOG.md", *(ROOT / "docs" / "adr").glob("0*.md")]
"""Records and the changelog name things as they were at their time."""

CURRENT = [page for page in PAGES if page not in HISTORY]
KINDS = ("tutorial", "how-to", "reference", "explanation")
NAME = r"[A-Za-z_][A-Za-z_0-9]*"


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def code_blocks(text: str, *languages: str) -> Iterator[str]:
    for language, body in re.findall(r"^```(\w*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        if language in languages:
            yield body


@cache
def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#{1,6} (.+)$", without_code(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_to_a_file_and_a_heading(page: Path) -> None:
    text = without_code(page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{named(page)} links to {target}"
        assert file.is_relative_to(ROOT)
        if anchor:
            assert anchor in anchors(file), f"{named(page)} links to {target}; headings are {sorted(anchors(file))}"


def test_the_contents_name_every_page() -> None:
    contents = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page for kind in KINDS for page in (ROOT / "docs" / kind).glob("*.md")]
    assert {page.parent.name for page in pages} == set(KINDS)
    missing = [named(page) for page in pages if f"]({page.parent.name}/{page.name})" not in contents]
    assert not missing


def commands_in(text: str) -> Iterator[str]:
    """Find calls of the command: in blocks of shell, and in text where they stand as code."""
    lines = [line for block in code_blocks(text, "", "sh", "console") for line in block.splitlines()]
    spans = re.findall(r"`((?:python -m )?explorer(?: [^`]+)?)`", without_code(text))
    for line in [*lines, *spans]:
        for part in re.split(r"&&|\|", line.removeprefix("$ ")):
            if re.match(r"(python -m )?explorer( |$)", part.strip()):
                yield part.strip().removeprefix("python -m ")


@cache
def root_command() -> Any:
    return typer.main.get_command(app)


def check_command(call: str) -> str | None:
    """Return why the command would refuse a call, or nothing; arguments are not looked at."""
    command = root_command()
    for word in shlex.split(call, comments=True)[1:]:
        options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)} | {"--help"}
        commands = getattr(command, "commands", {})
        if word.startswith("--"):
            if word.partition("=")[0] not in options:
                return f"{command.name} has no {word}"
        elif commands and word[:1].islower():
            if word not in commands:
                return f"there is no command {word}"
            command = commands[word]
    return None


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    calls = list(commands_in(page.read_text(encoding="utf-8")))
    wrong = {call: reason for call in calls if (reason := check_command(call))}
    assert not wrong


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert check_command("explorer paint DIR") == "there is no command paint"
    assert check_command("explorer labels export DIR --nothing") == "export has no --nothing"
    assert check_command("explorer demo --no-serve") is None


@cache
def definitions(file: Path) -> set[str]:
    """Return the names that a file defines or hands on: of its top level, of its classes, and dotted within them."""
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".js":
        return set(re.findall(rf"(?:function\*?|const|let|class) ({NAME})", text))
    names: set[str] = set()
    waiting = [("", node) for node in ast.parse(text).body]
    for prefix, node in waiting:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names |= {node.name, prefix + node.name}
            if isinstance(node, ast.ClassDef):
                waiting += [(f"{node.name}.", child) for child in node.body]
        elif isinstance(node, ast.If):  # what is imported for types alone, and made when it is used
            waiting += [(prefix, child) for child in node.body]
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {prefix + target.id for target in targets if isinstance(target, ast.Name)}
    return names


def missing_module(dotted: str) -> str | None:
    """Return the missing part of a dotted path: the module, or the name in it."""
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if file.exists():
            rest = ".".join(parts[end:])
            return f"no {rest} in {named(file)}" if rest and rest not in definitions(file) else None
    return f"no {dotted}"


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_module_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    dotted = set(re.findall(rf"(?<![\w./-])((?:pipeline|explorer|tests)(?:\.{NAME})+)", text))
    wrong = [
        reason for name in sorted(dotted) if not name.endswith((".py", ".md")) and (reason := missing_module(name))
    ]
    assert not wrong
    for module, imported in re.findall(r"^from ([\w.]+) import ([\w, ]+)$", text, flags=re.MULTILINE):
        if module.partition(".")[0] in ("pipeline", "explorer"):
            assert not [name for name in imported.split(", ") if missing_module(f"{module}.{name}")], module


@pytest.mark.parametrize("page", CURRENT, ids=named)
def test_every_file_of_the_checkout_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(r"`((?:pipeline|explorer|tests|notebooks|docs|assets)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), path


def table_after(page: Path, heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its head."""
    text = page.read_text(encoding="utf-8")
    assert f"\n{heading}\n" in text, f"{named(page)} has no {heading}"
    section = text.partition(f"\n{heading}\n")[2]
    lines = re.search(r"^\|.*?(?=^(?!\|))", section + "\n", flags=re.MULTILINE | re.DOTALL)
    assert lines, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in lines.group().splitlines()[2:]]


def identifiers(cell: str) -> list[str]:
    """Return the names in code of a cell."""
    return [span for span in re.findall(r"`([^`]+)`", cell) if re.fullmatch(rf"{NAME}(\.{NAME})*", span)]


GLOSSARY = ROOT / "docs" / "glossary.md"


def glossary_rows() -> list[list[str]]:
    lines = GLOSSARY.read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and not line.startswith(("| ---", "| word |"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


@cache
def words_of_the_code() -> set[str]:
    files = [file for part in ("pipeline", "explorer") for file in (ROOT / part).rglob("*") if file.is_file()]
    sources = [file for file in files if file.suffix in (".py", ".js", ".css")]
    return {word for file in sources for word in re.findall(NAME, file.read_text(encoding="utf-8"))}


def test_every_name_in_the_glossary_occurs_in_the_code() -> None:
    names = [name for row in glossary_rows() for name in identifiers(row[-1]) if not name.endswith(("_", ".js"))]
    assert len(names) > 100
    missing = [name for name in names if not set(name.split(".")) <= words_of_the_code() | {"pipeline", "explorer"}]
    assert not missing


def test_each_word_of_the_glossary_stands_once_in_alphabetical_order() -> None:
    words = [row[0] for row in glossary_rows()]
    assert len(words) == len(set(words)) > 100
    for section in GLOSSARY.read_text(encoding="utf-8").split("\n## ")[1:]:
        listed = [line.split("|")[1].strip().lower() for line in section.splitlines() if line.startswith("| ")][2:]
        assert listed == sorted(listed), section.splitlines()[0]


def leaf_commands(command: Any, path: tuple[str, ...] = ("explorer",)) -> Iterator[tuple[str, Any]]:
    """Yield the commands that do something, with their full names."""
    if not (commands := getattr(command, "commands", {})):
        yield " ".join(path), command
    for name, child in commands.items():
        yield from leaf_commands(child, (*path, name))


def test_the_reference_names_every_command_and_every_option_of_it() -> None:
    reference, how_to = ROOT / "docs" / "reference", ROOT / "docs" / "how-to"
    sections: dict[str, str] = {}
    for page in ("commands", "benchmarks"):
        parts = (reference / f"{page}.md").read_text(encoding="utf-8").split("\n## ")
        sections |= {part.splitlines()[0]: part for part in parts}
    sections["explorer labels"] += (how_to / "exchange-tables.md").read_text(encoding="utf-8")
    sections["explorer synth"] = (reference / "synthetic-collections.md").read_text(encoding="utf-8")
    for name, command in leaf_commands(root_command()):
        section = sections.get(name) or sections[" ".join(name.split()[:2])]
        assert name in section
        options = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
        missing = [option for option in sorted(options) if option[:2] == "--" and f"`{option}" not in section]
        assert not [option for option in missing if option not in ("--serve", "--help")], name


CONTRIBUTING = ROOT / "CONTRIBUTING.md"


@pytest.mark.parametrize(("heading", "rules"), [("### `pipeline`", PIPELINE), ("### `explorer`", EXPLORER)])
def test_contributing_shows_the_rules_of_the_architecture_test(heading: str, rules: dict[str, set[str]]) -> None:
    shown = {row[0].strip("`").rstrip("/").replace("/", "."): row for row in table_after(CONTRIBUTING, heading)}
    folders = [name for name in rules if MODULES[name].name == "__init__.py" and "." in name]
    assert list(shown) == folders, "a row for each folder, in the same order"
    for folder in folders:
        imports = {name.replace("/", ".") for name in re.findall(r"`([^`]+)`", shown[folder][2])}
        assert imports == rules[folder], f"{folder}: show {sorted(rules[folder])}"
        if rules is PIPELINE:
            assert (shown[folder][3] == "pure") == (folder in PURE), folder


def test_every_place_of_the_questions_where_something_is_exists() -> None:
    rows = table_after(CONTRIBUTING, "## Where is ...?")
    assert len(rows) >= 20
    for question, path, name in rows:
        file = ROOT / path.strip("`")
        assert file.exists(), f"{question} {path}"
        assert name.strip("`") in definitions(file), f"{question} {name} is not in {path}"


def test_the_example_of_the_label_store_runs(
    collection_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (ROOT / "docs" / "how-to" / "use-from-python.md").read_text(encoding="utf-8")
    example = next(block for block in code_blocks(page, "python") if "open_label_store" in block)
    shutil.copytree(collection_path, tmp_path / "bam-demo")
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    values = runpy.run_path("example.py")
    assert len(values["page"].items) == 24
    assert len(values["labels"]) == 0  # the one answer was undone
    methods = re.findall(r"`(\w+)\.(\w+)`", page.partition("| subject | methods |")[2].partition("\n\n")[0])
    assert len(methods) > 20
    assert not [f"{face}.{name}" for face, name in methods if not hasattr(getattr(values["store"], face), name)]
