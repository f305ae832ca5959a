"""The options of ``explorer build`` for vectors, layouts and scores that are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.errors import ParameterError

if TYPE_CHECKING:
    from pipeline.given import Wanted

__all__ = ["Encoding", "Ids", "Layout", "Scores", "Vectors", "wanted_of"]

Vectors = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|COLUMN",
        help="Vectors of your own: a file (.npy, .npz) or a column of lists. No network is run then, and images "
        "may have no picture.",
    ),
]
Ids = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Column of ids that vectors are matched by. [default: id]")
]
Layout = Annotated[
    str | None, typer.Option(metavar="X,Y", help="Two columns that hold the place of each image on the map.")
]
Scores = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=COLUMN", help="Column of scores of an attribute; repeat the option for more."),
]
Encoding = Annotated[
    str | None, typer.Option(help="Encoding of a CSV table, e.g. cp1252. [default: UTF-8, or as its mark says]")
]


def wanted_of(vectors: str | None, layout: str | None, scores: Sequence[str], ids: str | None) -> Wanted:
    """Return what is given, as the pipeline takes it.

    Parameters
    ----------
    vectors, ids
        As the options have them.
    layout
        Two names of columns with a comma between them.
    scores
        Name of an attribute, an equals sign and the name of a column, each.

    Raises
    ------
    ParameterError
        If a value has another form, or an attribute comes twice.
    """
    from pipeline.given import Wanted  # it loads NumPy and Arrow, which the help of the command needs not

    chosen: dict[str, str] = {}
    for entry in scores:
        name, equals, column = (part.strip() for part in entry.partition("="))
        if not (name and equals and column):
            raise ParameterError(
                f"--score {entry[:80]} is not possible. Give the name of an attribute and of a column, e.g. --score "
                "content_bird=p_bird."
            )
        if name in chosen:
            raise ParameterError(f"--score names {name!r} twice. Give each attribute one column.")
        chosen[name] = column
    return Wanted(vectors, None if layout is None else _axes(layout), chosen, ids)


def _axes(layout: str) -> tuple[str, str]:
    axes = [part.strip() for part in layout.split(",")]
    if len(axes) != 2 or not all(axes):
        raise ParameterError(
            f"--layout {layout[:80]} is not possible. Give the names of two columns with a comma between them, e.g. "
            "--layout x,y."
        )
    return axes[0], axes[1]
