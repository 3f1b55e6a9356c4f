# Every command makes its own environment from the lock file first; nothing else is needed but
# Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: test lint types architecture story contract serve clean

$(READY): requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $@

test: $(READY) ## the whole test suite
	$(BIN)/python -m pytest

unit: $(READY) ## the fast part of it
	$(BIN)/python -m pytest tests/unit

lint: $(READY) ## style, types and import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

story: $(READY) ## the whole product end to end, headless
	$(BIN)/python -m tests.story

contract: $(READY) ## the contract itself against the documented payloads and the installed SDK
	$(BIN)/python -m tests.contract

lock: $(READY) ## solve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade --all-extras --quiet -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .data .mypy_cache .ruff_cache .pytest_cache
