"""The part of the Attributes tab about annotators: requirements, gold questions and each annotator's record."""

from __future__ import annotations

import secrets
from typing import Any

from explorer.controllers.attributes.annotator_messages import PeopleMessage, people_message, requirements_from
from explorer.views.common.tab import Tab
from pipeline.errors import ParameterError
from pipeline.label_store import store_exists

__all__ = ["AnnotatorsSection"]


class AnnotatorsSection(Tab):
    """A tab that shows the annotators of an attribute and records decisions about them."""

    async def _do_people(self, message: dict[str, Any]) -> None:
        await self._show_people(str(message["name"]))

    async def _do_requirements(self, message: dict[str, Any]) -> None:
        me, name = self._me(), str(message["name"])
        requirements = requirements_from(message["requirements"])
        await self._labels.ask(lambda store: store.qualifications.set_requirements, me.id, name, requirements)
        self._note("Saved. The requirements apply from each annotator's next page on.")
        await self._changed()
        await self._show_people(name)

    async def _do_gold(self, message: dict[str, Any]) -> None:
        """Make gold questions from settled images; each press takes other images."""
        self._me()
        name, count = str(message["name"]), int(message["count"])
        batch = await self._labels.ask(lambda store: store.gold.make, name, count, seed=secrets.randbelow(2**31))
        self._note(f"{batch.images:,} gold questions were made.")
        await self._changed()
        await self._show_people(name)

    async def _do_retire(self, message: dict[str, Any]) -> None:
        me, name = self._me(), str(message["name"])
        await self._labels.ask(lambda store: store.gold.retire, me.id, name, int(message["image"]))
        self._note("The gold question was retired. Its answers do not count.")
        await self._changed()
        await self._show_people(name)

    async def _do_permit(self, message: dict[str, Any]) -> None:
        me, name, person, allowed = self._me(), str(message["name"]), str(message["person"]), message["allowed"]
        if allowed not in (True, False, None):
            raise ValueError(allowed)
        await self._labels.ask(lambda store: store.qualifications.permit, me.id, name, person, allowed=allowed)
        await self._changed()
        await self._show_people(name)

    async def _show_people(self, name: str) -> None:
        if not store_exists(self._services.collection):
            raise ParameterError("There are no annotators to show, because there are no answers yet.")
        self._send(await self._labels.study(self._people, name))

    def _people(self, name: str) -> PeopleMessage:
        return people_message(self._labels.store, self._services.collection, name)
