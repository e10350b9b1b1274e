"""Numbers that pages show, and that may be some seconds old."""

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass(frozen=True)
class _Found:
    value: Any
    mark: Hashable
    at: float
    until: float


class Lately:
    """What was found for a key a moment ago; the key names whoever may see it.

    It is looked for anew once its mark is another, or after some seconds. What took long to find is
    kept some times as long whatever its mark is: no more than a share of the time goes there.
    """

    MOST = 2000
    SECONDS = 15.0
    LONG = 0.1
    TIMES, LONGEST = 20, 60.0

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Found] = {}
        self._lock = Lock()

    def found(self, key: Hashable, mark: Hashable, find: Callable[[], T]) -> T:
        """What `find` finds, or found a moment ago."""
        kept, began = self._kept.get(key), time.monotonic()
        if kept and (began < kept.until or (kept.mark == mark and began < kept.at + self.SECONDS)):
            return cast(T, kept.value)
        value, now = find(), time.monotonic()
        took = now - began
        longer = min(self.TIMES * took, self.LONGEST) if took > self.LONG else 0
        with self._lock:
            if len(self._kept) >= self.MOST:
                self._kept.clear()
            self._kept[key] = _Found(value, mark, now, now + longer)
        return value
