"""The filters of a session: active attributes and their minimum scores."""

from __future__ import annotations

from collections.abc import Mapping

import param

from pipeline.map.filters import AttributeFilter, FilterSet

__all__ = ["FilterState"]


class FilterState(param.Parameterized):
    """Minimum scores of one session.

    A minimum is kept while its filter is off, so it is the same when the filter is switched on again.
    """

    minimums = param.Dict(default={}, doc="Attribute -> minimum score, from 0 to 1.")
    active = param.List(default=[], item_type=str, doc="Attributes whose filter is on.")

    def __init__(self, defaults: Mapping[str, float]) -> None:
        super().__init__(minimums=dict(defaults))
        self._defaults = dict(defaults)

    def offer(self, defaults: Mapping[str, float]) -> None:
        """Take new default minimums. They replace minimums that the person has not moved."""
        moved = {name: value for name, value in self.minimums.items() if value != self._defaults.get(name)}
        self._defaults = dict(defaults)
        minimums = {name: moved.get(name, value) for name, value in defaults.items()}
        self.param.update(minimums=minimums, active=[name for name in self.active if name in defaults])

    def change(self, attribute: str, *, active: bool | None = None, minimum: float | None = None) -> None:
        """Switch a filter, or move its minimum (clipped to 0 .. 1). Unknown names are ignored."""
        if attribute not in self._defaults:
            return
        minimums, names = dict(self.minimums), [name for name in self.active if name != attribute]
        if minimum is not None:
            minimums[attribute] = min(1.0, max(0.0, float(minimum)))
        if active if active is not None else attribute in self.active:
            names.append(attribute)
        self.param.update(minimums=minimums, active=names)

    def reset(self, attribute: str) -> None:
        """Set an attribute's minimum to its default."""
        if attribute in self._defaults:
            self.minimums = {**self.minimums, attribute: self._defaults[attribute]}

    def clear(self) -> None:
        """Switch all filters off and set all minimums to their defaults."""
        self.param.update(active=[], minimums=dict(self._defaults))

    def filter_set(self) -> FilterSet:
        """Return the active filters for the pipeline."""
        return FilterSet(tuple(AttributeFilter(name, self.minimums[name]) for name in sorted(self.active)))
