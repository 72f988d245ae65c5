# `make help` says what there is. Nothing needs to be set up before; everything goes into .venv.

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3 python,$(if $(shell $(name) -c 'import sys, venv; print(sys.version_info >= (3, 11) or "")' 2>/dev/null),$(name))))
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -qq
# For `make train-gpu`: a Python that has burnish[train] with a CUDA build of PyTorch, the recipe,
# folders of clean pictures, the file they are packed in, and the minutes of a slice.
GPU_PYTHON ?= python3
RECIPE ?= recipes/photo.yaml
PICTURES ?= $(wildcard ../shared/data/train/*)
PACK ?= runs/pictures.pack
MINUTES ?= 9
# What a GPU is given besides the recipe: crops enough to keep it busy, workers that cut and spoil
# them, and the length of the whole run. Fixed for a run: a change begins a new one.
GPU_KEYS ?= stages=[] loss.use=L2 data.workers=14 data.batch=32 data.crop=128 schedule.steps=60000 validation.every=5000

.DEFAULT_GOAL := help
.PHONY: help demo test check train-gpu bench which-python clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: .venv/.base ## restore a shipped picture at several dial positions, on one contact sheet (no PyTorch)
	@$(BIN)/burnish demo -o demo/sheet.png

test: .venv/.dev ## the tests: offline, on a CPU
	$(BIN)/python -m pytest -n auto --dist loadfile

check: .venv/.dev ## ruff, mypy and the floors of docs/design.md
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Two cores take days for what a GPU does in minutes. This packs the training pictures into one file
# (under 40 MB, so that it travels), then trains for one slice: the same command goes on where the
# last slice ended, and a checkpoint and the averaged weights lie in the run's folder after each.
train-gpu: ## one slice of training on a GPU; run it again to go on (PICTURES=, RECIPE=, MINUTES=, GPU_PYTHON=)
	@$(GPU_PYTHON) -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null || \
		{ echo "make train-gpu: $(GPU_PYTHON) has no PyTorch that can use a GPU; name one with: make train-gpu GPU_PYTHON=/path/to/python" >&2; exit 1; }
	@test -f $(PACK) || $(GPU_PYTHON) -m burnish.dataset.pack $(PICTURES) -o $(PACK) --limit-mb 40
	$(GPU_PYTHON) -m burnish.cli train $(RECIPE) data.pack=$(PACK) $(GPU_KEYS) --minutes $(MINUTES)

bench: .venv/.dev ## the README's figures (needs the folder of real pictures); the others' commands stand beside them in docs/
	$(BIN)/python -m benchmarks.cbsd68 --write
	$(BIN)/python -m benchmarks.speed

which-python: # for .ci/run
	@echo $(PYTHON)

clean: ## remove what was made here: .venv, caches, builds, the demo's sheet (runs/ stays)
	rm -rf .venv demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

# Two stamps on one environment: .base is what a person with pictures installs, and all that the
# demo needs; .dev adds the training wing and the tools.
.venv/.base: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Burnish needs Python 3.11 or newer on PATH (or: make PYTHON=/path/to/python)" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "installing Burnish into .venv ..."
	@$(PIP) -c constraints.txt -e .
	@touch $@

# PyTorch goes first and alone, by its exact version: what comes after finds it there, and never
# chooses another build (the newest one brings gigabytes of CUDA).
.venv/.dev: .venv/.base
	@echo "installing the training wing and the tools into .venv ..."
	@$(PIP) $(shell grep '^torch==' constraints.txt)
	@$(PIP) -c constraints.txt -e '.[onnx,train,dev]'
	@touch $@
