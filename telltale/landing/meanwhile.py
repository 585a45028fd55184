"""What devices say while the store is away: known until it is back, so that no device is asked the same again.

Nothing of it is stored. What is queued for a device lies in the store, so that it is as if nothing were; what was noted
of an empty queue would make the store believe that nothing was ever sent.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from telltale.contract import Known, Memory
from telltale.landing.memory import MOST_DEVICES

_Device = Mapping[str, Mapping[str, Any]]


class Meanwhile:
    """What is remembered of devices while the store is away; begun anew each time."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, dict[str, Mapping[str, Any]]]] = {}

    def known(self, source: str, before: Known, queue: str) -> Known:
        """What is known of a source's devices: from before, and from meanwhile; without what is queued for them.

        Args:
            source: whose devices.
            before: what was remembered when the store was last seen.
            queue: the name under which it is remembered what is queued.
        """
        return _Both(before, self._said.get(source, {}), queue)

    def learn(self, source: str, memories: Sequence[Memory]) -> None:
        """Know what a device said."""
        said = self._said.setdefault(source, {})
        for memory in memories:
            if memory.device_id in said or len(said) < MOST_DEVICES:
                said.setdefault(memory.device_id, {})[memory.name] = dict(memory.value)

    def clear(self) -> None:
        """The store is back: what it remembers counts."""
        self._said = {}


class _Both(Mapping[str, _Device]):
    def __init__(self, before: Known, said: Mapping[str, _Device], queue: str) -> None:
        self._before = before
        self._said = said
        self._queue = queue

    def __getitem__(self, device_id: str) -> _Device:
        if device_id not in self:
            raise KeyError(device_id)
        facts = {**self._before.get(device_id, {}), **self._said.get(device_id, {})}
        return {name: value for name, value in facts.items() if value and name != self._queue}

    def __contains__(self, device_id: object) -> bool:
        return device_id in self._before or device_id in self._said

    def __iter__(self) -> Iterator[str]:
        yield from self._before
        yield from (device_id for device_id in self._said if device_id not in self._before)

    def __len__(self) -> int:
        return len(self._before.keys() | self._said.keys())
