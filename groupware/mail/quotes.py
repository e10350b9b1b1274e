"""What a reply says anew, and what it quotes. Nothing is lost: joined, the passages are the text.

Three things tell a quote: lines that begin with `>`; a line that introduces one (`On Monday Ann
wrote:`); a block of header lines, or a rule with words, as Outlook puts above an earlier mail.
After the first two only the marked lines are quoted, so that answers between them stay visible;
where no line is marked, and after the third, everything that follows is.

Every line is looked at a bounded number of times, and every expression runs over bounded text:
a crafted mail costs what its length costs.
"""

import re
from collections.abc import Iterable, Sequence

from groupware.mail.message import Passage
from groupware.mail.quoting_words import (
    ABOVE,
    BEFORE,
    EARLIER,
    LABEL,
    LABELS,
    MAIL,
    TELEPHONE,
    WROTE,
)

LONGEST = 256 * 1024  # what is new stands on top; the rest goes with what is before it
MOST_TRIES = 2_000  # a line that could introduce a quote is rare in mail
_LONGEST_INTRODUCTION = 500
_LINES_OF_INTRODUCTION = 4
_LINES_OF_HEADERS = 12

_EMAIL = re.compile(r"[\w.+'-]{1,80}@[\w-]{1,60}\.[\w.-]{1,80}")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}年|\d{4}년"
)
# A day, and a time or an address: above marked lines that is an introduction in any language.
_STAMP = re.compile(
    r"(?=.{0,200}\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4})"
    r"(?:(?=.{0,200}\b\d{1,2}[:.h]\d{2}\b).{0,200}[:：]|[^@]{1,100}<[^\s@<>]{1,64}@[^\s@<>]{1,100}>)"
)
_TELLS = re.compile(r"[\d@<]")
_RULE = re.compile(r"[\s>]{0,20}[-_=*—–─]{3,300}\s{0,20}")
_TITLED = re.compile(r"[\s>]{0,20}[-_=*—–─━]{3,80}\s?([^\W\d_].{1,70}?)\s?[-_=*—–─━]{3,80}\s{0,20}")
_ENDS = (":", "：", ":*", ">:", "----", ": ")


def passages(text: str, starts: Sequence[int] = ()) -> list[Passage]:
    """The text cut into what is new and what is quoted; `starts` are lines where HTML said so."""
    head, tail = text[:LONGEST], text[LONGEST:]
    lines = head.split("\n")
    quoted = _Marks(lines, starts).found()
    if len(lines) > 1 and not lines[-1]:
        quoted[-1] = quoted[-2]  # no line, only the end of the one before
    result: list[Passage] = []
    start = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or quoted[number] != quoted[start]:
            piece = "\n".join(lines[start:number]) + ("\n" if number < len(lines) else "")
            result.append(Passage(piece, quoted[start]))
            start = number
    if tail:
        last = result.pop()
        result.append(Passage(last.text + tail, last.quoted))
    return result


class _Marks:
    """Finds which lines are quoted."""

    def __init__(self, lines: list[str], starts: Iterable[int]) -> None:
        self.lines = [line[:_LONGEST_INTRODUCTION].strip() for line in lines]
        self.starts = set(starts)
        self.quoted = [False] * len(lines)
        self.tries = 0
        self.ends: list[bool | None] = [None] * len(lines)

    def found(self) -> list[bool]:
        number, anything = 0, False
        while number < len(self.lines):
            line = self.lines[number]
            if not line:
                number += 1
            elif line.startswith(">"):
                number = self._marked(number)
            elif anything and self._rest_from(number):
                self._quote(self._with_rules(number), len(self.lines))
                break
            elif span := self._introduction(number):
                start, end = span
                following = self._next(end)
                if following < len(self.lines) and self.lines[following].startswith(">"):
                    self._quote(start, following)
                    number = self._marked(following)
                elif any(self.lines[each] and not self.quoted[each] for each in range(start)):
                    self._quote(self._with_rules(start), len(self.lines))
                    break
                else:
                    anything, number = True, end
            elif not anything and (end := self._headers(number)):
                number = end  # headers pasted on top: what follows is the mail itself
            else:
                own = not (_RULE.fullmatch(line) or _earlier(line[:200]))
                anything, number = anything or own, number + 1
        self._fold_signature()
        return self.quoted

    def _fold_signature(self) -> None:
        """A signature below a quote belongs to no answer: it goes with the quote."""
        if True not in self.quoted or (self.quoted[-1] and self.lines[-1]):
            return
        last = max(number for number, quoted in enumerate(self.quoted) if quoted)
        below = self._next(last + 1)
        if below < len(self.lines) and self.lines[below] == "--" and False in self.quoted[:last]:
            self._quote(below, len(self.lines))

    def _quote(self, start: int, end: int) -> None:
        self.quoted[start:end] = [True] * (end - start)

    def _next(self, number: int) -> int:
        """The next line that is not empty."""
        while number < len(self.lines) and not self.lines[number]:
            number += 1
        return number

    def _above_marked(self, number: int) -> bool:
        number = self._next(number)
        return number < len(self.lines) and self.lines[number].startswith(">")

    def _marked(self, number: int) -> int:
        """Quote the lines with `>` from here on, and what a mailer broke off from them."""
        start = number
        while number < len(self.lines):
            line = self.lines[number]
            if line.startswith(">"):
                number += 1
            elif not line and self._next(number) < len(self.lines):
                following = self._next(number)
                if not self.lines[following].startswith(">"):
                    break
                number = following
            elif self._broken_off(number):
                number += 1
            else:
                break
        self._quote(start, number)
        return number

    def _broken_off(self, number: int) -> bool:
        before = self.lines[number - 1]
        after = self.lines[number + 1] if number + 1 < len(self.lines) else ""
        line = self.lines[number]
        cut = len(before) >= 60 or ("://" in before and " " not in line)
        return cut and 0 < len(line) < max(len(before), 60) and after.startswith(">")

    def _rest_from(self, number: int) -> bool:
        """True where an earlier mail begins here, to the end."""
        line = self.lines[number]
        if number in self.starts or (len(line) < 200 and _earlier(line)):
            return True
        if len(line) < 200 and line[0] in "#-*=_" and ABOVE.search(line):
            return True
        if self._headers(number):
            return True
        if len(line) < 80 and TELEPHONE.match(line):
            following = self._next(number + 1)
            return following < len(self.lines) and not self._marks_quote(following)
        return False

    def _marks_quote(self, number: int) -> bool:
        return (
            self.lines[number].startswith(">")
            or bool(_RULE.fullmatch(self.lines[number]))
            or any(
                self._introduction(each) for each in range(number, min(number + 4, len(self.lines)))
            )
        )

    def _with_rules(self, number: int) -> int:
        """The start of the rules and empty lines above a line."""
        start = number
        for above in range(number - 1, max(number - 8, -1), -1):
            if self.lines[above] and not _is_rule(self.lines[above]):
                break
            start = above if self.lines[above] else start
        return start

    def _headers(self, number: int) -> int:
        """The line after a block of header lines that begins here, or 0."""
        first = _label(self.lines[number])
        if not first or self.tries > MOST_TRIES:
            return 0
        self.tries += 1
        kinds, end, strange = {first}, number + 1, 0
        for each in range(number + 1, min(number + _LINES_OF_HEADERS, len(self.lines))):
            line = self.lines[each]
            kind = _label(line)
            if kind:
                kinds.add(kind)
                end, strange = each + 1, 0
            elif line or strange:
                strange += 1
            if strange > 2 or (not line and len(kinds) > 2):
                break
        ruled = number > 0 and _is_rule(self.lines[number - 1])
        kinds.discard("cc")
        return end if "from" in kinds and len(kinds) >= (2 if ruled else 3) else 0

    def _introduction(self, number: int) -> tuple[int, int] | None:
        """The lines, from this one on, that introduce a quote; or nothing."""
        last = min(number + _LINES_OF_INTRODUCTION, len(self.lines))
        for end in range(number, last):
            line = self.lines[end]
            if not line:
                return None
            if not self._may_end(end):
                continue
            self.tries += 1
            if self.tries > MOST_TRIES:
                return None
            return self._best(number, end)
        return None

    def _may_end(self, number: int) -> bool:
        """True where a line may be the last of an introduction; found out once for each."""
        known = self.ends[number]
        if known is None:
            line = self.lines[number]
            # Most lines are prose: long, and without a date or an address.
            told = len(line) < 50 or _TELLS.search(line)
            known = line.endswith(_ENDS) or bool(told and WROTE.search(line[-40:]))
            known = known or (line.endswith(">") and self._above_marked(number + 1))
            self.ends[number] = known
        return known

    def _best(self, first: int, end: int) -> tuple[int, int] | None:
        """The fewest lines before this end that say who wrote when; else who wrote."""
        less = None
        for start in range(end, first - 1, -1):
            joined = " ".join(self.lines[start : end + 1])
            if len(joined) > _LONGEST_INTRODUCTION:
                break
            wrote, email, date = WROTE.search(joined), _EMAIL.search(joined), _DATE.search(joined)
            if date and (wrote or email) and (wrote or _ends_with_address(joined)):
                # A later line could begin it: then this one is still the sender's.
                return (start, end + 1) if start == first else None
            if start == end and _STAMP.fullmatch(joined) and self._above_marked(end + 1):
                return (start, end + 1) if start == first else None
            if wrote and less is None and (email or self._above_marked(end + 1)):
                less = start
        return (less, end + 1) if less == first else None


def _ends_with_address(text: str) -> bool:
    """`... Ann <ann@example.org>:`, in whatever language."""
    return text.rstrip("*").endswith((":", "：")) and bool(_EMAIL.search(text[-120:]))


def _is_rule(line: str) -> bool:
    """A line across the text, with words in it or without."""
    return bool(_RULE.fullmatch(line) or (len(line) < 200 and _TITLED.fullmatch(line)))


def _earlier(line: str) -> bool:
    """A line that says: below is the earlier mail."""
    if line[:1].isalnum() and not line.endswith((":", "：")):
        return False
    if EARLIER.fullmatch(line):
        return True
    title = _TITLED.fullmatch(line)
    return title is not None and bool(BEFORE.search(title[1]) and MAIL.search(title[1]))


def _label(line: str) -> str:
    match = LABEL.match(line)
    return LABELS.get(match[1].lower().strip(), "") if match else ""
