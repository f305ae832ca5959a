"""The stages of a build, in order."""

from __future__ import annotations

from pipeline.build.stages import BuildOptions, build_collection, check_target

__all__ = ["BuildOptions", "build_collection", "check_target"]
