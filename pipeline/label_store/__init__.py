"""Answers, captions and leases of annotators, durable before they are acknowledged.

`open_label_store` opens or creates the store of a collection. `LabelStore` is the public interface of this package.
"""

from __future__ import annotations

from pipeline.label_store.absent_images import SetAside
from pipeline.label_store.annotators.people import PRESENCE_SECONDS, Presence
from pipeline.label_store.annotators.requirements import Qualification, Requirements
from pipeline.label_store.answers.bulk_answers import LARGEST_BULK_ANSWER, BulkAnswer
from pipeline.label_store.answers.imported_hits import HIT_REASON, HitAnswers, HitReceipt
from pipeline.label_store.api.transactions import Receipt, new_action_id, new_batch_id
from pipeline.label_store.attributes.records import AttributeEntry, Definition, Draft
from pipeline.label_store.images import ImageName, KnownImages
from pipeline.label_store.log_reading import StoreState
from pipeline.label_store.opening import URL_VARIABLE, fork_store, move_store, open_label_store, store_exists
from pipeline.label_store.questions.gold import GoldSummary
from pipeline.label_store.questions.queue import BatchFacts, Work
from pipeline.label_store.records import (
    CAPTIONS,
    LEASE_SECONDS,
    STATISTICAL,
    Annotator,
    Batch,
    Caption,
    Drawn,
    LoggedAction,
    LoggedAnswer,
    Page,
    PageItem,
    Purpose,
    Reply,
    Value,
)
from pipeline.label_store.store import LabelStore
from pipeline.label_store.summaries.annotator_answers import AnnotatorAnswers
from pipeline.label_store.summaries.answer_table import AnswerTable
from pipeline.label_store.summaries.attribute_progress import AttributeProgress

__all__ = [
    "CAPTIONS",
    "HIT_REASON",
    "LARGEST_BULK_ANSWER",
    "LEASE_SECONDS",
    "PRESENCE_SECONDS",
    "STATISTICAL",
    "URL_VARIABLE",
    "Annotator",
    "AnnotatorAnswers",
    "AnswerTable",
    "AttributeEntry",
    "AttributeProgress",
    "Batch",
    "BatchFacts",
    "BulkAnswer",
    "Caption",
    "Definition",
    "Draft",
    "Drawn",
    "GoldSummary",
    "HitAnswers",
    "HitReceipt",
    "ImageName",
    "KnownImages",
    "LabelStore",
    "LoggedAction",
    "LoggedAnswer",
    "Page",
    "PageItem",
    "Presence",
    "Purpose",
    "Qualification",
    "Receipt",
    "Reply",
    "Requirements",
    "SetAside",
    "StoreState",
    "Value",
    "Work",
    "fork_store",
    "move_store",
    "new_action_id",
    "new_batch_id",
    "open_label_store",
    "store_exists",
]
