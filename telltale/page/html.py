"""Pieces of a page as HTML: the same fragments for reports, dashboards and JupyterLab.

Takes the JSON-able data of `telltale.page.pieces` (it has usually been through a notebook file) and gives text.
Everything that came from data is escaped here, once.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from telltale import look
from telltale.page import lines, lists
from telltale.page import sparkline as spark
from telltale.page.marked import bare, inline, marked

__all__ = ["bare", "facts", "inline", "lab", "lab_around_figure", "piece", "plain", "table"]


def piece(data: Mapping[str, Any]) -> str:
    """One piece as HTML, a card's chart as an empty plot (see `plot`)."""
    return str(_BY_KIND[data["kind"]](data))


def plain(data: Mapping[str, Any]) -> str:
    """One piece as a line of text, for places that show nothing else."""
    if data["kind"] == "tiles":
        return " · ".join(f"{t['label']} {t['value']} {t['unit']}".rstrip() for t in data["tiles"])
    return bare(str(data.get("text") or data.get("title") or data["kind"]))


def lab(data: Mapping[str, Any]) -> str:
    """One piece as HTML that brings its own style, for JupyterLab's light and dark themes."""
    return f'<style>{look.text("lab.css")}</style><div class="tt">{piece(data)}</div>'


def lab_around_figure(card: Mapping[str, Any]) -> tuple[str, str]:
    """What stands above and below a card's chart in JupyterLab, where the chart is an output of its own."""
    style = f"<style>{look.text('lab.css')}</style>"
    below = _notes(card) + _numbers(card)
    return f'{style}<div class="tt">{_head(card)}</div>', f'{style}<div class="tt">{below}</div>'


def table(data: Mapping[str, Any]) -> str:
    """A table for people; columns of numbers flush right."""
    classes = {"num": set(data["right"]), "wide": set(data.get("wide", ()))}
    sides = [
        " ".join(name for name, columns in classes.items() if column in columns)
        for column in range(len(data["columns"]))
    ]
    head = "".join(_cell("th", inline(text), side) for text, side in zip(data["columns"], sides, strict=True))
    body = "".join(
        f"<tr>{''.join(_td(data, f'{at}.{column}', text, sides[column]) for column, text in enumerate(row))}</tr>"
        for at, row in enumerate(data["rows"])
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def facts(pairs: Mapping[str, str]) -> str:
    """Name and value pairs of a footer."""
    rows = "".join(f"<div><dt>{escape(name)}</dt> <dd>{inline(value)}</dd></div>" for name, value in pairs.items())
    return f'<dl class="facts">{rows}</dl>'


def _sentence(data: Mapping[str, Any]) -> str:
    over = f'<p class="over">{marked(data, "over")}</p>' if data["over"] else ""
    return f'<div class="opening">{over}<h1>{marked(data, "text")}</h1></div>'


def _tiles(data: Mapping[str, Any]) -> str:
    return f'<ul class="tiles n{len(data["tiles"])}">{"".join(map(_tile, data["tiles"]))}</ul>'


def _tile(tile: Mapping[str, Any]) -> str:
    state = tile["state"]
    sign = lists.TRIANGLE.format(label=state) if state else ""
    unit = f' <span class="unit">{escape(tile["unit"])}</span>' if tile["unit"] else ""
    return (
        f'<li class="tile {state}"><p class="label">{sign}{marked(tile, "label")}</p>'
        f'<div class="row"><p class="value"><b>{marked(tile, "value")}</b>{unit}</p>'
        f"{spark.svg(tile['spark'], bars=tile['bars'], alarm=state == 'alarm')}</div>"
        f'<p class="note">{marked(tile, "note")}</p></li>'
    )


def _card(data: Mapping[str, Any]) -> str:
    if "empty" in data:
        evidence = f'<p class="empty">{marked(data, "empty")}</p>'
    elif "failed" in data:
        again = '<button type="button" class="again">Try again</button>'
        evidence = f'<p class="empty" role="alert">{inline(data["failed"])} {again}</p>'
    elif "waits" in data:
        evidence = '<p class="empty" aria-busy="true">Loading</p>'
    elif "table" in data:
        evidence = table(data["table"])
    elif "calm" in data:
        evidence = f'<p class="calm">{inline(data["calm"])}</p>'
    elif "attention" in data:
        evidence = lists.attention(data["attention"])
    elif "lines" in data:
        evidence = lines.html(data["of"], data["lines"])
    elif "sources" in data:
        evidence = lists.sources(data["sources"])
    else:
        evidence = f'<div class="plot" role="img" aria-label="{escape(_label(data))}"></div>'
    return (
        f'<section class="card"><div class="main">{_head(data)}{evidence}{_numbers(data)}</div>{_notes(data)}</section>'
    )


def _head(card: Mapping[str, Any]) -> str:
    subtitle = f'<p class="sub">{marked(card, "subtitle")}</p>' if card["subtitle"] else ""
    return f"<h2>{marked(card, 'title')}</h2>{subtitle}{_key(card.get('key', ()))}"


def _key(entries: Sequence[Sequence[str]]) -> str:
    """Swatches with their words; an entry without a role is words alone."""
    if not entries:
        return ""
    items = (f"<li>{_swatch(role)}{inline(words)}</li>" for role, words in entries)
    return f'<ul class="key">{"".join(items)}</ul>'


def _swatch(role: str) -> str:
    return f'<i class="swatch {escape(role)}"></i>' if role else ""


def _label(card: Mapping[str, Any]) -> str:
    return bare(". ".join(part for part in (card["title"], card["subtitle"]) if part))


def _notes(card: Mapping[str, Any]) -> str:
    notes = [f"<p>{marked(card, f'notes.{at}', note)}</p>" for at, note in enumerate(card["notes"])]
    return f'<aside class="notes">{"".join(notes)}</aside>' if notes else ""


def _numbers(card: Mapping[str, Any]) -> str:
    if "numbers" not in card:
        return ""
    return f'<details class="numbers"><summary>Show the numbers</summary>{table(card["numbers"])}</details>'


def _td(data: Mapping[str, Any], place: str, text: str, side: str) -> str:
    return _cell("td", marked(data, place, text), side)


def _cell(tag: str, html: str, side: str) -> str:
    kind = f' class="{side}"' if side else ""
    return f"<{tag}{kind}>{html}</{tag}>"


def _prose(data: Mapping[str, Any]) -> str:
    return f'<section class="prose"><h2>{inline(data["title"])}</h2><p>{inline(data["text"])}</p></section>'


def _footer(data: Mapping[str, Any]) -> str:
    return facts(data["facts"])


_BY_KIND = {"sentence": _sentence, "tiles": _tiles, "card": _card, "prose": _prose, "footer": _footer}
