"""Refresh of an open page when new scores appear, from any session or process."""

from __future__ import annotations

import weakref

from explorer.views.common.session_loop import SessionLoop
from explorer.views.common.tab_context import TabContext

__all__ = ["ScoreFollower"]


class ScoreFollower:
    """Notifies the views of a session of new scores through `ViewState.scores_seen`.

    The process holds only a weak reference, so a closed page is freed.
    """

    def __init__(self, context: TabContext) -> None:
        self._context = context
        self._services = context.services
        self._version, self._hidden = self._services.scores_version, self._services.hidden_scores.attributes
        self._watch()
        context.view.param.watch(lambda *_: self.look(), ["answers_seen", "tab"])

    def look(self) -> None:
        """Refresh every view if the scores changed since the last look."""
        services, context = self._services, self._context
        context.view.new_images = services.new_images
        if services.scores_version == self._version:
            return
        self._version = services.scores_version
        hidden = services.hidden_scores.attributes
        if hidden - self._hidden:  # a selection by score would reveal the hidden scores
            context.selection.forget()
        self._hidden = hidden
        context.filters.offer(services.default_minimums())
        context.view.scores_seen += 1

    def _watch(self) -> None:
        session, me = SessionLoop(), weakref.ref(self)

        def look() -> None:
            follower = me()
            if follower is not None:
                follower.look()
            else:
                forget()

        def forget() -> None:
            for end in ends:
                end()

        ends = [part.watch(lambda: session.call(look)) for part in (self._services.rounds, self._services.labels)]
        session.on_end(forget)
