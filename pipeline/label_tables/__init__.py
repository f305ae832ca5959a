"""Export and import of labels, answers and captions as CSV or Parquet tables; export as a BAM release."""

from __future__ import annotations

from pipeline.label_tables.bam_export import BamExported, export_bam
from pipeline.label_tables.exporting import BLIND, Exported, ExportOptions, What, export_table, labels_bytes
from pipeline.label_tables.importing import Imported, ImportOptions, check_import, import_labels, undo_import

__all__ = [
    "BLIND",
    "BamExported",
    "ExportOptions",
    "Exported",
    "ImportOptions",
    "Imported",
    "What",
    "check_import",
    "export_bam",
    "export_table",
    "import_labels",
    "labels_bytes",
    "undo_import",
]
