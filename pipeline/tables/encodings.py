"""The encodings of text that a table may be in. Pure."""

from __future__ import annotations

import codecs
from typing import Final

from pipeline.errors import ParameterError

__all__ = ["ENCODINGS", "codec_of"]

ENCODINGS: Final = (
    *("utf-8", "utf-16", "utf-16-le", "utf-16-be"),
    *(f"cp{number}" for number in (437, 850, 852, 866, 932, 949, *range(1250, 1259))),
    *(f"iso8859-{number}" for number in (*range(1, 12), *range(13, 17))),
    *("mac-roman", "koi8-r", "koi8-u", "shift_jis", "euc_jp", "gbk", "gb18030", "big5", "euc_kr"),
)
"""Names as `codecs.lookup` gives them."""


def codec_of(encoding: str) -> str:
    """Return the name of a codec for the name of an encoding, such as ``Windows-1252`` or ``latin1``.

    Raises
    ------
    ParameterError
        If the encoding is unknown, or is none of text.
    """
    try:
        found = codecs.lookup(encoding.strip()).name
    except (LookupError, ValueError):
        found = ""
    if found not in ENCODINGS:
        raise ParameterError(
            f"encoding={encoding[:40]!r} is not known. Allowed are utf-8, utf-16, cp1252 (Windows, western Europe), "
            "latin1, cp1250, cp1251, mac-roman, shift_jis, gb18030, and others of this kind."
        )
    return found
