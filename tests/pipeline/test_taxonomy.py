from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline.errors import TaxonomyError
from pipeline.files.taxonomy_file import load_taxonomy
from pipeline.taxonomy import Taxonomy, attribute_from_name, taxonomy_from_mapping


def written(folder: Path, text: str) -> Path:
    path = folder / "taxonomy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_taxonomy_survives_a_round_trip(tmp_path: Path) -> None:
    text = (
        'name = "Mine"\nversion = 3\n[[attribute]]\nname = "content_bird"\ngroup = "content"\ntitle = "bird"\n'
        'definition = "Is there a bird?"\ncounts = ["an owl"]\ncounts_not = ["a bat"]\n'
    )
    taxonomy = load_taxonomy(written(tmp_path, text))
    assert taxonomy.attribute("content_bird").counts == ("an owl",)
    assert taxonomy_from_mapping(taxonomy.as_mapping(), where="memory") == taxonomy


def test_a_byte_order_mark_that_an_editor_wrote_is_passed_over(tmp_path: Path) -> None:
    assert load_taxonomy(written(tmp_path, '\ufeffname = "Mine"\nversion = 3\n')).name == "Mine"


@pytest.mark.parametrize("kind", ["pipe", "loop", "folder", "nested", "endless number"])
def test_what_is_no_taxonomy_is_one_sentence_and_nobody_waits(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "taxonomy.toml"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_text(f"x = {'[' * 100_000 if kind == 'nested' else '9' * 10_000}")
    with pytest.raises(TaxonomyError, match="The taxonomy"):
        load_taxonomy(path)


def test_definitions_under_another_key_are_not_dropped_but_refused(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match=r"'attributes' is unknown in a taxonomy.*\[\[attribute\]\]"):
        load_taxonomy(written(tmp_path, '[[attributes]]\nname = "content_bird"\n'))


def test_a_name_is_group_and_word() -> None:
    attribute = attribute_from_name("media_3d_graphics")
    assert (attribute.group, attribute.title) == ("media", "3d graphics")


@pytest.mark.parametrize("name", ["bird", "content_", "content_Bird", "colour_red", "content_<b>", ""])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(TaxonomyError, match="not the name of an attribute"):
        attribute_from_name(name)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "not valid TOML"),
        ('[[attribute]]\nname = "content_a"\n[[attribute]]\nname = "content_a"\n', "there twice"),
        ('[[attribute]]\nname = "content_a"\ngroup = "media"\n', "but its group is"),
        ('[[attribute]]\nname = "content_a"\ncounts = "one"\n', "must be a list"),
        ("attribute = 3\n", "must be a list"),
        ('version = "x"\n', "must be a whole number"),
        ('[[attribute]]\nname = "content_a"\ndefnition = "Is it?"\n', "unknown field 'defnition'.*definition"),
        ('[[attribute]]\nname = "content_a"\ntitle = 3\n', "title of content_a is '3'. It must be a text"),
        ('[[attribute]]\nname = "content_a"\ndecided_by_source = "no"\n', "'no'. It must be true or false"),
    ],
)
def test_what_breaks_a_rule_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(TaxonomyError, match=words):
        load_taxonomy(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="cannot be read"):
        load_taxonomy(tmp_path / "nowhere.toml")


def test_restricting_keeps_the_order_and_makes_bare_attributes_of_new_names() -> None:
    taxonomy = Taxonomy("T", 1, (attribute_from_name("content_a"), attribute_from_name("content_b")))
    assert taxonomy.restricted_to(["media_new", "content_b"]).names == ("content_b", "media_new")
