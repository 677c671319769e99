"""Draws the pictures of docs/page.md and docs/why.md again, with the pages' own commands and Debian's chromium.

    python docs/images/draw.py [--results results/smollm2-135m] [--demo results/local/demo] [--only NAME ...]

The rows of the demonstration belong to the project, so their text may be shown; --demo is the folder that
`phingpt-bench demo` wrote, left out where there is none; --adapter is explained next to its base there. Needs
playwright and pillow: pip install -e '.[test,dev]'.
"""

from __future__ import annotations

import argparse
import io
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phingpt_bench.cli.main import main as phingpt_bench

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


@dataclass(frozen=True, slots=True)
class Picture:
    """A view of a page at a size; `part` is a selector of what is drawn of it, else the window. `keys` are pressed."""

    name: str
    view: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    part: str | None = None
    scroll_to: str | None = None
    keys: tuple[str, ...] = ()


OF_RESULTS = (
    Picture("page-overview", "#/overview", height=1010),
    Picture("page-plot", "#/overview?plot=phin_fpb", part="section:has(> div > figure.scatter) figure"),
    Picture("page-task", "#/task/phin_fpb", height=1000),
    Picture("page-changes", "#/task/phin_fpb", part="section:has(.fates)"),
    Picture("page-dark", "#/task/phin_tfns", height=1000, dark=True),
    Picture("page-spanish", "#/overview?lang=es", height=1010),
    Picture("page-narrow", "#/task/phin_fpb", width=390, height=844),
)
OF_DEMO = (
    Picture("page-answers", "#/rows/phin_demo_sentiment?fate=fixed", height=1100, keys=("j", "j")),
    Picture("page-entities", "#/rows/phin_demo_ner", height=1100, keys=("j",) * 4),
)
OF_WHY = (Picture("why-sentence", "#/rows", height=1150, keys=("j",) * 11),)
WHY = ("--task", "phin_demo_sentiment", "--rows", "all", "--limit", "12", "--reasons", "--with-text")


def main() -> None:
    """Writes the pictures beside this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=ROOT / "results" / "smollm2-135m")
    parser.add_argument("--demo", type=Path, default=ROOT / "results" / "local" / "demo")
    parser.add_argument("--adapter", default="demo", help="an adapter that was run on the demonstration's rows")
    parser.add_argument("--adapters", type=Path, default=ROOT / "adapters" / "trained")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these pictures")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    args = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=args.chromium, args=ARGUMENTS)
        for page, picture in wanted(args, Path(folder)):
            file = HERE / f"{picture.name}.png"
            file.write_bytes(small(drawn(browser, page, picture)))
            print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")
        browser.close()


def wanted(args: argparse.Namespace, folder: Path) -> Iterator[tuple[Path, Picture]]:
    """Each picture with the page it is of; the pages are written to `folder`."""
    of_demo = ["leaderboard", str(args.demo), "--with-text"]
    of_why = ["why", "base", args.adapter, "--results", str(args.demo), "--adapters", str(args.adapters), *WHY]
    for runs, pictures, command in (
        # its rows were made by two processes, each on a core of its own
        (args.results, OF_RESULTS, ["leaderboard", str(args.results), "--trust-times"]),
        (args.demo, OF_DEMO, of_demo),
        (args.demo, OF_WHY, of_why),
    ):
        pictures = tuple(one for one in pictures if not args.only or one.name in args.only)
        if not pictures:
            continue
        if not runs.is_dir():
            print(f"no {runs}: left out are {', '.join(picture.name for picture in pictures)}")
            continue
        page = folder / f"{command[0]}-{runs.name}.html"
        code = phingpt_bench([*command, "--format", "html", "--lang", "en", "--output", str(page)])
        if code:
            raise SystemExit(code)
        yield from ((page, picture) for picture in pictures)


def drawn(browser: Any, page: Path, picture: Picture) -> bytes:
    """The picture as the browser gives it, at twice the pixels where it is small."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        device_scale_factor=2 if picture.width < 600 else 1.5,
        reduced_motion="reduce",
    )
    tab = context.new_page()
    tab.goto(f"{page.as_uri()}{picture.view}")
    tab.wait_for_selector("html[data-drawn]")
    tab.wait_for_timeout(1500)
    if picture.keys:
        tab.locator(".list").evaluate("(list) => list.focus({ preventScroll: true })")
        for key in picture.keys:
            tab.keyboard.press(key)
    image = tab.locator(picture.part).first.screenshot() if picture.part else tab.screenshot()
    context.close()
    return image


def small(png: bytes) -> bytes:
    """The image with a palette of 256 colours: a third of the size, and alike to the eye.

    MAXCOVERAGE keeps colours that are rare, such as that of a small sign, apart.
    """
    from PIL import Image

    out = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


if __name__ == "__main__":
    main()
