"""Numbers of a moment ago: when they are looked for anew."""

import pytest

from groupware.lately import Lately


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [1000.0]
    monkeypatch.setattr("groupware.lately.time.monotonic", lambda: at[0])
    return at


def test_numbers_are_looked_for_anew_when_something_changed_or_time_has_passed(
    clock: list[float],
) -> None:
    lately, looked = Lately(), []

    def look(key: str, mark: int, takes: float = 0) -> int:
        def find() -> int:
            clock[0] += takes
            looked.append(key)
            return len(looked)

        return lately.found(key, mark, find)

    assert [look("mine", 1), look("mine", 1)] == [1, 1]
    assert look("hers", 1) == 2  # never another's
    assert look("mine", 2) == 3
    clock[0] += Lately.SECONDS + 1
    assert look("mine", 2) == 4
    assert look("long", 1, takes=1) == 5
    assert look("long", 2) == 5  # a second was spent: not again at once
    clock[0] += Lately.TIMES
    assert look("long", 2) == 6
    for number in range(Lately.MOST):
        look(f"another {number}", 1)
    assert look("mine", 2) > 6  # what is kept is bounded
