"""The tables of the label store; the same in SQLite and PostgreSQL.

``acts``, ``answers`` and ``captions`` are the log, ``definitions`` a history: rows are added and never changed.
``draws.answered``, ``draws.wanted`` and the leases are working state that follows from the log and the clock, presence
from the clock alone; `migrations` makes these tables; a test keeps both in step.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    UniqueConstraint,
    exists,
    false,
    func,
    select,
    text,
)

__all__ = [
    "REVISION",
    "absent_images",
    "acts",
    "annotators",
    "answers",
    "attribute_settings",
    "barred",
    "batches",
    "captions",
    "definitions",
    "draws",
    "here",
    "leases",
    "metadata",
    "named_images",
    "pages",
    "permissions",
    "presence",
    "retired_gold",
    "store",
    "survives",
    "undone",
]

REVISION = "0004"
"""Newest revision of the migrations that this program knows."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts rows only in a column of the plain type INTEGER, which holds 64 bits there.
_Counter = BigInteger().with_variant(Integer, "sqlite")

store = Table(
    "store",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("created", Float, nullable=False),
    Column("home", Text, nullable=False, server_default=""),
    Column("secret", String(64), nullable=False, server_default=""),  # 32 random bytes, to sign cookies
    # Of the ids of the images that the two tables below were last compared with; empty where that is to be done again.
    Column("images_sha256", String(64), nullable=False, server_default=""),
)

# What is remembered of every image that was asked or answered about, for the time when the collection holds it no more.
named_images = Table(
    "named_images",
    metadata,
    Column("image_id", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),  # name of the source, a part of the identity
    Column("file", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)

# Those of them that the collection does not hold now. Few: everybody who asks passes over them.
absent_images = Table(
    "absent_images",
    metadata,
    Column("image_id", BigInteger, primary_key=True, autoincrement=False),
)

annotators = Table(
    "annotators",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("authenticated", Boolean, nullable=False),
    Column("created", Float, nullable=False),
)

definitions = Table(
    "definitions",
    metadata,
    Column("attribute", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("definition", Text, nullable=False),
    # Lists, as JSON.
    Column("counts", Text, nullable=False),
    Column("counts_not", Text, nullable=False),
    Column("examples_yes", Text, nullable=False),
    Column("examples_no", Text, nullable=False),
    Column("annotator_id", String(32), ForeignKey("annotators.id")),  # NULL: came with the collection
    Column("at", Float, nullable=False),
)

attribute_settings = Table(
    "attribute_settings",
    metadata,
    Column("attribute", String(100), primary_key=True),
    Column("archived", Boolean, nullable=False),
    Column("agree", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("changed", Float, nullable=False),
    Column("annotator_id", String(32), ForeignKey("annotators.id")),
    Column("changes", Integer, nullable=False),
    # Who may answer, see `pipeline.label_store.annotators.requirements`; 0 is no requirement.
    Column("bar_answers", Integer, nullable=False, server_default="0"),
    Column("bar_accuracy", Float, nullable=False, server_default="0"),
    Column("gold_test", Integer, nullable=False, server_default="20"),
    Column("gold_share", Float, nullable=False, server_default="0.07"),
)

permissions = Table(
    "permissions",
    metadata,
    Column("attribute", String(100), primary_key=True),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), primary_key=True),
    Column("allowed", Boolean, nullable=False),
    Column("given_by", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("at", Float, nullable=False),
)

retired_gold = Table(
    "retired_gold",
    metadata,
    Column("attribute", String(100), primary_key=True),
    Column("image_id", BigInteger, primary_key=True, autoincrement=False),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("at", Float, nullable=False),
)

# `changes` counts what was done to a batch after it was drawn, so that pollers notice. `agree` is NULL where a split
# is asked of no other person. `about` is the id of the act that the batch checks.
batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("attribute", String(100), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("model_version", String(100), nullable=False),
    Column("created", Float, nullable=False),
    Column("published", Float),
    Column("title", Text, nullable=False, server_default=""),
    Column("agree", Integer),
    Column("about", String(36)),
    Column("cancelled", Float),
    Column("changes", Integer, nullable=False, server_default="0"),
    Index("ix_batches_attribute", "attribute", "purpose", "created"),
    Index("ix_batches_about", "about"),
)

draws = Table(
    "draws",
    metadata,
    Column("id", _Counter, primary_key=True, autoincrement=True),
    Column("batch_id", String(32), ForeignKey("batches.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("image_id", BigInteger, nullable=False),
    Column("attribute", String(100), nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("reason", String(100), nullable=False),
    Column("probability", Float),
    Column("expected", String(8)),
    Column("wanted", Integer, nullable=False),
    Column("answered", Integer, nullable=False),
    # How many are asked at first; `wanted` is more while people contradict each other.
    Column("opinions", Integer, nullable=False, server_default="1"),
    Column("only_for", String(32), nullable=False, server_default=""),  # the one annotator asked; "" for everybody
    UniqueConstraint("batch_id", "image_id", "only_for"),
    Index("ix_draws_wall", "attribute", "image_id", "purpose"),
    # Only what is still to be asked, so that a batch nearly done is as quick to serve as a fresh one.
    Index(
        "ix_draws_open",
        "batch_id",
        "position",
        sqlite_where=text("answered < wanted"),
        postgresql_where=text("answered < wanted"),
    ),
    Index(
        "ix_draws_asked",
        "attribute",
        "purpose",
        "batch_id",
        sqlite_where=text("answered < wanted"),
        postgresql_where=text("answered < wanted"),
    ),
    # Repeats and spot checks: few.
    Index(
        "ix_draws_only_for",
        "only_for",
        "attribute",
        sqlite_where=text("only_for <> ''"),
        postgresql_where=text("only_for <> ''"),
    ),
    sqlite_autoincrement=True,
)

barred = Table(
    "barred",
    metadata,
    Column("attribute", String(100), primary_key=True),
    Column("image_id", BigInteger, primary_key=True),
    Column("batch_id", String(32), ForeignKey("batches.id"), nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("batch_id", String(32), ForeignKey("batches.id"), nullable=False),
    Column("created", Float, nullable=False),
    Column("expires", Float, nullable=False),
    Index("ix_pages_owner", "annotator_id", "batch_id", "expires"),
    Index("ix_pages_live", "annotator_id", "expires"),
)

# What was on a page stays known; `open` ends when it is answered or given back. A lease holds while it is open and its
# page has not expired. `place` is the order on the page; what its annotator skipped they are not given again.
leases = Table(
    "leases",
    metadata,
    Column("page_id", String(32), ForeignKey("pages.id"), primary_key=True),
    Column("draw_id", _Counter, ForeignKey("draws.id"), primary_key=True, autoincrement=False),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("open", Boolean, nullable=False),
    Column("skipped", Boolean, nullable=False, server_default=false()),
    Column("place", Integer, nullable=False, server_default="0"),
    Index("ix_leases_draw", "draw_id", "open"),
)

acts = Table(
    "acts",
    metadata,
    Column("sequence", _Counter, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("at", Float, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("target", _Counter, ForeignKey("acts.sequence")),
    CheckConstraint("(kind IN ('undo', 'redo')) = (target IS NOT NULL)", name="target"),
    Index("ix_acts_target", "target", "sequence"),
    Index("ix_acts_annotator", "annotator_id", "sequence"),
    sqlite_autoincrement=True,
)

answers = Table(
    "answers",
    metadata,
    Column("sequence", _Counter, ForeignKey("acts.sequence"), primary_key=True, autoincrement=False),
    Column("image_id", BigInteger, primary_key=True),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("attribute", String(100), nullable=False),
    Column("definition_version", Integer, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("value", String(8), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("page_id", String(32)),
    Column("draw_id", _Counter, ForeignKey("draws.id")),
    Column("reason", String(100), nullable=False),
    Column("probability", Float),
    Column("model_version", String(100), nullable=False),
    CheckConstraint("value IN ('yes', 'no', 'unsure')", name="value"),
    CheckConstraint("draw_id IS NOT NULL OR purpose = 'training'", name="drawn"),
    Index("ix_answers_attribute", "attribute", "purpose", "sequence"),
    Index("ix_answers_draw", "draw_id", "annotator_id"),
    Index("ix_answers_annotator", "annotator_id", "attribute", "sequence"),
    # Bulk answers alone.
    Index(
        "ix_answers_stroke",
        "attribute",
        "sequence",
        sqlite_where=text("draw_id IS NULL"),
        postgresql_where=text("draw_id IS NULL"),
    ),
)

captions = Table(
    "captions",
    metadata,
    Column("sequence", _Counter, ForeignKey("acts.sequence"), primary_key=True, autoincrement=False),
    Column("image_id", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("folded", Text, nullable=False, server_default=""),  # the text as it is searched, without upper case
    Column("page_id", String(32)),
    Column("draw_id", _Counter, ForeignKey("draws.id")),
    Index("ix_captions_image", "image_id"),
    Index("ix_captions_draw", "draw_id"),
)

presence = Table(
    "presence",
    metadata,
    Column("session_id", String(64), primary_key=True),
    Column("annotator_id", String(32), ForeignKey("annotators.id"), nullable=False),
    Column("since", Float, nullable=False),
    Column("seen", Float, nullable=False),
    Column("doing", Text, nullable=False),
)


def survives(sequence: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the act of this sequence counts: it was never undone, or redone last."""
    later = acts.alias()
    last = (
        select(later.c.kind)
        .where(later.c.target == sequence)
        .order_by(later.c.sequence.desc())
        .limit(1)
        .correlate_except(later)
        .scalar_subquery()
    )
    return func.coalesce(last, "redo") == "redo"


def here(image_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the collection holds an image."""
    return image_id.not_in(select(absent_images.c.image_id))


def undone() -> Select[tuple[int]]:
    """Select in SQL the acts that do not count, for statements that read many answers: `survives` asks one by one."""
    undo, later = acts.alias(), acts.alias()
    done_since = exists().where(later.c.target == undo.c.target, later.c.sequence > undo.c.sequence)
    # An index holds the targets; a kind alone would be looked for in the whole log.
    return select(undo.c.target).where(undo.c.target > 0, undo.c.kind == "undo", ~done_since)
