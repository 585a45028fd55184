"""A report of the invented week, rendered as `telltale report` does, for tests that read or open it."""

from typing import Any

from telltale.page import pieces as show
from telltale.presence.charts.dwell import dwell_histogram
from telltale.presence.charts.moves import moves_matrix
from telltale.presence.charts.occupancy import occupancy
from telltale.presence.charts.visitors import visitors_by_day
from telltale.report.page import render
from tests.presence import frames as week


def notebook(*pieces: show.Piece) -> dict[str, Any]:
    """An executed notebook that shows some pieces under a title."""
    return {
        "cells": [
            {"cell_type": "markdown", "source": "# Presence and dwell\n\nHow many come in?", "metadata": {}},
            {"cell_type": "markdown", "source": "For the notebook", "metadata": {"tags": ["notebook-only"]}},
            {
                "cell_type": "code",
                "source": "secret_code()",
                "metadata": {},
                "outputs": [_output(one) for one in pieces],
            },
        ],
        "metadata": {"papermill": {"parameters": {"period": "2026-W46"}}},
    }


def html() -> str:
    """The page of all four presence charts."""
    return render(notebook(*_pieces()), facts={"Period": "9 to 15 November 2026", "Made": "Mon 16 Nov 2026, 06:02"})


def _pieces() -> list[show.Piece]:
    zone = week.ZONE
    tiles = [show.Tile(f"Figure {n}", str(n), "min", "**+4 %** on the week before", [1, 2, None, n]) for n in range(4)]
    return [
        show.Sentence("A usual week with **346 visits**. !!Two nodes!! were silent.", "**Week 46** · Harbour site"),
        show.Tiles([*tiles, show.Tile("Nodes reporting", "4", "of 6", state="warning")]),
        show.Card(
            "Wednesday was the busiest day", visitors_by_day(week.days(), timezone=zone, k=5), "By day", ["A note."]
        ),
        show.Card("It was busiest at 11:00", occupancy(week.bins(), week.nodes(), timezone=zone, k=5), "Present"),
        show.Card("Most visits are short", dwell_histogram(week.visits(), k=5), "By length"),
        show.Card("Most moves are inside", moves_matrix(week.moves(), k=5), "Moves"),
        show.Card("Rejects", show.Table(("Reason", "Rows"), [["bad_stamp", "3"]], right=(1,)), "Rows"),
        show.Footer({"Data until": "Sun 15 Nov 2026, 23:59"}),
    ]


def _output(piece: show.Piece) -> dict[str, Any]:
    bundle = piece._repr_mimebundle_()
    if isinstance(piece, show.Card) and bundle[show.MIME].get("figure"):
        bundle[show.PLOTLY] = show.plotly_json(piece.evidence)
    return {"output_type": "display_data", "data": bundle, "metadata": {}}
