"""Doing the next thing in a thread while somebody works on the last one."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

T = TypeVar("T")

_END: Any = object()


def one_ahead(things: Iterable[T]) -> Iterator[T]:
    """The same things in the same order; each is made while the one before it is worked on."""
    following = iter(things)
    with ThreadPoolExecutor(1, "one ahead") as thread:
        coming = thread.submit(next, following, _END)
        while (thing := coming.result()) is not _END:
            coming = thread.submit(next, following, _END)
            yield cast(T, thing)
