"""Words of an image's keywords and caption that can name a cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.images.records import SourceItem

from pipeline.text.keywords import keyword_tokens

__all__ = ["naming_words"]


def naming_words(item: SourceItem) -> list[str]:
    """Return the words of an image's keywords and caption without its author's name, which is not its content.

    Parameters
    ----------
    item
        The image's keywords, caption and author are read.

    Returns
    -------
    list of str
        In order of appearance, with repeats.
    """
    maker = set(keyword_tokens(item.author))
    return [word for word in keyword_tokens(f"{item.keywords} {item.caption}") if word not in maker]
