# Every target sets up what it needs: python3 (3.11 or newer) and make are enough to begin with.
PYTHON ?= python3
BIN = .venv/bin
ARGS ?=

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/ready  ## make .venv with exactly the locked packages

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"$(PYTHON) is {sys.version.split()[0]}, expected 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv || { echo 'no venv module: on Debian, apt-get install python3-venv'; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## simulated devices over the real wires, notebooks, reports (ARGS="--days 7 --no-serve")
	$(BIN)/telltale demo $(ARGS)

up: setup  ## collectors and settling for your own telltale.toml
	$(BIN)/telltale up $(ARGS)

lab: setup  ## JupyterLab on the start notebook
	$(BIN)/telltale lab $(ARGS)

test: setup  ## the test suite; TELLTALE_REQUIRE=all runs the slow ones too and fails on a skip
	$(BIN)/python -m pytest $(ARGS)

check: setup  ## ruff, mypy --strict, stripped notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify notebooks/*.ipynb dashboards/*.ipynb

bench: setup  ## the figures of the README, as ratios within one run
	$(BIN)/python -m bench $(ARGS)

proto: setup  ## protobuf modules from proto/, into telltale/pb
	$(BIN)/python proto/generate.py

lock: setup  ## resolve pyproject.toml anew into requirements.lock and constraints.txt
	$(BIN)/uv pip compile pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
	grep -E '^[a-zA-Z0-9]' requirements.lock | sed -E 's/ *\\$$//' > constraints.txt

clean:  ## remove what was built; data/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup demo up lab test check bench proto lock clean
.DEFAULT_GOAL := help
