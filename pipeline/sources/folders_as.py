"""Use the folders of a source, one for each class, as a category, as attributes or as captions. Pure.

In the layout of ImageNet and many others, the first folder below the source names what its pictures show:
``source/dog/1.jpg``. What the source states itself, such as a caption in a table, is never replaced.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

import pyarrow as pa

from pipeline.errors import SourceError, TaxonomyError
from pipeline.images.locations import MemberLocation, RemoteMemberLocation
from pipeline.images.records import SourceItem
from pipeline.sources.source import Source, SourceColumn
from pipeline.tables.typed_columns import ColumnKind
from pipeline.taxonomy import attribute_from_name
from pipeline.text.plain_text import plain

__all__ = ["FOLDER_COLUMN", "MOST_CLASSES", "FolderUse", "with_folders"]

FOLDER_COLUMN: Final = "folder"
"""Name of the category."""

MOST_CLASSES: Final = 100
"""Maximum number of folders that become attributes: each is a question with a classifier of its own."""

_GROUP: Final = "content"


class FolderUse(StrEnum):
    """The uses of the first folder below a source."""

    NOTHING = "nothing"
    CATEGORY = "category"
    ATTRIBUTE = "attribute"
    CAPTION = "caption"


def with_folders(source: Source, use: FolderUse) -> tuple[Source, str]:
    """Return a source whose first folders are used, and a sentence about what was done.

    The identity of the images stays the same.

    Parameters
    ----------
    source
        A listed source. An image of a shard has the folder of its name in the shard.
    use
        As a category: a column `FOLDER_COLUMN`. As captions: of the images without one. As attributes: yes for the
        images of a folder, no for those of all other folders, unknown for images in no folder.

    Returns
    -------
    source
        With the same images in the same order.
    sentence
        Empty for `FolderUse.NOTHING`.

    Raises
    ------
    SourceError
        If no image is in a folder; for attributes, if a folder does not make the name of an
        attribute, or there are too many.
    """
    if use is FolderUse.NOTHING:
        return source, ""
    folders = [_first_folder(item) for item in source.items]
    names = sorted({folder for folder in folders if folder})
    if not names:
        raise SourceError(f"No image of {plain(source.name)} is in a folder, so there is no folder to use as {use}.")
    if use is FolderUse.CATEGORY:
        return _as_category(source, folders, names)
    return _as_captions(source, folders) if use is FolderUse.CAPTION else _as_attributes(source, folders, names)


def _first_folder(item: SourceItem) -> str:
    """Return the first folder of an image's path as text; "" for an image beside the folders."""
    location = item.location
    path = location.name if isinstance(location, MemberLocation | RemoteMemberLocation) else item.key
    folder, slash, _ = path.removeprefix("./").partition("/")
    return folder.encode("utf-8", "backslashreplace").decode("utf-8") if slash else ""


def _as_category(source: Source, folders: Sequence[str], names: Sequence[str]) -> tuple[Source, str]:
    column = FOLDER_COLUMN
    while column.casefold() in {one.name.casefold() for one in source.columns}:
        column += " (path)"
    values = pa.array([folder or None for folder in folders], pa.string())
    columns = (*source.columns, SourceColumn(column, ColumnKind.CATEGORY, values))
    sentence = (
        f"The first folder of {_images(folders)} became the category {column!r} ({_counted(len(names), 'name')})."
    )
    return replace(source, columns=columns), sentence


def _as_captions(source: Source, folders: Sequence[str]) -> tuple[Source, str]:
    free = [bool(folder) and not item.caption for item, folder in zip(source.items, folders, strict=True)]
    items = tuple(
        replace(item, caption=folder.replace("_", " ")) if unset else item
        for item, folder, unset in zip(source.items, folders, free, strict=True)
    )
    used = [folder for folder, unset in zip(folders, free, strict=True) if unset]
    kept = len([folder for folder in folders if folder]) - len(used)
    sentence = f"The first folder of {_images(used, len(folders))} became the caption."
    return replace(source, items=items), sentence + (f" {kept:,} kept a caption of their own." if kept else "")


def _as_attributes(source: Source, folders: Sequence[str], names: Sequence[str]) -> tuple[Source, str]:
    if len(names) > MOST_CLASSES:
        raise SourceError(
            f"{plain(source.name)} has {len(names):,} folders, and at most {MOST_CLASSES} become attributes. Use the "
            "folders as a category."
        )
    attributes = {folder: f"{_GROUP}_{folder}" for folder in names}
    bad = [folder for folder, name in attributes.items() if not _is_attribute(name)]
    if bad:
        raise SourceError(
            f"{_counted(len(bad), 'folder')} of {len(names):,} cannot name an attribute; the first: "
            f"{plain(bad[0][:100])!r}. Give the folders names of lower-case letters, digits and single underscores, or "
            "use the folders as a category."
        )
    items = []
    for item, folder in zip(source.items, folders, strict=True):
        answers = {name: folder == other for other, name in attributes.items()} if folder else {}
        items.append(replace(item, labels=answers | item.labels))
    new = tuple(name for name in attributes.values() if name not in source.attributes)
    counts = Counter(folder for folder in folders if folder)
    fewest, most = min(counts.values()), max(counts.values())
    each = f"{most:,} images" if fewest == most else f"{fewest:,} to {most:,} images"
    sentence = (
        f"The first folder of {_images(folders)} became {_counted(len(names), 'attribute')}: yes for its own images "
        f"({each}), no for those of the other folders."
    )
    return replace(source, items=tuple(items), attributes=(*source.attributes, *new)), sentence


def _is_attribute(name: str) -> bool:
    try:
        attribute_from_name(name)
    except TaxonomyError:
        return False
    return True


def _images(folders: Sequence[str], total: int | None = None) -> str:
    inside = sum(1 for folder in folders if folder)
    total = len(folders) if total is None else total
    return f"all {total:,} images" if inside == total else f"{inside:,} of {total:,} images"


def _counted(count: int, word: str) -> str:
    return f"1 {word}" if count == 1 else f"{count:,} {word}s"
