"""`make screenshots`: pictures of every page of the example organisation.

All go into docs/pictures/all (not committed), at 1440 and at 390 pixels, in light and in dark; those
that the documents show into docs/pictures, at 1440 in light. `--only NAME` takes some of them,
`--tickets N` takes them of a desk that is full.
"""

import argparse
import sys
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from bench.desk import desk
from groupware.database import Database
from modules.support.demo.organisation import DOMAIN, PASSWORD
from tests.browser.conftest import COME_TO_REST, LAUNCH, system_chromium
from tests.browser.places import PLACES, Place, enter, numbers

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SCREENS = {1440: 900, 390: 844}
SCHEMES = ("light", "dark")
SHOWN = (1440, "light")
COLOURS = 256
DRAWN = """() => Promise.all([...document.images].map(one => {
    one.loading = "eager";
    return one.decode().catch(() => null);
}))"""
"""The page's own pictures have come."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="screenshots", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--tickets", type=int, default=0, metavar="N", help="N more, in bulk")
    options = parser.parse_args()
    wanted = [place for place in PLACES if not options.only or place.name in options.only]
    (FOLDER / "all").mkdir(parents=True, exist_ok=True)
    with desk("sqlite", options.tickets, 1) as place_of_work, sync_playwright() as playwright:
        database = Database(place_of_work.database_url)
        with database.reading() as session:
            named = numbers(session)
        browser = playwright.chromium.launch(executable_path=system_chromium(), args=LAUNCH)
        base = f"http://127.0.0.1:{place_of_work.port}"
        taken = {
            people: picture_all(browser, base, people, wanted, named)
            for people in dict.fromkeys(place.who for place in wanted)
        }
        browser.close()
    print(f"{sum(taken.values())} pictures in {FOLDER}")
    return 0


def picture_all(
    browser: Browser, base: str, who: str | None, wanted: list[Place], named: dict[str, int]
) -> int:
    """Take the pictures of somebody's pages; how many these were."""
    taken = 0
    for width, scheme in product(SCREENS, SCHEMES):
        context = browser.new_context(
            base_url=base,
            viewport={"width": width, "height": SCREENS[width]},
            color_scheme=scheme,
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="UTC",
        )
        page = context.new_page()
        if who:
            enter(page, f"{who}@{DOMAIN}", PASSWORD)
        for place in wanted:
            if place.who != who:
                continue
            page.goto(place.path.format(**named))
            page.evaluate(DRAWN)
            page.evaluate(COME_TO_REST)
            name = f"{place.name}-{width}-{scheme}.png"
            picture = small(page.screenshot())
            (FOLDER / "all" / name).write_bytes(picture)
            if place.pictured and (width, scheme) == SHOWN:
                (FOLDER / name).write_bytes(picture)
            taken += 1
        context.close()
    return taken


def small(png: bytes) -> bytes:
    """The same picture with a palette: a third of the bytes.

    The most frequent colours stay as they are; the rest are drawn together by what they are, not by
    how often they come, so that a small mark keeps its own.
    """
    picture = Image.open(BytesIO(png)).convert("RGB")
    counted = picture.getcolors(picture.width * picture.height) or []
    colours = [colour for _, colour in sorted(counted, reverse=True)]
    kept, rest = colours[: COLOURS // 2], colours[COLOURS // 2 :]
    palette = [value for colour in kept for value in colour]
    if rest:
        strip = Image.new("RGB", (len(rest), 1))
        strip.putdata(rest)
        drawn = strip.quantize(COLOURS - len(kept), Image.Quantize.MEDIANCUT)
        palette += (drawn.getpalette() or [])[: 3 * (COLOURS - len(kept))]
    model = Image.new("P", (1, 1))
    model.putpalette(palette)
    out = BytesIO()
    picture.quantize(palette=model, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
