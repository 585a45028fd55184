# Every target sets up what it needs: python3 (3.11 or newer) and make are enough to begin with.
PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV = $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python
LOCKED = --require-hashes -r
OURS = --no-deps --no-build-isolation -e .
ARGS ?=

ifneq ($(origin PYTHON),file) # asked for by name: a .venv of another version is made anew
$(shell v=$$($(PYTHON) -V) && [ "$$v" != "$$($(BIN)/python -V 2>&1)" ] && rm -f .venv/ready)
endif

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: .venv/ready  ## make .venv with exactly the locked packages

# uv needs a third of pip's time. Where it is missing or finds no index, pip takes over with the same hashes.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"$(PYTHON) is {sys.version.split()[0]}, expected 3.11 or newer: make PYTHON=python3.11 …")'
	@[ "$$($(BIN)/python -V 2>&1)" = "$$($(PYTHON) -V)" ] || rm -rf .venv
	$(PYTHON) -m venv .venv || { echo 'no venv module: on Debian, apt-get install python3-venv'; exit 1; }
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	{ $(PIP) $(LOCKED) .venv/uv.txt && $(UV) $(LOCKED) requirements.lock && $(UV) $(OURS); } 2>.venv/uv.log || \
	    { echo 'uv could not install the lock (.venv/uv.log): pip does it, in more time'; $(PIP) $(LOCKED) requirements.lock && $(PIP) $(OURS); }
	@touch $@

demo: setup  ## simulated devices over the real wires, notebooks, reports (ARGS="--days 7 --no-serve")
	$(BIN)/telltale demo $(ARGS)

up: setup  ## collectors and settling for your own telltale.toml
	$(BIN)/telltale up $(ARGS)

lab: setup  ## JupyterLab on the start notebook
	$(BIN)/telltale lab $(ARGS)

test: setup  ## the test suite, on two workers; TELLTALE_REQUIRE=all runs the slow ones too and fails on a skip
	$(BIN)/python -m pytest $(if $(findstring ::,$(ARGS)),,-n 2 --dist loadfile --no-loadscope-reorder) $(ARGS)

# A Sunday, a month's end, the days the clocks of Europe change, a leap day, and a day two years from now.
MOMENTS = '2027-01-17 10:30:00' '2027-04-30 22:30:00' '2027-03-28 01:30:00' '2027-10-31 01:30:00' '2028-02-29 12:00:00' '2 years'

test-long: setup  ## the suite, its long tests too, on six other days (needs Debian's package faketime)
	@for moment in $(MOMENTS); do \
	    echo "faketime '$$moment'"; \
	    PYTHONPATH=$(CURDIR)/tests/faketime FAKETIME_DONT_FAKE_MONOTONIC=1 NO_FAKE_STAT=1 TELLTALE_REQUIRE=long \
	        faketime "$$moment" $(BIN)/python -m pytest $(ARGS) || failed="$$failed '$$moment'"; \
	done; test -z "$$failed" || { echo "failed on$$failed"; exit 1; }

test-sail: .venv-sail/ready  ## every call of tt on Sail, which is Spark without Java, in an environment of its own
	.venv-sail/bin/python -m pytest tests/engine/on_sail.py $(ARGS)

.venv-sail/ready: requirements-sail.lock .venv/ready
	$(PYTHON) -m venv .venv-sail
	$(BIN)/uv pip install --quiet --python .venv-sail/bin/python $(LOCKED) requirements-sail.lock
	echo '$(CURDIR)' > "$$(.venv-sail/bin/python -c 'import site; print(site.getsitepackages()[0])')/telltale.pth"
	@touch $@

check: setup  ## ruff, mypy --strict, stripped notebooks, licences of what is shipped
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/nbstripout --verify notebooks/*.ipynb dashboards/*.ipynb
	$(BIN)/python -m tests.licences

bench: setup  ## how fast it is, as ratios within one run (ARGS="--quick"; "--keep" makes docs/figures.md of it)
	$(BIN)/python -m bench $(ARGS)

torture: setup  ## what must not lose a record: kills, power cuts, full disks, hostile bytes … (ARGS="--keep")
	$(BIN)/python -m tests.torture $(ARGS)

pictures: setup  ## the pictures of the README, from the demo (needs Chromium)
	$(BIN)/python -m tests.pictures

proto: setup  ## protobuf modules from proto/, into telltale/pb
	$(BIN)/python proto/generate.py

commands: setup  ## docs/commands.md, from the command line
	$(BIN)/python -m telltale.cli.reference

sbom: setup  ## sbom.json: every locked package with its version and licence, as CycloneDX
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file sbom.json $(BIN)/python

# In an environment of its own; --strict: what the index says nothing of is no pass.
audit: setup  ## known weaknesses of the locked packages, where the index tells of them
	$(BIN)/uv tool run --python $(BIN)/python pip-audit==2.10.1 --strict --disable-pip --require-hashes --requirement requirements.lock

lock: setup  ## resolve pyproject.toml anew into requirements.lock and constraints.txt
	$(BIN)/uv pip compile pyproject.toml --extra all --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock
	grep -E '^[a-zA-Z0-9]' requirements.lock | sed -E 's/ *\\$$//' > constraints.txt
	$(BIN)/uv pip compile pyproject.toml --group sail --constraint constraints.txt --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements-sail.lock

clean:  ## remove what was built; data/ stays
	rm -rf .venv .venv-sail .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup demo up lab test test-sail test-long check bench torture pictures proto commands sbom audit lock clean
.DEFAULT_GOAL := help
