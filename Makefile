# Two commands: `make run` and `make test`. Everything is set up in .venv on the first call.
# The system's Python is built with its profile in mind, which makes all of this a fifth faster than a plain build.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CONSTRAINTS := .ci/constraints.txt
# Bytecode is made at first use, of what is used, and kept: installing and every next start are seconds quicker.
INSTALL := $(PIP) install --no-compile --constraint $(CONSTRAINTS)
export PYTHONDONTWRITEBYTECODE =

.PHONY: run test tests lint bench fuzz setup setup-dev lock clean

run: $(VENV)/.installed
	$(BIN)/adapter dev demo

# One more than there are cores, five at most: servers, processes and browsers keep tests waiting.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n < 4 ? n + 1 : 5)))
# Tests wait for the disk at each of many small databases: where memory has room for 2 GB, they are kept there.
ROOM := $(shell [ "$$(df -Pk /dev/shm 2>/dev/null | awk 'END {print $$4}')" -gt 2000000 ] 2>/dev/null && echo TMPDIR=/dev/shm)

# Side by side: types are checked on a core that the tests do not fill while they are collected.
test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory --jobs 2 lint tests

tests: $(VENV)/.installed-dev
	$(ROOM) $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder --cov --cov-report=term:skip-covered

lint: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	$(BIN)/python benchmarks/pull.py

# Ten minutes of requests that nobody should send; FUZZ_SECONDS and FUZZ_SEED change that.
fuzz: $(VENV)/.installed-dev
	FUZZ_SECONDS=$${FUZZ_SECONDS:-600} nice $(BIN)/python -m pytest tests/fuzz

setup: $(VENV)/.installed
setup-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); echo "Python 3.11 or newer with venv is needed; on Debian: apt-get install python3-venv" >&2; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(INSTALL) --editable .
	touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml $(CONSTRAINTS)
	$(INSTALL) --editable '.[dev]'
	touch $(VENV)/.installed $@

# What CI installs, to the version. Run it after changing the ranges in pyproject.toml.
lock:
	rm -rf var/lock && $(PYTHON) -m venv var/lock
	var/lock/bin/python -m pip --quiet install --editable '.[dev]'
	var/lock/bin/python -m pip freeze --exclude-editable > $(CONSTRAINTS)
	rm -rf var/lock

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .coverage htmlcov
