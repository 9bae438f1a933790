# Everything a developer types. `make setup` is quick when nothing changed: each part has a stamp that depends on
# the files that decide it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTHON_STAMP := $(VENV)/.installed
NODE_STAMP := node_modules/.installed
SDK_BUILD := server/waypost_server/sdk_static/waypost.js
# What is checked without running it; two at a time.
STATIC := lint types contracts locks
# Whoever has nothing left takes over half of what the other one still has.
TWO_WORKERS := -n 2 --dist worksteal
SDK_SOURCES := $(shell find sdk/js/src sdk/js/scripts -type f 2>/dev/null) sdk/js/package.json

# Bytecode is kept, whatever the surroundings say: without it each of the many processes that the tests start
# compiles everything again, asserts included.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup run test faults check lint types contracts locks js-check bench lock dist chromium clean

setup: $(PYTHON_STAMP) $(NODE_STAMP) $(SDK_BUILD) chromium

$(PYTHON_STAMP): requirements.lock pyproject.toml sdk/python/pyproject.toml
	@$(PYTHON) tools/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e . -e sdk/python
	@touch $@

$(NODE_STAMP): package-lock.json package.json sdk/js/package.json .npmrc
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(SDK_BUILD): $(NODE_STAMP) $(SDK_SOURCES)
	npm run --silent build
	@test -f $@ && touch $@

chromium:
	@tools/ensure_chromium.sh

run: setup
	$(BIN)/waypost run --demo

# Everything, the slow and the browser tests too.
test: setup js-check
	@$(MAKE) -s -j 2 $(STATIC)
	npm run --silent test
	$(BIN)/pytest -q $(TWO_WORKERS)

# Minutes of trouble on purpose, and a table of what was counted.
faults: setup
	$(BIN)/pytest -q -m fault_long tests/faults

# The fast tests, on SQLite alone and with fewer examples of each property, to run before every commit.
check: $(PYTHON_STAMP) $(NODE_STAMP) $(SDK_BUILD)
	@$(MAKE) -s -j 2 $(STATIC)
	$(BIN)/pytest -q $(TWO_WORKERS) --hypothesis-profile quick \
		-m "not slow and not browser and not postgres and not fault_long"

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

locks:
	$(BIN)/python tools/check_locks.py

js-check:
	npm run --silent check
	npm run --silent size

# Measures on this machine; figures and conditions are in docs/performance.md.
bench: setup
	@for script in tests/bench/[a-z]*.py; do \
		grep -q '__main__' $$script || continue; \
		echo "== $$script"; $(BIN)/python $$script || exit 1; \
	done

# After a change of dependencies in pyproject.toml or a package.json.
lock:
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate -q -o requirements.lock
	npm install --package-lock-only --no-audit --no-fund --loglevel=error
	@if test -f sdk/js/scripts/clean-lock.mjs; then node sdk/js/scripts/clean-lock.mjs; fi
	$(PYTHON) tools/check_locks.py

# What a server installs: the browser SDK is inside, so it needs no Node.
dist: setup
	rm -rf dist
	$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w dist . ./sdk/python
	@ls dist

clean:
	rm -rf $(VENV) node_modules server/waypost_server/sdk_static/*.js
