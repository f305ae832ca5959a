"""New scores reach an open page, from a round of any session or process."""

from __future__ import annotations

import weakref

from explorer.views.shared.session_loop import SessionLoop
from explorer.views.shared.tab_context import TabContext

__all__ = ["ScoreFollower"]


class ScoreFollower:
    """Tells a session's views when there are other scores, by `ViewState.scores_seen`.

    It lives as long as its page: the process does not keep a page that is gone.
    """

    def __init__(self, context: TabContext) -> None:
        self._context = context
        self._services = context.services
        self._version, self._hidden = self._services.scores_version, self._services.open_audits.hidden
        self._watch()
        context.view.param.watch(lambda *_: self.look(), ["answers_seen", "tab"])

    def look(self) -> None:
        """Have every view show the scores that were read since the last look."""
        services, context = self._services, self._context
        if services.scores_version == self._version:
            return
        self._version = services.scores_version
        hidden = services.open_audits.hidden
        if hidden - self._hidden:  # what was selected by a score tells that score
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
