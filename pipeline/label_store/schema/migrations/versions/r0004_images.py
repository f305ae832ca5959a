"""What images are called, for the time when the collection holds them no more, and which those are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what is new; the next opening fills it in from the collection."""
    op.add_column("store", sa.Column("images_sha256", sa.String(length=64), server_default="", nullable=False))
    op.create_table(
        "named_images",
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_named_images")),
    )
    op.create_table(
        "absent_images",
        sa.Column("image_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_absent_images")),
    )
