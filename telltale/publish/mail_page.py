"""The frame of a mail as HTML, in telltale's look.

It keeps to what mail programs understand: tables, styles beside their elements, no picture, nothing loaded, one column
that fits 320 px, and a dark set of colours for those that ask.
"""

import re
from html import escape

from telltale.look.tokens import DARK, LIGHT
from telltale.page import html as markup

_FACE = "Inter,'Segoe UI',Roboto,'Helvetica Neue',Arial,'Liberation Sans',sans-serif"
_STRONG = {"look": LIGHT.alarm_text, "ink": LIGHT.ink}


def wrapped(title: str, body: str) -> str:
    """A message of plain text, such as an alert, as HTML in the same look; its first paragraph is the sentence."""
    first, *others = [part for part in re.split(r"\n\s*\n", body.strip()) if part] or [""]
    lines = [escape(part).replace("\n", "<br>") for part in others]
    told = "".join(f"<p {css('ink2')}>{_linked(line)}</p>" for line in lines)
    sentence = _linked(escape(first).replace("\n", "<br>"))
    return page(title, f"<h1 {css('ink', 18, 25)}>{sentence}</h1>{told}")


def page(title: str, body: str) -> str:
    """A whole mail around what it says."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{escape(title)}</title><style>{_dark()}</style></head>"
        f'<body class="canvas" style="margin:0;padding:0;background:{LIGHT.canvas}">'
        f'<table role="presentation" width="100%" cellspacing="0" cellpadding="0" class="canvas" '
        f'style="background:{LIGHT.canvas}"><tr><td align="center" style="padding:12px 8px">'
        f'<table role="presentation" width="100%" cellspacing="0" cellpadding="0" class="surface" '
        f'style="max-width:600px;background:{LIGHT.surface};border:1px solid {LIGHT.line};border-radius:10px">'
        f'<tr><td align="left" style="padding:16px;text-align:left">'
        f"<p {css('ink', 15)}><b>telltale</b>{f' · {escape(title)}' if title else ''}</p>{body}"
        "</td></tr></table></td></tr></table></body></html>"
    )


def css(role: str, size: int = 14, height: int = 0, *, pad: int = 0, bold: bool = False) -> str:
    """Class and style of an element: the class lets a dark mail program have the other colour."""
    colour = LIGHT.alarm_text if role == "look" else getattr(LIGHT, role)
    weight = 600 if bold or role == "look" else "normal"
    return (
        f'class="{role}" style="margin:0 0 10px;padding:0 0 0 {pad}px;font-family:{_FACE};font-size:{size}px;'
        f'line-height:{height or size + 6}px;font-weight:{weight};color:{colour}"'
    )


def inline(text: str) -> str:
    """Escaped text with its marks as strong, in colours of its own."""
    look = f'<b class="look" style="color:{LIGHT.alarm_text}">'
    return (
        markup.inline(text)
        .replace('<b class="look">', look)
        .replace("<b>", f'<b class="ink" style="color:{LIGHT.ink}">')
    )


def _dark() -> str:
    """The dark colours, for mail programs that ask; every light one stands beside its element."""
    roles = ("ink", "ink2", "ink3", "accent")
    rules = [f".{role}{{color:{getattr(DARK, role)}!important}}" for role in roles]
    rules += [f".{role}{{background:{getattr(DARK, role)}!important}}" for role in ("canvas", "surface")]
    rules += [f".look{{color:{DARK.alarm_text}!important}}", f".rule,.surface{{border-color:{DARK.line}!important}}"]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _linked(html_text: str) -> str:
    return re.sub(r"https?://[^\s<>\"']+", rf'<a href="\g<0>" {css("accent")}>\g<0></a>', html_text)
