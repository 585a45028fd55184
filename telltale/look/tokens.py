"""Colour roles in a light and a dark set, the categories, and the contrast between two colours.

Code names a role, never a colour. Style sheets read the roles as CSS variables; a plotly figure carries a role's
*light* value, which the page swaps for the dark one when it draws (see `DARK_OF`), so one figure serves screen,
dark mode and paper.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Tokens(NamedTuple):
    """One colour set; each field is a role."""

    canvas: str
    surface: str
    sunk: str
    line: str
    ghost: str
    edge: str
    ink: str
    ink2: str
    ink3: str
    accent: str
    faint: str
    soft: str
    heat: str
    away: str
    hatch: str
    alarm: str
    alarm_text: str
    alarm_ground: str
    gold: str
    indigo: str
    sky: str
    plum: str
    gold_text: str
    """Gold as text: on light ground the series colour itself is too pale to read."""


LIGHT = Tokens(
    canvas="#F4F6F7",
    surface="#FFFFFF",
    sunk="#E9EEF0",
    line="#DCE3E7",
    ghost="#B9C4CC",
    edge="#83909B",
    ink="#14212B",
    ink2="#43515D",
    ink3="#5B6975",
    accent="#0B6B7A",
    faint="#EAF3F4",
    soft="#D5E8EA",
    heat="#5FA6B1",
    away="#C9D6DB",
    hatch="#9AA7B1",
    alarm="#C4380D",
    alarm_text="#B3330C",
    alarm_ground="#FBEAE3",
    gold="#BA8A30",
    indigo="#464182",
    sky="#339DC2",
    plum="#6F154E",
    gold_text="#8A6314",
)

DARK = Tokens(
    canvas="#0F171E",
    surface="#17212A",
    sunk="#212D37",
    line="#2B3843",
    ghost="#4E5F6C",
    edge="#708191",
    ink="#E9EEF2",
    ink2="#B7C2CC",
    ink3="#93A1AE",
    accent="#53BCC6",
    faint="#1A2F36",
    soft="#1D434A",
    heat="#28707A",
    away="#3C4D58",
    hatch="#64747F",
    alarm="#FF8A5C",
    alarm_text="#FF9A73",
    alarm_ground="#3A251E",
    gold="#E3CB88",
    indigo="#937DE1",
    sky="#8DCCFD",
    plum="#B46792",
    gold_text="#E3CB88",
)

CATEGORY_ROLES = ("accent", "gold", "indigo", "sky", "plum")
"""The order in which series take their colour; a sixth series is grouped as "other"."""

DARK_OF: Mapping[str, str] = dict(zip(LIGHT, DARK, strict=True))
"""The dark value of each light one. Light values are distinct, so the value says which role it is."""

FONT = (
    'Inter,"Inter Variable",-apple-system,"Segoe UI",Roboto,Cantarell,Ubuntu,"Noto Sans","Liberation Sans",'
    "Arial,sans-serif"
)
"""Inter if installed, else the system's face by its name: the keyword system-ui may give one a tenth wider."""


def categories(tokens: Tokens) -> tuple[str, ...]:
    """The five series colours of a set, in order."""
    return tuple(str(getattr(tokens, role)) for role in CATEGORY_ROLES)


def css_variables(tokens: Tokens) -> str:
    """The set as CSS custom properties: `--ink2:#43515D;…`."""
    return "".join(f"--{role.replace('_', '-')}:{value};" for role, value in tokens._asdict().items())


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two `#RRGGBB` colours, 1 (equal) … 21 (black on white).

    Source: WCAG 2.2, "contrast ratio" and "relative luminance".
    """
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
