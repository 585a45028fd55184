"""Style sheets and scripts as they are served: ours, kept by browsers until they change, and Voilà's."""

import tornado.web
from voila.static_file_handler import MultiStaticFileHandler  # type: ignore[import-untyped]

from telltale.dashboard.assets import served


class LookHandler(tornado.web.RequestHandler):
    """Style sheet and scripts; the login page needs them too, and nothing in them is private."""

    def get(self, name: str) -> None:
        """One of them, for the browser to keep: its address changes when it does."""
        if name not in served():
            raise tornado.web.HTTPError(404)
        file = served()[name]
        self.set_header("Content-Type", file.kind)
        self.set_header("Cache-Control", "public, max-age=31536000, immutable")
        self.set_header("Content-Encoding", "gzip")
        self.finish(file.content)


class StaticHandler(MultiStaticFileHandler):  # type: ignore[misc]
    """Voilà's scripts, which it looks for in several folders; what is in none of them is missing, and not forbidden."""

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The file's path, if it may be served."""
        try:
            path: str | None = super().validate_absolute_path(root, absolute_path)
        except tornado.web.HTTPError as error:
            raise tornado.web.HTTPError(404) from error
        return path
