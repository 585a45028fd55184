"""What is true of an invented project, computed from what its devices sent: plain Python that shares no code.

Each figure is a function of the project and of what it is about; a pair is a lowest and a highest value where what was
sent leaves it open. Modelled figures (limits of charts, risks) are not here: those have hand-worked cases elsewhere.

Source: the definitions of README and wire/*.md, written anew.
"""

from collections.abc import Callable

from tests.worlds.oracle import activity, health, kanban, presence, sensors
from tests.worlds.oracle.facts import Figure

ORACLE: dict[str, Callable[..., Figure]] = {
    name: figure
    for subject in (health, sensors, kanban, activity, presence)
    for name, figure in vars(subject).items()
    if callable(figure)
    and getattr(figure, "__module__", "") == subject.__name__
    and not name.startswith("_")
    and name != "quantities_of"
}
"""The figures by their names."""
