"""The browser's scripts: the committed build matches the modules, and the tools check sizes."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from explorer.messages.table import TABLE
from tests.helpers import script_types
from tests.helpers.scripts import VIEWS, modules

BUILT = VIEWS / "built"
ROOT = VIEWS.parents[1]
STALE = 'Run "npm ci" and "npm run build", and commit explorer/views/built.'


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()


def test_what_is_built_comes_from_the_modules_as_they_are() -> None:
    known = json.loads((BUILT / "sources.json").read_text(encoding="utf-8"))
    assert known["sources"] == {path.relative_to(VIEWS).as_posix(): digest(path) for path in modules()}, STALE
    assert known["built"] == {path.name: digest(path) for path in sorted(BUILT.glob("*.js"))}, STALE


def test_every_component_is_built_and_nothing_else() -> None:
    components = {path.name for path in modules() if "export function render" in path.read_text(encoding="utf-8")}
    assert {path.name for path in BUILT.glob("*.js")} == components
    assert len(components) > 10


def test_a_built_script_stands_alone() -> None:
    """It reaches the browser as text, which has no place that an import could start from."""
    for path in BUILT.glob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert "\nimport " not in script, path.name
        exports = re.findall(r"^export \{([^}]*)\};$", script, flags=re.MULTILINE)
        assert len(exports) == 1, path.name
        assert "render" in re.findall(r"\w+", exports[0]), path.name


@pytest.mark.skipif(not (ROOT / "node_modules").is_dir(), reason="npm ci was not run here; .ci/run does it")
def test_building_again_gives_the_same_bytes() -> None:
    node = shutil.which("node")
    assert node is not None, "node_modules is there, but no node"
    command = [node, str(VIEWS / "build.mjs"), "--check"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_types_of_the_scripts_come_from_the_records_and_messages_as_they_are() -> None:
    written = script_types.FILE.read_text(encoding="utf-8")
    assert written == script_types.declarations(), 'Run "python -m tests.helpers.script_types" and commit the result.'


def test_every_component_and_every_record_has_a_type() -> None:
    written = script_types.FILE.read_text(encoding="utf-8")
    for name in [*TABLE, *(kind.__name__ for kind in script_types.records())]:
        assert re.search(rf"^  (interface|type) \w*{name}\b", written, re.MULTILINE), name
    assert re.findall(r": (?:any|unknown|None|undefined)(?:\[\])*$", written, re.MULTILINE) == []


def test_the_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("script", modules(), ids=lambda path: path.relative_to(VIEWS).as_posix())
def test_a_module_has_one_subject_and_few_lines(script: Path) -> None:
    """The length of functions is eslint's: ``max-lines-per-function`` in ``eslint.config.mjs``."""
    lines = script.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("// "), "the first line says what the module is about"
    assert len(lines) <= 400


@pytest.mark.parametrize("sheet", sorted(VIEWS.rglob("*.css")), ids=lambda path: path.relative_to(VIEWS).as_posix())
def test_a_style_sheet_is_short_and_used(sheet: Path) -> None:
    name = sheet.relative_to(VIEWS).as_posix()
    assert len(sheet.read_text(encoding="utf-8").splitlines()) <= 400
    assert any(f'"{name}"' in path.read_text(encoding="utf-8") for path in VIEWS.rglob("*.py")), f"{name} is not used"


def test_eslint_holds_the_lengths_of_files_and_functions() -> None:
    rules = (ROOT / "eslint.config.mjs").read_text(encoding="utf-8")
    assert '"max-lines": ["error", { max: 400 }]' in rules
    assert '"max-lines-per-function": ["error", { max: 80,' in rules
    disabled = [path.name for path in modules() if "eslint-disable" in path.read_text(encoding="utf-8")]
    assert disabled == []
