"""What a page or report of one's own is made of: `tt.page.Card`, `Sentence`, `Tiles` …; and what all pages share."""

from typing import TYPE_CHECKING

from telltale.lazy import lazily

if TYPE_CHECKING:
    from telltale.page.pieces import Card as Card
    from telltale.page.pieces import Footer as Footer
    from telltale.page.pieces import Prose as Prose
    from telltale.page.pieces import Sentence as Sentence
    from telltale.page.pieces import Table as Table
    from telltale.page.pieces import Tile as Tile
    from telltale.page.pieces import Tiles as Tiles

__all__ = ["Card", "Footer", "Prose", "Sentence", "Table", "Tile", "Tiles"]

__getattr__, __dir__ = lazily(__name__, dict.fromkeys(__all__, "pieces"))
