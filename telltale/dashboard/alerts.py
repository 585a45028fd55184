"""Answers to alerts from a page: somebody sees to it, or it is put off; by the owner or an operator, and journalled.

A page's button sends what the form of this address holds, with its mark against foreign pages. Without a script, or
from a link in a message, that form is a page of its own.
"""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import Any

import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

from telltale import wording
from telltale.contract import ConfigError, StoreError
from telltale.dashboard.roles import OPERATOR, OWNER, role_of
from telltale.publish.alerts import answers
from telltale.publish.alerts.card import ACKNOWLEDGE, ANSWERS, answers_to
from telltale.settings import Settings
from telltale.workbench.project import Project
from telltale.workbench.times import SECOND, local_time, seconds

MAY_ANSWER = {OWNER: "the owner", OPERATOR: "an operator"}
"""The roles that answer, as the journal names whoever has their token."""
OVER = "This alert is over, or there is none of that number."
BUSY = "The store is busy: nothing was noted. Try again."


class AlertHandler(JupyterHandler):
    """One alert that lasts: what may be answered to it, and the answer."""

    def initialize(self, settings: Settings) -> None:
        """Take whose alerts they are."""
        self._settings = settings

    @tornado.web.authenticated
    async def get(self, number: str) -> None:
        """A page that asks what the buttons of the health page do."""
        row = await self._do(lambda project: self._lasting(project, number))
        shown = answers_to(row) if row else {}
        self.set_status(200 if row else 404)
        self.finish(self.render_template("alert.html", alert=row, answers=shown, over=OVER))  # type: ignore[no-untyped-call]

    @tornado.web.authenticated
    async def post(self, number: str) -> None:
        """Note the answer; a script is told in words, a browser is led back."""
        answer = self.get_body_argument("answer", "")
        if answer not in ANSWERS:
            raise tornado.web.HTTPError(400)
        status, said = 200, ""
        try:
            said = await self._do(lambda project: self._answered(project, number, answer))
        except StoreError:
            status, said = 503, BUSY
        if not said:
            status, said = 404, OVER
        if "json" not in self.request.headers.get("Accept", "") and status == 200:
            self.redirect(url_path_join(self.base_url, "health"), status=303)
            return
        self.set_status(status)
        self.finish({"said": said})

    async def _do(self, work: Callable[[Project], Any]) -> Any:
        """Ask the project, beside the loop that serves all others; to those who may not answer there is no alert."""
        if role_of(self.current_user) not in MAY_ANSWER:
            raise tornado.web.HTTPError(404)

        def done() -> Any:
            with closing(Project(settings=self._settings)) as project:
                return work(project)

        return await asyncio.to_thread(done)

    def _lasting(self, project: Project, number: str) -> dict[str, Any] | None:
        """The alert, if it lasts and may be seen."""
        rows = answers.listed(project, with_persons=role_of(self.current_user) == OWNER)
        row: dict[str, Any] | None = next((row for row in rows if str(row["id"]) == number), None)
        if row is None:
            return None
        since = wording.short_moment(local_time(row["begins_at"], project.zone()))
        return row | {"since": since, "by": wording.sentence_case(row["acknowledged_by"])}

    def _answered(self, project: Project, number: str, answer: str) -> str:
        """What was noted, in words; empty where there is no such alert."""
        row, who = self._lasting(project, number), MAY_ANSWER[role_of(self.current_user)]
        if row is None:
            return ""
        try:
            if answer == ACKNOWLEDGE:
                new = answers.acknowledge(project, [number], who=who)
                return f"Noted: {who} sees to it." if new else f"{row['by']} sees to it already."
            until_us = project.now_us() + round(seconds(answer) * SECOND)
            answers.snooze(project, [number], until_us=until_us, who=who)
        except ConfigError:  # it has ended meanwhile
            return ""
        return f"Nothing more is told of it until {wording.short_moment(local_time(until_us, project.zone()))}."
