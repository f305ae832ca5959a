"""Who may answer an attribute, gold questions among others, and gold that was taken back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the new columns. Nobody loses access."""
    op.add_column("attribute_settings", sa.Column("bar_answers", sa.Integer(), server_default="0", nullable=False))
    op.add_column("attribute_settings", sa.Column("bar_accuracy", sa.Float(), server_default="0", nullable=False))
    op.add_column("attribute_settings", sa.Column("gold_test", sa.Integer(), server_default="20", nullable=False))
    op.add_column("attribute_settings", sa.Column("gold_share", sa.Float(), server_default="0.07", nullable=False))
    op.create_table(
        "permissions",
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_permissions_annotator_id")),
        sa.ForeignKeyConstraint(["given_by"], ["annotators.id"], name=op.f("fk_permissions_given_by")),
        sa.PrimaryKeyConstraint("attribute", "annotator_id", name=op.f("pk_permissions")),
    )
    op.create_table(
        "retired_gold",
        sa.Column("attribute", sa.String(length=100), nullable=False),
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("annotator_id", sa.String(length=32), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name=op.f("fk_retired_gold_annotator_id")),
        sa.PrimaryKeyConstraint("attribute", "image_id", name=op.f("pk_retired_gold")),
    )
