"""Attributes with versions and settings, third opinions, skips, spot checks, caption tasks, who is present."""

from __future__ import annotations

import secrets
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("answered < wanted")
UNDRAWN = sa.text("draw_id IS NULL")
CHOSEN = sa.text("only_for <> ''")


def upgrade() -> None:
    """Add what is new and keep all that is there."""
    _new_tables()
    _more_of_batches_and_draws()
    _more_of_pages()
    _more_of_captions()
    op.create_index("ix_answers_annotator", "answers", ["annotator_id", "attribute", "sequence"])
    op.create_index(
        "ix_answers_stroke",
        "answers",
        ["attribute", "sequence"],
        sqlite_where=UNDRAWN,
        postgresql_where=UNDRAWN,
    )
    op.add_column("store", sa.Column("secret", sa.String(length=64), server_default="", nullable=False))
    op.execute(sa.text("UPDATE store SET secret = :secret").bindparams(secret=secrets.token_hex(32)))


def _new_tables() -> None:
    op.create_table(
        "definitions",
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("counts_not", sa.Text(), nullable=False),
        sa.Column("examples_yes", sa.Text(), nullable=False),
        sa.Column("examples_no", sa.Text(), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=True),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_definitions_annotator_id")),
        sa.PrimaryKeyConstraint("attribute", "version", name=op.f("pk_definitions")),
    )
    op.create_table(
        "attribute_settings",
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("agree", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Float(), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_attribute_settings_annotator_id")),
        sa.PrimaryKeyConstraint("attribute", name=op.f("pk_attribute_settings")),
    )
    op.create_table(
        "presence",
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=False),
        sa.Column("doing", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_presence_annotator_id")),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_presence")),
    )


def _more_of_batches_and_draws() -> None:
    op.add_column("batches", sa.Column("title", sa.Text(), server_default="", nullable=False))
    op.add_column("batches", sa.Column("agree", sa.Integer(), nullable=True))
    op.add_column("batches", sa.Column("about", sa.String(length=36), nullable=True))
    op.add_column("batches", sa.Column("cancelled", sa.Float(), nullable=True))
    op.add_column("batches", sa.Column("changes", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_batches_attribute", "batches", ["attribute", "purpose", "created"])
    op.create_index("ix_batches_about", "batches", ["about"])
    # SQLite changes a constraint by making a new table, which must continue to count its ids where it was.
    with op.batch_alter_table("draws", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("opinions", sa.Integer(), server_default="1", nullable=False))
        table.add_column(sa.Column("only_for", sa.String(length=32), server_default="", nullable=False))
        table.drop_constraint(op.f("uq_draws_batch_id_image_id"), type_="unique")
        table.create_unique_constraint(
            op.f("uq_draws_batch_id_image_id_only_for"), ["batch_id", "image_id", "only_for"]
        )
    op.execute(sa.text("UPDATE draws SET opinions = wanted"))
    op.create_index(
        "ix_draws_asked",
        "draws",
        ["attribute", "purpose", "batch_id"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_draws_only_for", "draws", ["only_for", "attribute"], sqlite_where=CHOSEN, postgresql_where=CHOSEN
    )


def _more_of_pages() -> None:
    op.add_column("leases", sa.Column("skipped", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("leases", sa.Column("place", sa.Integer(), server_default="0", nullable=False))
    op.create_index("ix_pages_live", "pages", ["annotator_id", "expires"])


def _more_of_captions() -> None:
    with op.batch_alter_table("captions") as table:
        table.add_column(sa.Column("folded", sa.Text(), server_default="", nullable=False))
        table.add_column(sa.Column("page_id", sa.String(length=32), nullable=True))
        table.add_column(sa.Column("draw_id", COUNTER, nullable=True))
        table.create_foreign_key(op.f("fk_captions_draw_id"), "draws", ["draw_id"], ["id"])
    op.create_index("ix_captions_draw", "captions", ["draw_id"])
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT sequence, text FROM captions")).all()
    if rows:
        connection.execute(
            sa.text("UPDATE captions SET folded = :folded WHERE sequence = :sequence"),
            [{"sequence": row.sequence, "folded": unicodedata.normalize("NFKC", row.text).casefold()} for row in rows],
        )
