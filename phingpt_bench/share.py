"""The package in which lm-eval finds our task files by its entry point `lm_eval.tasks`: phingpt_bench.share.tasks.

In a wheel the files are in a folder of this name, in a checkout beside the package; the path below makes both the same
to an import. Nothing else is to be imported from here.
"""

from __future__ import annotations

from phingpt_bench.core.paths import share

__path__ = [str(share("tasks").parent)]
