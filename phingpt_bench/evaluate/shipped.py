"""Folders as bytes, for machines that share no disk, and back into folders, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

Folder = Mapping[str, bytes]  # by the path of each file in it


def packed(folder: Path) -> dict[str, bytes]:
    """The files of a folder and of those below it, without hidden ones."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    }


def unpacked(files: Folder, folder: Path) -> None:
    """Make a folder of these files, in place of one that may be there: written beside it and then renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, data in files.items():
            target = made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        made.chmod(0o755)
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
