"""Which attributes filter the collection, and from what score on."""

from __future__ import annotations

from collections.abc import Mapping

import param

from pipeline.map.filters import AttributeFilter, FilterSet

__all__ = ["FilterState"]


class FilterState(param.Parameterized):
    """Minimum scores of one session.

    A minimum is kept while its filter is off, so that switching it on again brings back what was set.
    """

    minimums = param.Dict(default={}, doc="Attribute -> minimum score, from 0 to 1.")
    active = param.List(default=[], item_type=str, doc="Attributes whose minimum counts now.")

    def __init__(self, defaults: Mapping[str, float]) -> None:
        super().__init__(minimums=dict(defaults))
        self._defaults = dict(defaults)

    def offer(self, defaults: Mapping[str, float]) -> None:
        """Take new default minimums: attributes that had none get theirs, and what nobody moved follows its default."""
        moved = {name: value for name, value in self.minimums.items() if value != self._defaults.get(name)}
        self._defaults = dict(defaults)
        minimums = {name: moved.get(name, value) for name, value in defaults.items()}
        self.param.update(minimums=minimums, active=[name for name in self.active if name in defaults])

    def change(self, attribute: str, *, active: bool | None = None, minimum: float | None = None) -> None:
        """Switch a filter, or move its minimum (clipped to 0 .. 1); names that are not known are ignored."""
        if attribute not in self._defaults:
            return
        minimums, names = dict(self.minimums), [name for name in self.active if name != attribute]
        if minimum is not None:
            minimums[attribute] = min(1.0, max(0.0, float(minimum)))
        if active if active is not None else attribute in self.active:
            names.append(attribute)
        self.param.update(minimums=minimums, active=names)

    def reset(self, attribute: str) -> None:
        """Bring back an attribute's own minimum."""
        if attribute in self._defaults:
            self.minimums = {**self.minimums, attribute: self._defaults[attribute]}

    def clear(self) -> None:
        """Switch all filters off and bring back every attribute's own minimum."""
        self.param.update(active=[], minimums=dict(self._defaults))

    def filter_set(self) -> FilterSet:
        """Give the filters that count, as the compute layer wants them."""
        return FilterSet(tuple(AttributeFilter(name, self.minimums[name]) for name in sorted(self.active)))
