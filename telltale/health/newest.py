"""The devices that are heard and of which no page has a value: their bytes, as they came."""

from collections.abc import Collection

from telltale.page.newest import Newest
from telltale.tables import UPLINK
from telltale.workbench.question import question
from telltale.workbench.times import When
from telltale.workbench.view import View

LAST = """
select source, device_id, observed_at, data, messages from (
  select source, device_id, observed_at, data,
    row_number() over (partition by source, device_id order by observed_at desc) as age,
    count(*) over (partition by source, device_id) as messages
  from uplink
) told where age = 1 order by device_id
"""
UNREAD = "its bytes have no meaning yet: name their fields with payload in telltale.toml"
NO_VALUE = "its messages gave no value: see telltale rejected"


def unread(view: View, since: When, *, told: Collection[str]) -> list[Newest]:
    """Of each device whose messages gave no value its newest payload in hex.

    Args:
        view: of which moment.
        since: how far back its messages are looked for and counted.
        told: the devices that a value is told of.
    """
    asked = question(view, since, None)
    rows = asked.engine.run(LAST, {"uplink": view.table(UPLINK.name, asked.span)}).arrow().to_pylist()
    names = {row["device_id"]: row["name"] for row in view.project.device_info().to_pylist() if row["name"]}
    served = {row["device_id"] for row in view.project.device_info().to_pylist() if row["same_as"]}
    return [
        Newest(
            row["device_id"], names.get(row["device_id"], ""), "device", row["source"], "payload",
            text=row["data"] or "no bytes", at=row["observed_at"], so_far=row["messages"], counted="message",
            says=UNREAD if row["data"] else NO_VALUE, level="warning",
        )
        for row in rows
        if row["device_id"] not in told and row["device_id"] not in served
    ]  # fmt: skip
