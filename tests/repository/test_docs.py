"""Every link of every page leads somewhere, and every page is in the site's navigation. `make docs` builds the site."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from helpers.paths import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SITE = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


def nav(entry: object) -> Iterator[str]:
    """The pages of a navigation, in order."""
    if isinstance(entry, str):
        yield entry
    for part in entry if isinstance(entry, list) else entry.values() if isinstance(entry, dict) else ():
        yield from nav(part)


def links(text: str) -> list[str]:
    """The relative targets of a page's links and pictures, without anchors; code blocks are left out."""
    text = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)


def rewritten(page: str, text: str, repository: str | None = None) -> str:
    """The text of a page after the hook of mkdocs; skips where mkdocs is not installed."""
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: pip install -e '.[docs]'")
    spec = importlib.util.spec_from_file_location("hooks", ROOT / "docs" / "hooks.py")
    assert spec and spec.loader
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    here = SimpleNamespace(file=SimpleNamespace(src_uri=page))
    return hooks.on_page_markdown(text, here, SimpleNamespace(repo_url=repository), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [link for link in links(page.read_text(encoding="utf-8")) if not (page.parent / link).exists()] == []


def test_a_broken_link_is_seen() -> None:
    assert links("[a](b.md#c) ![d](e.png)\n```\n[f](g.md)\n```\n[h](https://example.org)") == ["b.md", "e.png"]


def test_every_page_is_in_the_navigation() -> None:
    pages = [line for line in nav(yaml.safe_load(SITE)["nav"]) if (ROOT / "docs" / line).is_file()]
    assert sorted(pages) == sorted(path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md"))


@pytest.mark.parametrize(
    ("page", "text", "shown"),
    [
        ("index.md", "[a](docs/log.md#b)", "[a](log.md#b)"),
        ("index.md", "![a](docs/images/page-plot.png)", "![a](images/page-plot.png)"),
        ("index.md", "[a](docs/decisions)", "[a](decisions/README.md)"),
        ("index.md", "[records](results/smollm2-135m)", "records"),
        ("log.md", "[a](../README.md#data)", "[a](index.md#data)"),
        ("decisions/0001-plug-in.md", "[a](../log.md)", "[a](../log.md)"),
        ("log.md", "[a](nothing.md)", "[a](nothing.md)"),
        ("log.md", "```\n[a](../README.md)\n```", "```\n[a](../README.md)\n```"),
    ],
)
def test_links_are_rewritten_for_the_site(page: str, text: str, shown: str) -> None:
    assert rewritten(page, text) == shown


def test_a_file_outside_docs_is_a_link_where_the_repository_has_an_address() -> None:
    assert (
        rewritten("log.md", "[a](../Makefile)", "https://example.org/p/")
        == "[a](https://example.org/p/blob/main/Makefile)"
    )
