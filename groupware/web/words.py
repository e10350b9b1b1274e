"""Times and texts as a person reads them; the only module that calls text safe."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import nh3
from babel import Locale, UnknownLocaleError
from babel.dates import (
    format_date,
    format_time,
    format_timedelta,
    get_datetime_format,
)
from flask import Flask
from markdown_it import MarkdownIt
from markupsafe import Markup

from groupware.web.request import now, visitor

TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "hr", "i", "li",
    "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
LONGEST_MARKDOWN = 100_000
DEEPEST_QUOTE = 20
HOUR, DAY = 3600, 86400
BRIEFLY = (
    (365 * DAY, "y"), (30 * DAY, "mo"), (7 * DAY, "w"), (DAY, "d"), (HOUR, "h"), (60, "m"),
)  # fmt: skip
ENGLISH = "en-GB"
"""English of no country says the day before the month, as the short dates of the pages do."""

LOCALES = {
    "da": "Dansk", "de": "Deutsch", "de-CH": "Deutsch (Schweiz)", "de-AT": "Deutsch (Österreich)",
    "en": "English", "en-AU": "English (Australia)", "en-CA": "English (Canada)",
    "en-IN": "English (India)", "en-IE": "English (Ireland)", "en-GB": "English (United Kingdom)",
    "en-US": "English (United States)", "es": "Español", "es-MX": "Español (México)",
    "fr": "Français", "fr-CA": "Français (Canada)", "id": "Indonesia", "it": "Italiano",
    "hu": "Magyar", "nl": "Nederlands", "nb": "Norsk bokmål", "pl": "Polski", "pt": "Português",
    "pt-BR": "Português (Brasil)", "ro": "Română", "sk": "Slovenčina", "fi": "Suomi",
    "sv": "Svenska", "vi": "Tiếng Việt", "tr": "Türkçe", "cs": "Čeština", "el": "Ελληνικά",
    "ru": "Русский", "uk": "Українська", "he": "עברית", "ar": "العربية", "fa": "فارسی",
    "hi": "हिन्दी", "th": "ไทย", "zh-Hans": "中文 (简体)", "zh-Hant": "中文 (繁體)", "ja": "日本語",
    "ko": "한국어",
}  # fmt: skip
"""Languages and places by their own names: to ask Babel would load what it knows of each of them."""

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEEPEST_QUOTE})
_markdown.enable(["table", "strikethrough"]).disable("image")


def register(app: Flask) -> None:
    """Give templates these as filters."""
    app.jinja_env.filters.update(
        t_datetime=t_datetime,
        t_date=t_date,
        t_time=t_time,
        t_ago=t_ago,
        t_when=t_when,
        prose=prose,
    )
    app.jinja_env.globals.update(page_language=page_language)


def prose(text: str) -> Markup:
    """Markdown that somebody wrote, as HTML that can do no harm."""
    html = _markdown.render(text[:LONGEST_MARKDOWN])
    return Markup(  # noqa: S704  # nh3 has just cleaned it
        nh3.clean(
            html,
            tags=TAGS,
            attributes={"a": {"href"}},
            link_rel="nofollow noopener noreferrer ugc",
            url_schemes={"http", "https", "mailto"},
        )
    )


@dataclass(frozen=True)
class When:
    """A time in this reader's words at this moment: what shows it depends on nothing else."""

    iso: str
    exact: str
    ago: str
    brief: str


def t_when(at: datetime | When) -> When:
    """A time as `when()` draws it; words stay as they are."""
    if isinstance(at, When):
        return at
    locale = reader_locale()
    iso = at.isoformat(timespec="seconds")
    return When(iso, _exact(at, reader_zone(), locale), _how_long_ago(at, locale), _brief(at))


def t_datetime(at: datetime) -> str:
    """A date and time, to the minute, in the reader's zone and manner."""
    return _exact(at, reader_zone(), reader_locale())


def t_date(at: datetime | date) -> str:
    """A date in the reader's zone and manner."""
    if isinstance(at, datetime):
        at = at.astimezone(reader_zone()).date()
    return _day(at, reader_locale())


def t_day(at: datetime) -> str:
    """A day of this year or the next, in few letters: Mon 23 Nov."""
    return _short_day(at.astimezone(reader_zone()).date(), reader_locale())


def t_time(at: datetime) -> str:
    """A time of day in the reader's zone and manner."""
    at = at.astimezone(reader_zone())
    return _short_clock(at.hour, at.minute, reader_locale())


def t_ago(at: datetime) -> str:
    """How long ago, in words."""
    return _how_long_ago(at, reader_locale())


def reader_zone() -> tzinfo:
    """The time zone of who is signed in."""
    person = visitor()
    return _zone(person.time_zone if person else "UTC")


def reader_locale() -> Locale:
    """The locale of who is signed in."""
    return _locale(_reader_language())


def page_language() -> str:
    """The English that a page is written in, which the browser says its dates by."""
    language = _reader_language()
    return language if language.startswith("en-") else ENGLISH


def _reader_language() -> str:
    person = visitor()
    return person.locale if person and person.locale != "en" else ENGLISH


def _exact(at: datetime, zone: tzinfo, locale: Locale) -> str:
    at = at.astimezone(zone)
    return _both(locale).format(_clock(at.hour, at.minute, locale), _day(at.date(), locale))


def _how_long_ago(at: datetime, locale: Locale) -> str:
    seconds = round((at - now()).total_seconds())
    step = 1 if abs(seconds) < HOUR else 60 if abs(seconds) < 2 * DAY else HOUR
    return _ago(seconds // step * step or -1, locale)  # this moment is no "in 0 seconds"


def _brief(at: datetime) -> str:
    """As the page's script says it in a narrow column, so that nothing jumps: 7m, 2h, 3w."""
    seconds = max(60, round((now() - at).total_seconds()))
    size, unit = next(each for each in BRIEFLY if seconds >= each[0])
    return f"{seconds // size}{unit}"


# A page says some hundred times; the days and the hours in them are few.
@lru_cache(4096)
def _day(day: date, locale: Locale) -> str:
    return format_date(day, "medium", locale=locale)


@lru_cache(4096)
def _clock(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "short", locale=locale)


@lru_cache(4096)
def _short_day(day: date, locale: Locale) -> str:
    return format_date(day, "EEE d MMM", locale=locale)


@lru_cache(4096)
def _short_clock(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute), "HH:mm", locale=locale)


@lru_cache(4096)
def _ago(seconds: int, locale: Locale) -> str:
    return format_timedelta(timedelta(seconds=seconds), add_direction=True, locale=locale)


@cache
def _both(locale: Locale) -> str:
    return str(get_datetime_format("medium", locale=locale)).replace("'", "")


@cache
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return timezone(timedelta(0), "UTC")


@cache
def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(ENGLISH, sep="-")
