"""For all tests: no network, no Hub, a cache that outlives the session, and the data mirror where there is one."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import settings

from phingpt_bench.core import at_work
from phingpt_bench.core.machine import cores

pytest.register_assert_rewrite("helpers.benchmark_runs")
# No test fails because the machine is busy: pytest-timeout ends what hangs.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = Path(__file__).resolve().parent / "no_network"

# Before anything imports torch, which reads them once: test processes beside each other share the cores.
if beside := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, cores() // beside)))
# Before anything imports huggingface_hub, which reads it once.
os.environ["HF_HUB_OFFLINE"] = "1"
# The converted embedded model takes some 20 s to make: keep it for the next session.
os.environ.setdefault("PHINGPT_BENCH_CACHE", str(ROOT / ".cache" / "phingpt-bench"))
# What a user has set for prices, colours and the width of the terminal is not what the tests expect.
for name in ("PHINGPT_BENCH_PRICES", "COLUMNS", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
    os.environ.pop(name, None)
os.environ["PHINGPT_BENCH_LANG"] = "en"  # nor is the language of the locale
# Here and, through PYTHONPATH, in every Python that a test starts.
os.environ["PYTHONPATH"] = os.pathsep.join([str(NO_NETWORK), *filter(None, [os.environ.get("PYTHONPATH")])])
sys.path.insert(0, str(NO_NETWORK))
import sitecustomize  # noqa: E402

if Path(sitecustomize.__file__ or "").parent != NO_NETWORK:  # the environment has one of its own, loaded at start
    del sys.modules["sitecustomize"]
    import sitecustomize
sitecustomize.block()
sys.path.remove(str(NO_NETWORK))


# Test processes beside each other do share the machine, but what a test expects must not depend on that.
at_work.PLACE = Path(tempfile.gettempdir()) / f"phingpt-bench-at-work-of-tests-{os.getpid()}"

MIRROR = os.environ.get("PHINGPT_BENCH_DATA")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks `data` what asks for the data mirror, before `-m` chooses."""
    for item in items:
        if "data_mirror" in getattr(item, "fixturenames", ()):
            item.add_marker("data")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Only tests marked `data` see the mirror, so that all others do the same with it and without it."""
    if MIRROR and item.get_closest_marker("data"):
        os.environ["PHINGPT_BENCH_DATA"] = MIRROR
    else:
        os.environ.pop("PHINGPT_BENCH_DATA", None)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that skips for want of data without the mark `data` fails: the mark was forgotten."""
    report = yield
    reason = report.longrepr[2] if report.skipped and isinstance(report.longrepr, tuple) else ""
    if "PHINGPT_BENCH_DATA" in reason and not item.get_closest_marker("data"):
        report.outcome, report.longrepr = "failed", f"mark it `data` (tests/conftest.py): {reason}"
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """A process a core that this one may use, at most four: each loads torch and a model."""
    return min(4, cores())


@pytest.fixture(scope="session")
def data_mirror() -> Path:
    """The mirror folder with the real datasets; skips where $PHINGPT_BENCH_DATA is not set."""
    from phingpt_bench.data.sources import mirror

    folder = mirror()
    if folder is None:
        pytest.skip("PHINGPT_BENCH_DATA is not set: the real datasets are not available")
    return folder
