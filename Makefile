# Every command makes its own environment from the lock file first; nothing else is needed but
# Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test unit lint story chaos score-mail fuzz bench contract package lock clean

$(READY): requirements.lock
	@echo "Making the environment, once: about a minute."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes \
		-r requirements.lock > $(VENV)/install.log & \
	work=$$!; while kill -0 $$work 2>/dev/null; do sleep 1; \
		printf "\r  %s packages found" "$$(grep -c ^Collecting $(VENV)/install.log)"; done; echo; \
	wait $$work || { tail -n 20 $(VENV)/install.log; exit 1; }
	@touch $@

demo: $(READY) ## the product in a browser; FRESH=1 begins anew, PORT=29000 moves it
	@$(BIN)/python -m bot.sandbox.demo $(if $(FRESH),--fresh) $(if $(PORT),--port $(PORT))

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

chaos: $(READY) ## thousands of emails while processes are killed and Graph fails; SEED=7 for other luck
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED))

score-mail: $(READY) ## how well mail is read, over the labelled messages in MAILROOM_CORPORA
	@$(BIN)/python -m tests.mail score $(if $(MISSED),--missed)

fuzz: $(READY) ## a hundred thousand broken messages: none may raise or take a second; SEED=7 for others
	@$(BIN)/python -m tests.mail fuzz $(if $(SEED),--seed $(SEED))

bench: $(READY) ## what an email costs beside the bare SDK, and how the store carries a million
	@$(BIN)/python -m tests.bench

contract: $(READY) ## the contract itself against the documented payloads and the installed SDK
	$(BIN)/python -m tests.contract

package: $(READY) ## the Teams app; APP_ID=… PUBLIC_URL=https://… [PUBLISHER=… WEBSITE=… PRIVACY_URL=… TERMS_URL=…]
	@$(BIN)/python -m manifest --app-id "$(APP_ID)" --public-url "$(PUBLIC_URL)" \
		$(if $(PUBLISHER),--publisher "$(PUBLISHER)") $(if $(WEBSITE),--website "$(WEBSITE)") \
		$(if $(PRIVACY_URL),--privacy-url "$(PRIVACY_URL)") $(if $(TERMS_URL),--terms-url "$(TERMS_URL)")

lock: $(READY) ## solve the dependencies anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade --all-extras --quiet -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) .data .demo .mypy_cache .ruff_cache .pytest_cache
