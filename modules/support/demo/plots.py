"""Believable tickets out of chance: what is asked, who answers when, how it ends.

A plot is what people did, not what the database then holds: `lives.py` works that out. The same
seed and cast give the same plots.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any, TypeVar

from modules.support.demo.organisation import content
from modules.tasks.models import Urgency, Waiting

T = TypeVar("T")

SPAN = timedelta(days=730)
ACTIVE_OLDEST, ACTIVE_GROWTH = 0.05, 0.45
"""The chance to be active still: small for old tickets, rising with its square; 20 % in all."""

_SLOT = re.compile(r"\{(\w+)\}")

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True)
class ListCast:
    """A list with those who work on it."""

    id: int
    words: str
    agents: Sequence[int]
    categories: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class CustomerCast:
    """A customer with where and for what place they may ask."""

    id: int
    lists: Sequence[int]
    locations: Sequence[int]


@dataclass(frozen=True)
class Cast:
    lists: dict[int, ListCast]
    customers: Sequence[CustomerCast]


@dataclass(frozen=True)
class Step:
    """What somebody did: a reply, response or note (`value` is its text), or another act."""

    kind: str
    at: datetime
    by: int | None
    value: Any = None


@dataclass
class Plot:
    """A ticket as it was filed, and what followed."""

    uid: str
    customer: int
    task_list: ListCast
    location: int
    subject: str
    details: str
    urgency: Urgency
    at: datetime
    file: bool
    steps: list[Step] = field(default_factory=list)


def times(random: Random, number: int, now: datetime) -> list[datetime]:
    """When so many tickets were filed: over two years, mostly on work days, oldest first."""
    found: list[datetime] = []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    while len(found) < number:
        day = midnight - timedelta(days=random.randrange(1, SPAN.days))
        if day.weekday() > 4 and random.random() > 0.15:
            continue
        found.append(day + timedelta(hours=random.triangular(6.5, 20, 10.5)))
    return sorted(found)


class Wording:
    """Sentences with their slots filled, the same word in the same slot until the next ticket."""

    def __init__(self, random: Random) -> None:
        self.random = random
        words = content("words.toml")
        self.slots: dict[str, list[str]] = words.pop("slots")
        self.names: dict[str, list[str]] = words.pop("names")
        self.parts: dict[str, dict[str, list[Any]]] = words
        self.drawn: dict[str, str] = {}

    def begin(self) -> None:
        """Another ticket begins."""
        self.drawn = {}

    def case(self, section: str) -> tuple[str, str]:
        """What somebody has to report: a subject and a first sentence."""
        subject, problem = self._one(self.parts[section]["cases"])
        return self._filled(subject), self._filled(problem)

    def say(self, section: str, name: str) -> str:
        """One of these sentences, or nothing."""
        return self._filled(self._one(self.parts[section][name]))

    def person(self) -> str:
        """Somebody's name."""
        return f"{self._one(self.names['first'])} {self._one(self.names['last'])}"

    def _filled(self, sentence: str) -> str:
        if "{" in sentence:
            sentence = _SLOT.sub(self._word, sentence)
            sentence = sentence[0].upper() + sentence[1:]
        return sentence

    def _word(self, slot: re.Match[str]) -> str:
        name = slot[1]
        if name not in self.drawn:
            self.drawn[name] = self._code() if name == "code" else self._one(self.slots[name])
        return self.drawn[name]

    def _code(self) -> str:
        letters, digits = divmod(int(self.random.random() * 26 * 26 * 90_000), 90_000)
        return f"{chr(65 + letters // 26)}{chr(65 + letters % 26)}-{digits + 10_000}"

    def _one(self, among: Sequence[T]) -> T:
        return among[int(self.random.random() * len(among))]


class Plots:
    """Makes up tickets."""

    def __init__(self, random: Random, cast: Cast, now: datetime) -> None:
        self.random, self.cast, self.now = random, cast, now
        self.words = Wording(random)
        # Some ask often, most now and then.
        self.weights = list(accumulate(random.paretovariate(1.4) for _ in cast.customers))

    def plot(self, at: datetime) -> Plot:
        """A ticket filed at this time, with all that followed until now."""
        random, say = self.random, self.words.say
        customer = random.choices(self.cast.customers, cum_weights=self.weights)[0]
        task_list = self.cast.lists[random.choice(customer.lists)]
        self.words.begin()
        subject, problem = self.words.case(task_list.words)
        first = f"{problem} {say('any', 'effects')}".strip()
        paragraphs = [first, say("any", "tried"), say("any", "thanks")]
        urgency = random.choices(list(Urgency), weights=(25, 50, 18, 7))[0]
        plot = Plot(
            uid=f"{random.getrandbits(128):032x}",
            customer=customer.id,
            task_list=task_list,
            location=random.choice(customer.locations),
            subject=subject,
            details="\n\n".join(filter(None, paragraphs)),
            urgency=urgency,
            at=at,
            file=random.random() < 0.08,
        )
        for step in self._story(plot):
            if step.at >= self.now:
                break
            plot.steps.append(step)
        return plot

    def _story(self, plot: Plot) -> Iterator[Step]:
        random, clock = self.random, _Clock(self.random, plot.at)
        agents = plot.task_list.agents
        agent = random.choice(agents)
        age = (self.now - plot.at) / SPAN
        stays_active = random.random() < ACTIVE_OLDEST + ACTIVE_GROWTH * (1 - age) ** 2
        if random.random() < 0.6:
            names = random.sample(plot.task_list.categories, k=random.choice((1, 1, 2)))
            yield Step("categories", clock.on(10 * MINUTE), agent, names)
        if random.random() < 0.3:
            due = plot.at + timedelta(hours=random.choice((4, 8, 24, 48, 120)))
            yield Step("due", clock.on(5 * MINUTE), agent, due)
        if random.random() < 0.35:
            yield Step("assign", clock.on(20 * MINUTE), random.choice(agents), agent)
        if stays_active and random.random() < 0.4:
            if random.random() < 0.3:
                yield self._note(plot, clock.on(2 * HOUR), agent)
            if random.random() < 0.2:
                yield self._response(plot, clock.on(DAY))
            return
        if not stays_active and random.random() < 0.04:
            yield Step("close", clock.on(2 * DAY), agent)  # a double, or a mistake
            return
        yield from self._talk(plot, clock, agent)
        if stays_active:
            if random.random() < 0.3:
                waiting = random.choice((Waiting.CUSTOMER, Waiting.CUSTOMER, Waiting.THIRD_PARTY))
                yield Step("wait", clock.on(HOUR), agent, waiting)
            return
        yield Step("resolve", clock.on(4 * HOUR), agent)
        if random.random() < 0.06:
            yield self._response(plot, clock.on(DAY))
            yield self._reply(plot, clock.on(3 * HOUR), agent)
            yield Step("resolve", clock.on(DAY), agent)
        if random.random() < 0.65:
            yield Step("close", clock.on(14 * DAY, least=5 * DAY), None)

    def _talk(self, plot: Plot, clock: "_Clock", agent: int) -> Iterator[Step]:
        random = self.random
        yield self._reply(plot, clock.on(3 * HOUR), agent)
        for _ in range(random.choices((0, 1, 2, 3), weights=(30, 40, 20, 10))[0]):
            if random.random() < 0.35:
                yield self._note(plot, clock.on(2 * HOUR), agent)
            yield self._response(plot, clock.on(8 * HOUR))
            if random.random() < 0.1:
                agent = random.choice(plot.task_list.agents)
            yield self._reply(plot, clock.on(5 * HOUR), agent)

    def _reply(self, plot: Plot, at: datetime, agent: int) -> Step:
        say = self.words.say
        parts = (
            say("any", "greetings"),
            say(plot.task_list.words, "answers"),
            say("any", "endings"),
        )
        return Step("reply", at, agent, "\n\n".join(filter(None, parts)))

    def _response(self, plot: Plot, at: datetime) -> Step:
        return Step("respond", at, plot.customer, self.words.say("any", "responses"))

    def _note(self, plot: Plot, at: datetime, agent: int) -> Step:
        return Step("note", at, agent, self.words.say(plot.task_list.words, "notes"))


class _Clock:
    """Time goes on by chance."""

    def __init__(self, random: Random, at: datetime) -> None:
        self.random, self.at = random, at

    def on(self, mean: float, *, least: float = MINUTE) -> datetime:
        """Some seconds later: usually less than the mean, sometimes far more."""
        self.at += timedelta(seconds=int(least + self.random.expovariate(1 / mean)))
        return self.at
