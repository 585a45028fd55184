"""Published reports and their index, behind the same login as the pages: each to whom it may be shown.

A report is a page of its own: it may run its script and nothing else, and reaches nothing of this server, whatever a
notebook has put into it.
"""

import tornado.web
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

from telltale.dashboard.gate import REPORT_POLICY
from telltale.dashboard.login import own_page
from telltale.dashboard.readers import Readers
from telltale.dashboard.roles import role_of
from telltale.report import index

HEAD = '<header class="head">'
KINDS = {".html": "text/html; charset=utf-8", ".pdf": "application/pdf"}


class IndexHandler(JupyterHandler):
    """The index of the reports that the reader may open."""

    def initialize(self, readers: Readers) -> None:
        """Take who may read what."""
        self._readers = readers

    @tornado.web.authenticated
    def get(self) -> None:
        """The page."""
        if not self.request.path.endswith(("/", "/index.html")):
            self.redirect(url_path_join(self.base_url, "reports/"))
            return
        found = self._readers.entries(role_of(self.current_user), own_page(self.current_user))
        self.set_header("Content-Security-Policy", REPORT_POLICY)
        self.finish(index.html(found, self._readers.folder, back="../"))


class ReportHandler(JupyterHandler):
    """One published file."""

    def initialize(self, readers: Readers) -> None:
        """Take who may read what."""
        self._readers = readers

    @tornado.web.authenticated
    def get(self, path: str) -> None:
        """The file, to whom it may be shown; to all others there is none."""
        entry = index.entry(self._readers.folder, path)
        if entry is None or not self._readers.may_read(entry, role_of(self.current_user), own_page(self.current_user)):
            raise tornado.web.HTTPError(404)
        file = self._readers.folder / path
        self.set_header("Content-Type", KINDS[file.suffix])
        if file.suffix == ".pdf":  # a browser's own reader would need more than a page of ours may load
            self.set_header("Content-Disposition", "attachment")
            self.finish(file.read_bytes())
            return
        self.set_header("Content-Security-Policy", REPORT_POLICY)
        self.finish(_with_way_back(file.read_text(encoding="utf-8")))


def _with_way_back(html: str) -> str:
    """The report with a link to the index, which a file that is mailed or opened by itself does not have."""
    return html.replace(HEAD, f'{HEAD}<a class="back" href="../">Reports</a>', 1)
