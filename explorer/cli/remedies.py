"""Remedies of errors, and of files left out, by command: the sentence after the words of the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.errors import BamExplorerError, ErrorKind
from pipeline.images.formats.extras import EXTRA, EXTRA_FORMATS
from pipeline.sources.left_out import LeftOut, left_out_sentences, on_request

__all__ = ["left_out_words", "words_of"]

Fields = Mapping[str, Any]


def words_of(error: BamExplorerError) -> str:
    """Return the words of an error, with the command or the option that corrects it, if there is one."""
    remedy = REMEDIES.get(error.kind) if error.kind is not None else None
    sentence = remedy(error.fields) if callable(remedy) else remedy
    return f"{error} {sentence}" if sentence else str(error)


def left_out_words(left_out: Iterable[LeftOut]) -> list[str]:
    """Return the sentences about files that were left out, then the commands and options that include them."""
    entries = list(left_out)
    return [*left_out_sentences(entries), *_ways_to_include({entry.reason for entry in entries})]


def _ways_to_include(reasons: set[str]) -> list[str]:
    remedies = []
    if reasons & set(EXTRA_FORMATS):
        remedies.append(f'Install the extra with python -m pip install "bam-explorer[{EXTRA}]", then build again.')
    if on_request("PDF") in reasons:
        remedies.append("--pages reads the pages of documents.")
    if on_request("SVG") in reasons:
        remedies.append("--svg reads drawings.")
    return remedies


def _no_images(fields: Fields) -> str:
    return " ".join(_ways_to_include({entry.reason for entry in fields["left_out"]}))


def _names_changed(fields: Fields) -> str:
    old, new = fields["old_name"], fields["new_name"]
    name = f"--name {old!r} gives the source its old name (or leave --name out); " if old != new else ""
    return f"{name}--out names another place; --set-aside-answers replaces the collection anyway."


def _import_refused(fields: Fields) -> str:
    remedies = ["--skip-unknown leaves out unknown images."] if fields["unknown_images"] else []
    if fields["new_attributes"]:
        remedies.append("--create makes new attributes.")
    return " ".join(remedies)


def _no_positives(fields: Fields) -> str:
    return (
        "Label in the app: explorer serve DIR. Or import labels: explorer labels import DIR TABLE. "
        f"Then run explorer round DIR --attribute {fields['attribute']}."
    )


def _too_many_answers(fields: Fields) -> str:
    return f"Use explorer labels export DIR --attribute {fields['attribute']} --out FILE."


REMEDIES: dict[ErrorKind, str | Callable[[Fields], str]] = {
    ErrorKind.ANSWERS_ELSEWHERE: "Move them with explorer labels move DIR.",
    ErrorKind.ANSWERS_LOSE_IMAGES: _names_changed,
    ErrorKind.BUILD_STOPPED: "--replace builds it again.",
    ErrorKind.COLLECTION_MISSING: "Use explorer build FOLDER --out DIR.",
    ErrorKind.COLLECTION_OUTDATED: "Use explorer build SOURCE --out DIR --replace.",
    ErrorKind.COPIED_ANSWERS: "Use explorer labels fork DIR.",
    ErrorKind.IMPORT_REFUSED: _import_refused,
    ErrorKind.NO_IMAGES: _no_images,
    ErrorKind.NOT_SYNTHETIC: "Use explorer synth --images N --out DIR.",
    ErrorKind.NO_POSITIVES: _no_positives,
    ErrorKind.NO_RELEASE: "Releases are made in the Rounds tab of the app: explorer serve DIR.",
    ErrorKind.NO_WEIGHTS: "Use --weights FILE, --weights distilled or --backbone efficientnet_lite0.",
    ErrorKind.OTHER_BACKBONE: "Leave --backbone out, or use --backbone resnet18.",
    ErrorKind.OTHER_ENCODING: "Or name its encoding with --encoding, e.g. --encoding cp1252.",
    ErrorKind.OTHER_PLACE: "Use --out (or --dir).",
    ErrorKind.PLACE_TAKEN: "--replace allows it.",
    ErrorKind.TOO_MANY_ANSWERS: _too_many_answers,
    ErrorKind.UNCLEAR_COLUMN: "--attribute names an attribute.",
}
"""The sentence for each kind of error that a command or an option corrects."""
