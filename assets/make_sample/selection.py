"""Choose the candidates that enter the sample: limits by source, series and folder, scarce attributes first."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.make_sample.rules import within

if TYPE_CHECKING:
    from assets.make_sample.candidate import Candidate

# These two sources add pictures by other artists for scarce subjects. Their other pictures are left out.
ONLY_SCARCE = frozenset({"noto", "openmoji"})


@dataclass
class Selection:
    """Limits, and the used part of each."""

    sources: dict[str, int]
    series: dict[str, int]
    limits: dict[str, int]
    scarce: frozenset[str]
    leave_out: frozenset[str]
    used: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, table: dict[str, Any]) -> Selection:
        """Read the limits of ``selection.toml``."""
        unwanted = frozenset(picture for entry in table["leave_out"] for picture in entry["pictures"])
        return cls(table["sources"], table["series"], table["limits"], frozenset(table["scarce"]), unwanted)

    def order(self, candidate: Candidate, answers: dict[str, str]) -> tuple[bool, bytes]:
        """Order candidates: scarce subjects first, then by a fixed random order. Limits are filled in this order."""
        return not self.is_scarce(answers), hashlib.sha256(candidate.name.encode()).digest()

    def is_scarce(self, answers: dict[str, str]) -> bool:
        """Return whether the candidate is a yes of an attribute that has few."""
        return any(answers.get(name) == "yes" for name in self.scarce)

    def allows(self, candidate: Candidate, answers: dict[str, str]) -> bool:
        """Return whether no limit of the candidate is reached."""
        if self.used[f"file {candidate.file}"]:
            return False
        scarce = self.is_scarce(answers)
        if candidate.source in ONLY_SCARCE and not scarce:
            return False
        if self.used[candidate.source] >= self.sources[candidate.source]:
            return False
        if self.used[f"series {candidate.series}"] >= self.series[candidate.source]:
            return False
        return all(self.used[limit] < self.limits[name] for name, limit in self._limits_on(candidate))

    def take(self, candidate: Candidate) -> None:
        """Count the candidate against its limits."""
        self.used.update([candidate.source, f"series {candidate.series}", f"file {candidate.file}"])
        self.used.update(limit for _, limit in self._limits_on(candidate))

    def _limits_on(self, candidate: Candidate) -> list[tuple[str, str]]:
        """Return the longest limited folder that holds the candidate, and each limited keyword that it has."""
        folders = [name for name in self.limits if any(within(folder, (name,)) for folder in candidate.folders)]
        keywords = [name for name in self.limits if name.removeprefix("keyword:") in candidate.keywords]
        names = [max(folders, key=len)] if folders else []
        names += [name for name in keywords if name.startswith("keyword:")]
        return [(name, f"limit {candidate.source} {name}") for name in names]
