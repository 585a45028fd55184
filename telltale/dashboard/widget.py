"""The two widgets of a page: a chart that redraws in place, and the live line between a page and its kernel.

A chart passes its figure as JSON to the plotly.js the page has already; `FigureWidget` would send five megabytes of it
with every chart. The live page ticks only while its browser says so: a kernel whose page is gone falls silent, and what
is silent is culled.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anywidget
import traitlets

from telltale.contract import TelltaleError
from telltale.dashboard.client import Asking
from telltale.page.embedded import figure_data, json_element, json_text

BEAT_S = 5.0
"""How often a page says that it is there (board.js)."""
FRESH_S = 3 * BEAT_S
"""How long that holds."""
WAIT_S = 5.0
"""How long one question waits for something newer."""


class Chart(anywidget.AnyWidget):
    """A plotly figure in a Voilà page of one's own; in JupyterLab show the figure itself.

    Args:
        figure: what to draw; assign to `.figure` to draw another in its place.
    """

    _esm = """export default { render({ model, el }) {
      const place = document.createElement("div"); place.className = "plot"; el.append(place);
      const draw = () => window.telltale?.draw(place, JSON.parse(model.get("json")));
      model.on("change:json", draw); draw();
    } };"""
    json = traitlets.Unicode("{}").tag(sync=True)

    def __init__(self, figure: Any) -> None:
        super().__init__(json=json_text(figure_data(figure)))

    def show(self, figure: Any) -> None:
        """Draw another figure in place."""
        self.json = json_text(figure_data(figure))


class Live(anywidget.AnyWidget):
    """Keeps a page up to date while a browser shows it.

    Args:
        ask: gives the page (see `telltale.dashboard.client`).
        clock: seconds that only rise.
    """

    _esm = "export default { render({ model, el }) { el.hidden = true; window.telltale?.connect(model); } };"

    def __init__(self, ask: Asking, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._ask = ask
        self._clock = clock
        self._fresh_until = 0.0
        self._choice: dict[str, str] = {}
        self._serial: int | None = None
        self._following: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="ask")
        self.on_msg(self._heard)

    def _heard(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """A beat: the page is there, shows `serial`, wants `choice`; or a reader asks for something."""
        if content.get("kind") == "why":
            asyncio.ensure_future(self._tell_why(str(content.get("claim", ""))))  # noqa: RUF006 - it answers by itself
            return
        if content.get("kind") == "find":
            asyncio.ensure_future(self._tell_found(dict(content.get("fields") or {})))  # noqa: RUF006 - likewise
            return
        self.send({"kind": "alive", "now": time.time()})
        self._fresh_until = self._clock() + FRESH_S
        choice = {str(name): str(value) for name, value in content.get("choice", {}).items()}
        again = bool(content.get("again"))
        if again or choice != self._choice or self._following is None or self._following.done():
            changed = again or choice != self._choice
            self._choice, self._serial = choice, None if changed else content.get("serial")
            if self._following is not None:
                self._following.cancel()
            self._following = asyncio.ensure_future(self._follow(again=again))

    async def _follow(self, *, again: bool) -> None:
        """Send what is newer than the page has, until its beats end."""
        while self._clock() < self._fresh_until:
            answer = await self._asked(again=again)
            again = False
            if answer is not None:
                self._serial = answer["serial"]
                self.send({"kind": "board", "board": answer})

    async def _tell_why(self, claim_id: str) -> None:
        loop = asyncio.get_running_loop()
        choice = dict(self._choice)
        try:
            told = await loop.run_in_executor(self._threads, lambda: self._ask.why(choice, claim_id))
        except TelltaleError as error:
            told = {"id": claim_id, "failed": str(error)}
        self.send({"kind": "origin", "origin": told})

    async def _tell_found(self, fields: dict[str, Any]) -> None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, lambda: self._ask.find(fields))
        except TelltaleError as error:
            found = {"failed": str(error)}
        self.send({"kind": "found", "found": found})

    async def _asked(self, *, again: bool) -> dict[str, Any] | None:
        loop = asyncio.get_running_loop()
        choice, after = dict(self._choice), self._serial
        try:
            return await loop.run_in_executor(
                self._threads, lambda: self._ask(choice, after=after, wait_s=WAIT_S, again=again, soon=True)
            )
        except TelltaleError as error:
            self.send({"kind": "away", "why": str(error)})
            await asyncio.sleep(BEAT_S)
            return None


def page_bundle(answer: dict[str, Any]) -> dict[str, Any]:
    """A page as the template takes it: its HTML, and beside it its figures for the page's script."""
    data = {name: value for name, value in answer.items() if name != "html"}
    html = f'<div id="board-{answer["page"]}" class="arrived">{answer["html"]}</div>'
    return {"text/html": f"{html}{json_element(data, class_='board-data')}"}
