"""PYTHONPATH=tests python -m helpers.licences > docs/dependencies.md: the licence of each package of the lock file.

It is what the installed packages say of themselves; one that is not installed here, such as those of another platform,
keeps the line that the page has.
"""

from __future__ import annotations

import importlib.metadata
import re

from helpers.paths import ROOT

LOCK, PAGE = ROOT / "requirements.lock", ROOT / "docs" / "dependencies.md"
HEAD = """\
# Dependencies and their licences

All packages that the set-up installs, direct and indirect, for Python 3.10 to 3.14, with the licence that each names
in its metadata. The versions and the hashes of their files are in `requirements.lock`. Packages whose names begin with
`nvidia` or `cuda` come with torch's CUDA build on Linux alone; the CPU build needs none of them. Written by
`python -m helpers.licences`; a test compares the names with the lock file.

| package | licence |
|---|---|
"""


def locked() -> list[str]:
    """The names in the lock file, once each."""
    return sorted(set(re.findall(r"^([\w.-]+)==", LOCK.read_text(encoding="utf-8"), re.MULTILINE)), key=str.lower)


def listed() -> dict[str, str]:
    """The licences that the page has, by package."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    found = dict(re.findall(r"^\| ([\w.-]+) \| (.+) \|$", text, re.MULTILINE))
    found.pop("package", None)  # the head
    return found


def licence(package: str) -> str | None:
    """What the metadata of an installed package say; None for one that is not installed, or says nothing."""
    try:
        found = importlib.metadata.metadata(package)
    except importlib.metadata.PackageNotFoundError:
        return None
    classifiers = [line for line in found.get_all("Classifier") or () if line.startswith("License ::")]
    names = [line.rpartition(" :: ")[2] for line in classifiers if line != "License :: OSI Approved"]
    text = found["License-Expression"] or ", ".join(names) or (found["License"] or "").strip().split("\n")[0]
    return text or None


def page() -> str:
    """The page, with all packages of the lock file."""
    before = listed()
    found = {name: licence(name) or before.get(name, "not named in its metadata") for name in locked()}
    return HEAD + "".join(f"| {name} | {text} |\n" for name, text in found.items())


if __name__ == "__main__":
    print(page(), end="")
