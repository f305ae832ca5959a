"""The command adds to an error of the pipeline which command or option puts it right."""

from __future__ import annotations

import pytest

from explorer.cli.remedies import REMEDIES, words_of
from pipeline.errors import CollectionError, ErrorKind, LostAnswersError, RoundError, TableError


@pytest.mark.parametrize("kind", ErrorKind)
def test_every_kind_of_error_has_a_remedy_by_command(kind: ErrorKind) -> None:
    assert kind in REMEDIES


def test_an_error_without_a_kind_says_it_all() -> None:
    assert words_of(CollectionError("The disk is full.")) == "The disk is full."


def test_no_positives_names_the_round_to_run_again() -> None:
    output = words_of(RoundError("None.", kind=ErrorKind.NO_POSITIVES, attribute="content_bird", negatives=3))
    assert output.endswith("Then run explorer round DIR --attribute content_bird.")


def test_a_renamed_source_can_have_its_name_again() -> None:
    kind = ErrorKind.ANSWERS_LOSE_IMAGES
    output = words_of(LostAnswersError("Lost.", kind=kind, old_name="photos", new_name="holiday"))
    assert "--name 'photos' gives the source its old name" in output
    assert "--set-aside-answers" in output
    assert "--name" not in words_of(LostAnswersError("Lost.", kind=kind, old_name="photos", new_name="photos"))


def test_a_refused_import_names_only_the_options_that_help() -> None:
    def output(unknown_images: int, *new_attributes: str) -> str:
        kind = ErrorKind.IMPORT_REFUSED
        return words_of(TableError("No.", kind=kind, unknown_images=unknown_images, new_attributes=new_attributes))

    assert output(0) == "No."
    assert "--skip-unknown" in output(2)
    assert "--create" not in output(2)
    assert "--create" in output(0, "bird")
