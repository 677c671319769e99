"""ES modules made into one classic script: what a bundler does, for modules that keep to a few plain forms.

A module may begin with `import { a, b } from "./other.js";`, and may put `export` before a function, class or const. It
becomes a function of its own that returns what it exports, so names need not differ between modules; the rest of
its text stays as it was written.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from phingpt_bench.core.errors import BenchError
from phingpt_bench.core.sentences import sentence

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_SAID = re.compile(r'\bt\(\s*("(?:[^"\\\n]|\\.)*")')
_COUNTED = re.compile(r'\btn\(\s*("(?:[^"\\\n]|\\.)*")\s*,\s*("(?:[^"\\\n]|\\.)*")')
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def linked(folder: Path, entry: str) -> str:
    """One script of `entry` and all that it imports, each module once, after its own imports.

    BenchError with file for a module that is not there, a circle of imports, a name that is not exported, and a form
    of import or export that is not one of the above.
    """
    done: dict[str, str] = {}
    _visit(folder, entry, done, ())
    return '"use strict";\n{\nconst modules = {};\n' + "".join(done.values()) + "}\n"


def said(folder: Path) -> list[str]:
    """The texts that the modules of a folder show: the first argument of each `t("...")`, each once."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js")))
    return list(dict.fromkeys(json.loads(text) for source in sources for text in _SAID.findall(source)))


def counted(folder: Path) -> list[tuple[str, str]]:
    """The texts for one and for any other number that the modules say: the arguments of each `tn("...", "...")`."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.js")))
    pairs = [pair for source in sources for pair in _COUNTED.findall(source)]
    return list(dict.fromkeys((str(json.loads(one)), str(json.loads(many))) for one, many in pairs))


def _visit(folder: Path, name: str, done: dict[str, str], above: tuple[str, ...]) -> None:
    if name in done:
        return
    path = folder / name
    if name in above:
        raise BenchError("imports go round in a circle: {names}", where=str(path), names=" > ".join((*above, name)))
    source = _read(path, above)
    for names, other in _IMPORT.findall(source):
        _visit(folder, other, done, (*above, name))
        exported = _EXPORT.findall(_read(folder / other, (*above, name)))
        for wanted in filter(None, (part.strip() for part in names.split(","))):
            if wanted not in exported:
                raise BenchError("{other} does not export '{wanted}'", where=str(path), other=other, wanted=wanted)
    body = _EXPORT.sub("", _IMPORT.sub(r'const {\1} = modules["\2"];' + "\n", source))
    if left := _LEFT.search(body):
        raise BenchError("not a form of import or export that is read here: {form}", where=str(path), form=left.group())
    exports = ", ".join(_EXPORT.findall(source))
    done[name] = f'modules["{name}"] = (() => {{\n{body}return {{ {exports} }};\n}})();\n'


def _read(path: Path, above: tuple[str, ...]) -> str:
    if not path.is_file():
        raise BenchError(
            sentence("no such module, imported by {module}", module=above[-1]) if above else sentence("no such module"),
            where=str(path),
        )
    return path.read_text(encoding="utf-8")
