"""The Rounds tab on the server: passes messages to a `RoundsController` and shows its answers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import param

from explorer.controllers.rounds.controller import RoundsController
from explorer.controllers.rounds.messages import CrossedMessage
from explorer.controllers.rounds.standing import BATCHES, STRATEGY_NAMES, Options, RoundsStanding
from explorer.messages.encoding import encoded
from explorer.views.common.attribute_tab import AttributeTab
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab_context import TabContext
from pipeline.errors import ParameterError

__all__ = ["RoundsTab", "RoundsView"]


class RoundsTab(Component):
    """The browser's half."""

    standing = param.Dict(default={}, doc="State of an attribute's rounds, see `RoundsStanding`.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("rounds_tab.js")
    _stylesheets: ClassVar[list[str]] = styles_of("common/attribute_tab_parts.css", "rounds/rounds_tab.css")


class RoundsView(AttributeTab):
    """The server's half.

    Parameters
    ----------
    context
        See `Tab`.
    """

    key = content = "rounds"

    def __init__(self, context: TabContext) -> None:
        super().__init__(context)
        self.controller = RoundsController(self._services, self._labels)
        self._options, self._threshold = Options(), (0.5, 0.5)
        self.tab = RoundsTab(
            standing=encoded(RoundsStanding()), dark=self._view.dark, sizing_mode="stretch_both", margin=0
        )
        self._begin(self.tab)

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_option(self, message: dict[str, Any]) -> None:
        name, value = message["name"], message["value"]
        if name == "strategy" and value in STRATEGY_NAMES:
            self._options = Options(value, self._options.batch)
        elif name == "batch" and value in BATCHES:
            self._options = Options(self._options.strategy, value)
        self.refresh()

    async def _do_train(self, _: dict[str, Any]) -> None:
        session = SessionLoop()

        def done(problem: str) -> None:
            session.call(partial(self._on_done, problem))

        self.controller.start_round(self._chosen(), self._options, self._me(), done)
        self.refresh()

    def _on_done(self, problem: str) -> None:
        if problem:
            self._note(problem, "error")
        self.refresh()

    async def _do_stop(self, _: dict[str, Any]) -> None:
        self._services.rounds.stop(self._chosen(), by=self._me().id)

    async def _do_audit(self, _: dict[str, Any]) -> None:
        self._view.open_tab("audit", self._chosen())

    async def _do_threshold(self, message: dict[str, Any]) -> None:
        upper, lower = message["upper"], min(message["upper"], message["lower"])
        self._threshold = (upper, lower)
        self._send(await self._labels.study(self.controller.thresholds.at, self._chosen(), upper, lower))

    async def _do_find(self, message: dict[str, Any]) -> None:
        if not 0 < message["precision"] <= 1:
            raise ParameterError(f"A precision of {message['precision']:.0%} cannot be found. Enter 1% to 100%.")
        upper, words = await self._labels.study(self.controller.thresholds.find, self._chosen(), message["precision"])
        self._note(words)
        if upper is not None:
            self._threshold = (upper, min(self._threshold[1], upper))
            shown = await self._labels.study(self.controller.thresholds.at, self._chosen(), *self._threshold)
            self._send(replace(shown, set=True))

    async def _do_use(self, _: dict[str, Any]) -> None:
        self._context.filters.change(self._chosen(), active=True, minimum=self._threshold[0])

    async def _do_plan(self, message: dict[str, Any]) -> None:
        await self._labels.study(self.controller.certification.plan, self._chosen(), message["precision"])
        self.refresh()

    async def _do_begin(self, _: dict[str, Any]) -> str:
        begun = await self._labels.run(self.controller.certification.begin, self._chosen())
        await self._changed()
        return begun

    async def _do_drop(self, _: dict[str, Any]) -> None:
        await self._labels.run(self.controller.certification.drop, self._chosen(), self._me())
        await self._changed()

    async def _do_release(self, _: dict[str, Any]) -> None:
        words = await self._labels.run(self.controller.release, self._chosen(), *self._threshold, self._me().name)
        self._note(words)
        self.refresh()

    # ---- the state of the attribute ----------------------------------------------------------------------------------
    def _choices(self) -> tuple[str, Options]:
        return self._attribute, self._options

    def _standing(self, attribute: str, options: Options) -> RoundsStanding:
        return self.controller.standing(attribute, options)

    def _pictures_version(self, standing: RoundsStanding) -> tuple[int]:
        return (standing.round,)

    def _pictures(self, attribute: str, _: Options) -> CrossedMessage:
        return self.controller.thresholds.crossed(attribute)
