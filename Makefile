# Leadger. `make help` lists what there is; only Python 3.11 to 3.14 and make are assumed.

PYTHON ?=
VENV := .venv
RUN := $(VENV)/bin/python
#: Two by default: what the smallest machine has that this is tried on.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup run test test-all check format bench package fresh clean

help: ## list the targets
	@echo "Leadger: make <target>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile
	@echo "Another interpreter than python3: make <target> PYTHON=python3.12"

setup: ## virtual environment and pinned installs (all others do it by themselves)
	@PYTHON="$(PYTHON)" sh infra/setup.sh "$(VENV)"

run: setup ## start Leadger on the embedded local cloud; Ctrl-C stops it
	@exec $(RUN) -m localcloud

test: check ## checks, then all tests but the long ones
	@$(RUN) -m pytest -q -n $(WORKERS) --dist loadgroup

test-all: check ## everything, the long ones too, with examples that no run has tried
	@$(RUN) -m pytest -q -n $(WORKERS) --dist loadgroup -m "long or not long" --hypothesis-profile=searching

check: setup ## ruff and mypy; the import rules are a test
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

format: setup ## let ruff put the source in order
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

bench: setup ## counted budgets, start-up, size of the package
	@$(RUN) -m benchmarks

package: setup ## template and zip for AWS, in .build/package
	@$(RUN) -m infra.package

fresh: setup ## clone HEAD into a temporary directory; make test and make run there
	@$(RUN) -m infra.fresh

clean: ## remove what was built; keeps .local (your data) and .venv
	@rm -rf .build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .chalice/deployments
	@find . -name __pycache__ -type d -not -path "./.venv/*" -prune -exec rm -rf {} +
