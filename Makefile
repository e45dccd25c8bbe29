# undercut: everything a newcomer or a developer runs. `make` lists it.
# Needs Python >= 3.11 and make; sets up its own virtual environment in .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO := undercut-out

.DEFAULT_GOAL := help
.PHONY: help demo test explore sabotage core lint types docs bench clean ci

help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; found $$($(PYTHON) --version). Set PYTHON=..."; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(BIN)/python pyproject.toml constraints.txt
	@echo "Installing undercut with its extras into $(VENV) (a few minutes, once) ..."
	@$(PIP) install -c constraints.txt torch
	@$(PIP) install -c constraints.txt -e ".[train,serve,plots]"
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	@$(PIP) install -c constraints.txt -e ".[dev]"
	@touch $@

demo: $(VENV)/.demo ## the main job on the embedded example: a priced model from a labelled file
	cd examples/support && ../../$(BIN)/undercut run

test: $(VENV)/.test ## all tests but the sabotage suite
	$(BIN)/python -m pytest -n 2 -m "not sabotage"

explore: $(VENV)/.test ## the property tests on new examples, which `make test` does not draw
	UNDERCUT_EXPLORE=1 $(BIN)/python -m pytest -n 2 -m "not sabotage"

sabotage: $(VENV)/.test ## each harmful patch must turn a named test red
	$(BIN)/python -m pytest -m sabotage tests/sabotage

core: ## install only the core in a clean environment and run `linear` end to end
	sh scripts/core_install.sh

lint: $(VENV)/.test ## ruff, import order of the rooms, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

docs: $(VENV)/.test ## write the generated reference and the session transcript again
	$(BIN)/python scripts/make_docs.py
	$(BIN)/python scripts/make_transcript.py

bench: $(VENV)/.test ## measure, side by side; writes benchmarks/results and the tables
	$(BIN)/python -m benchmarks

ci: lint test sabotage core ## what .ci/run does

clean: ## remove what the targets made
	rm -rf $(VENV) build dist examples/support/$(DEMO) .pytest_cache .mypy_cache .ruff_cache
