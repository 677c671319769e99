"""Hooks of mkdocs: pages that are made from files beside docs/, and links that lead out of it.

README.md, CHANGELOG.md and CONTRIBUTING.md stay where a reader of the repository looks for them, and their links work
there. The site shows the same files under other names, so their links are rewritten while it is built.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent.parent
# page of the site -> file of the repository
PAGES = {"index.md": "README.md", "es.md": "README.es.md", "changes.md": "CHANGELOG.md"}
PAGES |= {"contributing.md": "CONTRIBUTING.md"}
PLACES = {file: page for page, file in PAGES.items()}
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?P<path>[^)#:\s]+)(?P<anchor>#[^)]*)?\)")
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that are files beside docs/."""
    for page, name in PAGES.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrites the links of a page."""
    here = page.file.src_uri
    source = PAGES.get(here, f"docs/{here}")
    parts = FENCE.split(markdown)
    parts[::2] = [LINK.sub(lambda link: _rewritten(link, source, here, config.repo_url), part) for part in parts[::2]]
    return "".join(parts)


def _rewritten(link: re.Match[str], source: str, here: str, repository: str | None) -> str:
    """A link for the site; the text alone where it leads out of docs/ and the repository has no public address."""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), link["path"]))
    if not (ROOT / path).exists():
        return link[0]  # broken: mkdocs --strict says so
    if path in PLACES:
        target = PLACES[path]
    elif path.startswith("docs/"):
        folder = (ROOT / path).is_dir()
        target = f"{path.removeprefix('docs/')}/README.md" if folder else path.removeprefix("docs/")
    elif repository:
        return f"[{link['text']}]({repository.rstrip('/')}/blob/main/{path})"
    else:
        return str(link["text"])
    relative = posixpath.relpath(target, posixpath.dirname(here) or ".")
    return f"{link['picture']}[{link['text']}]({relative}{link['anchor'] or ''})"
