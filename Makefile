# Each target does all the set-up it needs: python3 >= 3.11 is enough.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: help setup demo test test-components test-api test-faults check format docs picture recording lock bench clean

help:
	@echo 'make setup            development environment in .venv'
	@echo 'make demo             eight broken applications, diagnosed'
	@echo 'make test             the test suite'
	@echo 'make test-components  tests with several servers, workers or stores'
	@echo 'make test-api         many more requests for each API operation'
	@echo 'make test-faults      long fault tests, about twenty minutes'
	@echo 'make check            formatter, linter, types and generated pages'
	@echo 'make format           format the code'
	@echo 'make docs             regenerate the reference pages'
	@echo 'make picture, recording   regenerate the pictures of the README'
	@echo 'make bench            benchmarks'
	@echo 'make lock             pin the dependencies'
	@echo 'make clean            remove .venv and caches'

setup: .venv/.ready

.venv/.ready: requirements/dev.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Midwatch needs Python 3.11 or newer: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src
	touch $@

demo: setup
	$(BIN)/midwatch demo

# Compiled beforehand: each process that a test starts would do it by itself.
test: setup
	./tests/install-components
	$(BIN)/python -m compileall -q src
	$(BIN)/pytest

# What needs several servers, workers or databases, kills or restarts them; a few minutes.
test-components: setup
	./tests/install-components
	$(BIN)/python -m compileall -q src
	$(BIN)/pytest -m "components and not long"

# Many more requests for each operation than `make test` makes; some minutes.
test-api: setup
	MIDWATCH_API_EXAMPLES=200 $(BIN)/pytest -m components tests/interfaces/http/test_boundaries.py

# Every kill point and outage on both databases, again and again, longer bursts, longer texts; about twenty minutes.
test-faults: setup
	./tests/install-components
	$(BIN)/pytest -m long

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/pyright
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m docs.picture --check
	$(BIN)/python -m docs.recording --check

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup
	$(BIN)/python -m docs.generate

picture: setup
	$(BIN)/python -m docs.picture

recording: setup
	$(BIN)/python -m docs.recording

bench: setup
	$(BIN)/python -m benchmarks

lock:
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml -o requirements/base.txt
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml --extra aws -o requirements/aws.txt
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --universal --python-version 3.11 pyproject.toml --group dev -o requirements/dev.txt

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis
