"""``explorer labels``: shows, moves, separates, exports and imports a collection's answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from explorer.cli.label_tables import add_table_commands
from explorer.cli.terminal import escape, terminal_json
from explorer.settings import LABELS_ENVIRONMENT, label_store_url
from pipeline.errors import ParameterError

__all__ = ["labels_app"]

labels_app = typer.Typer(
    no_args_is_help=True,
    help=f"Export, import or move the answers about a collection, in its folder or in {LABELS_ENVIRONMENT}'s database.",
)

add_table_commands(labels_app)

_NOTHING = {"answers": 0, "images": 0}

Folder = Annotated[Path, typer.Argument(help="Folder of a built collection.", metavar="DIR")]


@labels_app.command("info")
def info(folder: Folder, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Show the place and the number of the answers."""
    values = _values(folder)
    if as_json:
        typer.echo(terminal_json(values))
    else:
        from explorer.cli.output import labels_table

        Console().print(labels_table(values))


@labels_app.command("move")
def move(folder: Folder) -> None:
    """Move the answers from the collection's folder into the PostgreSQL database of BAM_EXPLORER_LABELS_URL."""
    from pipeline.collection import Collection
    from pipeline.label_store import move_store

    url = label_store_url()
    if url is None:
        raise ParameterError(
            f"{LABELS_ENVIRONMENT} is not set. Set it to the database to which the answers move, for example "
            "postgresql://user@host/database"
        )
    place = move_store(Collection(folder), url)
    _say(f"Moved the answers to {escape(place)}. The old file stays as labels.sqlite.moved and is not read any more.")


@labels_app.command("fork")
def fork(folder: Folder) -> None:
    """Give the answers of a copied collection a new identity, separate from the original's."""
    from pipeline.collection import Collection
    from pipeline.label_store import fork_store

    identity = fork_store(Collection(folder))
    _say(f"The answers in {escape(str(folder))} are now the store {identity}, separate from the original.")


def _values(folder: Path) -> dict[str, Any]:
    from pipeline.collection import Collection
    from pipeline.label_store import open_label_store, store_exists

    collection = Collection(folder)
    url = label_store_url()
    if not store_exists(collection):
        return {"path": str(folder), "store": "", "place": "", "annotators": [], "set_aside": _NOTHING, "answers": []}
    with open_label_store(collection, url) as store:
        aside = store.absent_images.set_aside()
        return {
            "path": str(folder),
            "store": store.uuid,
            "place": store.database.place,
            "annotators": [
                {"id": person.id, "name": person.name, "authenticated": person.authenticated}
                for person in store.annotators.list_all()
            ],
            "set_aside": {"answers": aside.answers, "images": aside.images},
            "answers": [
                {"attribute": attribute, "purpose": purpose.value, "count": count}
                for (attribute, purpose), count in store.answers.counts().items()
            ],
        }


def _say(sentence: str) -> None:
    Console(stderr=True, highlight=False).print(sentence, soft_wrap=True)
