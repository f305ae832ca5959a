"""The Audit tab on the server: passes messages to an `AuditController` and shows its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import param

from explorer.controllers.audit.controller import AuditController
from explorer.controllers.audit.findings import MistakesMessage
from explorer.controllers.audit.plan_form import changed
from explorer.controllers.audit.standing import AuditStanding
from explorer.controllers.ownership import batch_thing
from explorer.messages.encoding import encoded
from explorer.messages.outgoing import Refused
from explorer.services.colorings import AUDITED
from explorer.views.common.attribute_tab import AttributeTab
from explorer.views.common.component import Component
from explorer.views.common.component_files import script_of, styles_of
from explorer.views.common.tab_context import TabContext
from pipeline.audit.plan import PlanForm
from pipeline.errors import BamExplorerError

__all__ = ["AuditTab", "AuditView"]


class AuditTab(Component):
    """The browser's half."""

    standing = param.Dict(default={}, doc="State of an attribute's audits, see `AuditStanding`.")
    dark = param.Boolean(default=True, doc="Dark or light.")

    _esm = script_of("audit_tab.js")
    _stylesheets: ClassVar[list[str]] = styles_of("common/attribute_tab_parts.css", "audit/audit_tab.css")


class AuditView(AttributeTab):
    """The server's half.

    Parameters
    ----------
    context
        See `Tab`.
    """

    key, content = "audit", "audits"

    def __init__(self, context: TabContext) -> None:
        super().__init__(context)
        services, view = self._services, self._view
        self.controller = AuditController(services, self._labels)
        self._form, self._shown = PlanForm(), 0
        self.tab = AuditTab(standing=encoded(AuditStanding()), dark=view.dark, sizing_mode="stretch_both", margin=0)
        self._begin(self.tab)
        view.param.watch(lambda _: self.refresh(), "shown_layout")

    # ---- messages ----------------------------------------------------------------------------------------------------
    async def _do_choose(self, message: dict[str, Any]) -> None:
        self._form, self._shown = PlanForm(), 0
        await super()._do_choose(message)

    async def _do_show(self, message: dict[str, Any]) -> None:
        self._shown = message["number"]
        self.refresh()

    async def _do_plan_form(self, message: dict[str, Any]) -> None:
        try:
            self._form = changed(self._form, message["name"], message["value"])
        except (BamExplorerError, KeyError, TypeError, ValueError):
            self._send(Refused({}))  # the field shows the value before
            raise
        self.refresh()

    async def _do_freeze(self, _: dict[str, Any]) -> str:
        await self._step(self.controller.freeze, self._chosen(), self._form, self._me())
        return f"audit:{self._chosen()}"

    async def _do_draw(self, _: dict[str, Any]) -> str:
        await self._own_step(self.controller.draw)
        return f"audit:{self._chosen()}"

    async def _do_drop(self, _: dict[str, Any]) -> str:
        await self._own_step(self.controller.drop)
        return f"audit:{self._chosen()}"

    async def _do_publish(self, _: dict[str, Any]) -> str:
        self._shown = 0
        self._note(await self._own_step(self.controller.publish))
        return f"audit:{self._chosen()}"

    async def _own_step(self, work: Callable[[str], Any]) -> Any:
        """Run a step of the open audit, if the person of this session froze it."""
        attribute, me = self._chosen(), self._me()

        def step() -> Any:
            self.controller.check_owner(attribute, me)
            return work(attribute)

        return await self._step(step)

    async def _step(self, work: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return await self._labels.run(work, *arguments)
        finally:
            await self._labels.run(self._services.look_at_audits)
            self._labels.nudge()
            self._view.answers_seen += 1
            self.refresh()

    async def _do_save(self, message: dict[str, Any]) -> None:
        number, kind = message["number"], message["kind"]
        self._send(await self._labels.study(self.controller.file, self._chosen(), number, kind))

    async def _do_check(self, message: dict[str, Any]) -> None:
        wrong = await self._labels.study(self.controller.check, self._chosen(), message["number"])
        if wrong:
            more = f" And {len(wrong) - 3:,} more." if len(wrong) > 3 else ""
            self._note(f"The certificate does not hold. {' '.join(wrong[:3])}{more}", "error")
        else:
            self._note("The certificate holds. Release, draw, answers and figures agree with it.")

    async def _do_region(self, message: dict[str, Any]) -> None:
        region, layout = message["region"], self._view.shown_layout
        rows, words = await self._labels.study(
            self.controller.findings.region, self._chosen(), self._shown, layout, region
        )
        names = self._services.layout(layout).names
        places = [(name.x, name.y, name.radius) for name in names if name.level == 0 and name.cluster == region]
        self._context.selection.replace(rows, words)
        if places:
            self._view.go_to(*places[0])

    async def _do_rounds(self, _: dict[str, Any]) -> None:
        self._view.open_tab("rounds", self._chosen())

    async def _do_color(self, _: dict[str, Any]) -> None:
        self._view.param.update(attribute=self._chosen(), color=AUDITED)

    async def _do_again(self, _: dict[str, Any]) -> list[str]:
        layout = self._view.shown_layout
        words, batch = await self._labels.run(self.controller.findings.ask_again, self._chosen(), self._shown, layout)
        self._note(words)
        self._labels.nudge()
        self.refresh()
        return [batch_thing(batch)] if batch else []

    # ---- the state of the attribute ----------------------------------------------------------------------------------
    def _choices(self) -> tuple[str, PlanForm, int, str]:
        return self._attribute, self._form, self._shown, self._view.shown_layout

    def _standing(self, attribute: str, form: PlanForm, shown: int, layout: str) -> AuditStanding:
        standing = self.controller.standing(attribute, form, shown, layout)
        return standing if self._context.annotator else standing.without_people()

    def _pictures_version(self, standing: AuditStanding) -> tuple[int, bool]:
        result = standing.result
        return (result.number, bool(result.hidden)) if result else (0, False)

    def _pictures(self, attribute: str, _form: PlanForm, shown: int, _layout: str) -> MistakesMessage:
        return self.controller.findings.mistakes(attribute, shown)
