"""Names from outside become paths below a folder, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ParameterError
from pipeline.files import paths
from pipeline.files.paths import check_name, inside

HOSTILE = [
    "",
    ".",
    "..",
    "/etc",
    "../up",
    "a/b",
    "a\\b",
    "a\0b",
    ".hidden",
    "x" * 201,
    "\N{BIRD}" * 60,
    "a\nb",
    "\u202ea",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_leads_elsewhere_hides_or_is_too_long_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ParameterError, match="cannot be the name"):
        inside(tmp_path, "rounds", name)


WINDOWS_ONLY = ["C:up", "a:stream", "con", "NUL.lance", "lpt1", "a?", "a*", "a.", "a ", 'a"b', "a|b", "<a>"]


@pytest.mark.parametrize("name", WINDOWS_ONLY)
def test_a_name_that_means_something_else_on_windows_is_refused_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert inside(tmp_path, name).parent == tmp_path
    monkeypatch.setattr(paths, "WINDOWS", True)
    with pytest.raises(ParameterError, match="cannot be the name"):
        inside(tmp_path, "rounds", name)
    for fine in ("content_bird", "model-2", "com", "console", "round-1"):
        assert inside(tmp_path, fine).name == fine


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(ParameterError):
        check_name(3)  # type: ignore[arg-type]


def test_usual_names_are_parts_of_a_path(tmp_path: Path) -> None:
    assert inside(tmp_path, "scores", "content_bird", "round-1.lance") == tmp_path / "scores/content_bird/round-1.lance"


@given(names=st.lists(st.text() | st.sampled_from([*HOSTILE, "rounds", "link", "here"]), min_size=1, max_size=4))
def test_no_names_ever_lead_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    folder = tmp_path_factory.mktemp("collection")
    (folder / "link").symlink_to(folder.parent)
    (folder / "here").mkdir()
    (folder / "here/link").symlink_to("/")
    try:
        path = inside(folder, *names)
    except ParameterError:
        return
    assert os.path.realpath(path).startswith(str(folder.resolve()) + os.sep)


def test_a_link_that_leads_out_or_to_itself_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "audits").symlink_to(tmp_path)
    (folder / "rounds").symlink_to(folder / "rounds")
    (folder / "releases").symlink_to(folder / "kept")
    for name in ("audits", "rounds"):
        with pytest.raises(ParameterError, match="through a link"):
            inside(folder, name, "content_bird")
    assert inside(folder, "releases", "content_bird").parent.name == "releases", "a link that stays is followed"
