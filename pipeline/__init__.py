"""The compute layer: images in, embeddings, scores, layouts and frames out.

Importing this package loads none of its heavy dependencies; modules are imported by name, e.g.
``from pipeline.collection import Collection``.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
