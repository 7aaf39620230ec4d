# Everything a developer, a tester or a build machine types. `make help` lists it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PACKAGES := engine forms flows rules reports designer_schemas api
# One for each processor the system shows: `auto` leaves out the second thread of each core.
WORKERS ?= logical
# platformdirs says so once where there is no login session, as in a container.
QUIET := -W "ignore:XDG_RUNTIME_DIR is not set"
export PYTHONPATH := $(CURDIR)
# Compiled modules are kept: every command and every process of the tests starts a second sooner.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

.PHONY: install demo test check bench conformance fuzz api-fuzz fmt schemas lock help

install: $(STAMP) ## Make .venv and install the pinned packages

demo: $(STAMP) ## Run the CRM demo on http://127.0.0.1:8000 (FOURFOLD_PORT, FOURFOLD_HOME)
	@$(BIN)/python -m api.cli demo

test: $(STAMP) ## Run all tests on SQLite and PostgreSQL
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal $(TESTS)

check: $(STAMP) ## Lint, format check, types and layer contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m api.cli schemas --check
	$(BIN)/python -m api.cli docs --check

bench: $(STAMP) ## Measure the engine against its anchors (NAME=records for one, QUICK=1)
	$(BIN)/python -m benchmarks $(NAME) $(if $(QUICK),--quick)

conformance: $(STAMP) ## The expression table on all five back ends
	@$(BIN)/python $(QUIET) -m tests.engine.expressions.conformance

fuzz: $(STAMP) ## Random expressions on all five back ends (N=5000 of them, SEED=1 for others)
	@$(BIN)/python $(QUIET) -m tests.engine.expressions.fuzz $(if $(N),--count $(N)) $(if $(SEED),--seed $(SEED))

api-fuzz: $(STAMP) ## Random requests to a running CRM (MINUTES=10, SEED=1 for others)
	@$(BIN)/python $(QUIET) -m tests.api.fuzz --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED))

fmt: $(STAMP) ## Format and fix what can be fixed by itself
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

schemas: $(STAMP) ## Write the JSON Schemas of all definition kinds
	$(BIN)/python -m api.cli schemas

lock: $(STAMP) ## Pin what is installed now in requirements*.txt
	$(BIN)/python .ci/lock.py

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'
