"""What annotators are told about an attribute: its definition in words, with example pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from explorer.services.services import Services
from pipeline.label_store import Definition

__all__ = ["instructions_message"]


def instructions_message(services: Services, definition: Definition) -> dict[str, Any]:
    """Put a definition and its example pictures together for the browser; runs in a thread.

    Examples that are no longer in the collection are left out.

    Raises
    ------
    CollectionError
        If the pictures cannot be read.
    """
    collection = services.collection
    examples = [("yes", image) for image in definition.examples_yes]
    examples += [("no", image) for image in definition.examples_no]
    found = [(kind, row) for kind, row in ((kind, collection.row_of(image)) for kind, image in examples) if row >= 0]
    pictures = collection.previews(np.array([row for _, row in found], np.int32)) if found else []
    return {
        "type": "instructions",
        "title": definition.title,
        "definition": definition.definition,
        "counts": list(definition.counts),
        "counts_not": list(definition.counts_not),
        "version": definition.version,
        "at": definition.at,
        "examples": [
            {"kind": kind, "image": str(collection.image_ids[row]), "picture": data}
            for (kind, row), data in zip(found, pictures, strict=True)
        ],
    }
