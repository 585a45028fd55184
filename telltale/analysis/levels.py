"""The kernel that tells how many visitors were there as each one arrived."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]

ADDED = (pa.field("level", pa.int64()), pa.field("level_all", pa.int64()))


def with_levels(rows: pa.Table) -> pa.Table:
    """Add to each visit how many visitors were present when it began, itself included.

    Who leaves at that instant is still there. The number only ever rises as somebody arrives, so the most visitors at
    one instant of any stretch is the number at its start or the largest of these in it.

    Args:
        rows: site, address_kind, is_visitor (0, 1), entered_us, left_us and whatever else; all visits of a site.

    Returns:
        the same rows with `level` (of the same address_kind) and `level_all`; 0 for those who are no visitors.
    """
    entered, left = rows["entered_us"].to_numpy(), rows["left_us"].to_numpy()
    site = _numbers(rows["site"])
    kind = site * 2 + pc.equal(rows["address_kind"], "local").to_numpy()
    is_visitor = rows["is_visitor"].to_numpy() == 1
    for field, group in zip(ADDED, (kind, site), strict=True):
        rows = rows.append_column(field, pa.array(_present(entered, left, np.where(is_visitor, group, -1))))
    return rows


def _numbers(column: pa.ChunkedArray) -> Ints:
    numbers: Ints = pc.dictionary_encode(column.combine_chunks()).indices.to_numpy().astype(np.int64)
    return numbers


def _present(entered: Ints, left: Ints, group: Ints) -> Ints:
    """Per row, how many of its group had arrived and not left; rows of group -1 get 0."""
    found = np.zeros(len(entered), np.int64)
    for number in np.unique(group[group >= 0]):
        mine = group == number
        arrived = np.searchsorted(np.sort(entered[mine]), entered[mine], "right")
        found[mine] = arrived - np.searchsorted(np.sort(left[mine]), entered[mine], "left")
    return found
