"""The first schema: annotators, batches of draws, pages with leases, and the log of acts, answers and captions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


# long: the tables of the first version, one after the other
def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "annotators",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("authenticated", sa.Boolean(), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annotators")),
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("published", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_table(
        "store",
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("home", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("uuid", name=op.f("pk_store")),
    )
    op.create_table(
        "acts",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(kind IN ('undo', 'redo')) = (target IS NOT NULL)", name=op.f("ck_acts_target")),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_acts_annotator_id")),
        sa.ForeignKeyConstraint(["target"], ["acts.sequence"], name=op.f("fk_acts_target")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_acts")),
        sa.UniqueConstraint("id", name=op.f("uq_acts_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_acts_annotator", "acts", ["annotator_id", "sequence"], unique=False)
    op.create_index("ix_acts_target", "acts", ["target", "sequence"], unique=False)
    op.create_table(
        "barred",
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_barred_batch_id")),
        sa.PrimaryKeyConstraint("attribute", "image_id", name=op.f("pk_barred")),
    )
    op.create_table(
        "draws",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("expected", sa.String(length=8), nullable=True),
        sa.Column("wanted", sa.Integer(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_draws_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draws")),
        sa.UniqueConstraint("batch_id", "image_id", name=op.f("uq_draws_batch_id_image_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_draws_open",
        "draws",
        ["batch_id", "position"],
        unique=False,
        sqlite_where=sa.text("answered < wanted"),
        postgresql_where=sa.text("answered < wanted"),
    )
    op.create_index("ix_draws_wall", "draws", ["attribute", "image_id", "purpose"], unique=False)
    op.create_table(
        "pages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("created", sa.Float(), nullable=False),
        sa.Column("expires", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_pages_annotator_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_pages_batch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_owner", "pages", ["annotator_id", "batch_id", "expires"], unique=False)
    op.create_table(
        "answers",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("definition_version", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=8), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("page_id", sa.String(length=32), nullable=True),
        sa.Column("draw_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.String(length=100), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("model_version", sa.String(length=100), nullable=False),
        sa.CheckConstraint("draw_id IS NOT NULL OR purpose = 'training'", name=op.f("ck_answers_drawn")),
        sa.CheckConstraint("value IN ('yes', 'no', 'unsure')", name=op.f("ck_answers_value")),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_answers_annotator_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_answers_draw_id")),
        sa.ForeignKeyConstraint(["sequence"], ["acts.sequence"], name=op.f("fk_answers_sequence")),
        sa.PrimaryKeyConstraint("sequence", "image_id", name=op.f("pk_answers")),
    )
    op.create_index("ix_answers_attribute", "answers", ["attribute", "purpose", "sequence"], unique=False)
    op.create_index("ix_answers_draw", "answers", ["draw_id", "annotator_id"], unique=False)
    op.create_table(
        "captions",
        sa.Column(
            "sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["acts.sequence"], name=op.f("fk_captions_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_captions")),
    )
    op.create_index("ix_captions_image", "captions", ["image_id"], unique=False)
    op.create_table(
        "leases",
        sa.Column("page_id", sa.String(length=32), nullable=False),
        sa.Column("draw_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_leases_annotator_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["draws.id"], name=op.f("fk_leases_draw_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_leases_page_id")),
        sa.PrimaryKeyConstraint("page_id", "draw_id", name=op.f("pk_leases")),
    )
    op.create_index("ix_leases_draw", "leases", ["draw_id", "open"], unique=False)
