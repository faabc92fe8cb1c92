# run · test · check · bench · doctor-bench · soak: each makes .venv first when it is missing or out of date.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
STAMP := $(VENV)/.installed
BIN := $(VENV)/bin
ARGS ?=
# Without a terminal a run is trained with --batch, unless ARGS says so already or is a subcommand.
SUBCOMMAND := $(filter-out -%,$(firstword $(ARGS)))
BATCH := $(if $(SUBCOMMAND)$(filter --batch --help -h --version,$(ARGS)),,--batch)

.PHONY: run test check format bench doctor-bench soak pictures clean

run: $(STAMP)
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/tui-trainer $(ARGS); else $(BIN)/tui-trainer $(BATCH) $(ARGS); fi

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/ty check
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)
	$(BIN)/python -m benchmarks $(ARGS)

doctor-bench: $(STAMP)
	$(BIN)/python -m benchmarks.doctor $(ARGS)

soak: $(STAMP)
	$(BIN)/python -m pytest tests/faults --soak --timeout 14400 $(ARGS)

$(STAMP): pyproject.toml
	@echo "Installing into $(VENV), once: PyTorch is large, this takes a few minutes." >&2
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

pictures: $(STAMP)
	$(BIN)/python docs/make_pictures.py

clean:
	rm -rf $(VENV)
