# make demo: set up, run the main job, say where to look.   make test: set up, run the tests.
# make demo DEMO="--patients 24" takes a part of the built-in cohort.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-all lint benchmark clean
.DEFAULT_GOAL := demo

demo: $(VENV)/installed
	$(BIN)/hccer demo $(DEMO)

test: $(VENV)/installed
	$(BIN)/python -m pytest -n auto --dist loadfile $(TESTS)

test-all: $(VENV)/installed
	$(BIN)/python -m pytest -m "" --timeout 3600 -n auto --dist loadfile

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

benchmark: $(VENV)/installed
	$(BIN)/python -m tests.benchmark

# pyradiomics 3.0.1 does not build in isolation: what its setup.py imports comes first
$(VENV)/installed: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "hccer needs Python 3.11: install python3.11, or name it with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "hccer needs Python 3.11, $(PYTHON) is another version: name it with make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "hccer needs Python's venv module: install python3.11-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import os, sysconfig as s, sys; sys.exit(not os.path.exists(s.get_path("include") + "/Python.h"))' || { echo "hccer needs Python's C headers to build pyradiomics: install python3.11-dev" >&2; exit 1; }
	@command -v cc >/dev/null || command -v gcc >/dev/null || { echo "hccer needs a C compiler to build pyradiomics: install gcc" >&2; exit 1; }
	@echo "setting up $(VENV): a few minutes, once"
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(PIP) numpy versioneer "setuptools<81" wheel
	$(PIP) --no-build-isolation pyradiomics
	$(PIP) torch
	$(PIP) --no-build-isolation -e ".[test]"
	touch $@

clean:
	rm -rf $(VENV)
