# 锦书 Jinshu. `make help` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON := .venv/bin/python
export PYTHONPYCACHEPREFIX := $(CURDIR)/build/pycache
# Every process would compile anew what it imports: two thirds of what collecting the tests costs.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: setup demo guide test lint fix bench soak help clean lock packages test-packages test-qt67

setup: ## Make .venv with the locked dependencies; install system libraries when missing
	@packaging/setup.sh

demo: setup ## Act out the story: three officials, a server, a CA (DEMO_HEADLESS=1 without windows)
	@$(PYTHON) -m tests.end_to_end.demo

guide: setup ## Take the pictures of the user's guide anew from the story, and set it (resources/guide/guide.pdf)
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m tests.end_to_end.guide

test: setup lint ## Lint, then every test in random order; those with real pictures and sound alone, in the end
	@export QT_QPA_PLATFORM=offscreen; \
	$(PYTHON) -m pytest -n 2 --dist loadscope --no-loadscope-reorder -q --costs -m "not alone and not soak and not packages"; shared=$$?; \
	[ $$shared -ne 2 ] || exit 2; \
	$(PYTHON) -m pytest -q -m "alone and not soak"; alone=$$?; \
	exit $$((shared | alone))

lint: setup ## Format, rules, types, imports, dead code, what no entry point reaches
	@.venv/bin/ruff check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports
	@.venv/bin/vulture
	@$(PYTHON) -m tests.architecture.reach

fix: setup ## Format the code and mend what can be mended
	@.venv/bin/ruff check --fix . ; .venv/bin/ruff format client server_stub protocol tests

bench: setup ## Measure (BENCH=name: only that); each benchmark's last line is one JSON object
	@$(PYTHON) -m tests.benchmarks $(BENCH)

soak: setup ## What is too long for a test: deaths at random points (SOAK_RUNS), a million damaged inputs a reader (FUZZ_RUNS)
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest -m soak --timeout 0 -q

packages: setup ## What an official installs, in build/packages (TARGETS="amd64 arm64 win64=PYTHON.zip")
	@packaging/builders.sh
	@$(PYTHON) packaging/make_packages.py $(TARGETS)

test-packages: setup ## Try the packages in clean systems of their users' age (as root; fetches them with debootstrap)
	@packaging/builders.sh
	@QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest tests/packages -m packages --timeout 0 -q

test-qt67: setup ## Unit and page tests on the Qt of 64-bit ARM, laid over the environment
	@$(PYTHON) -m uv pip install --quiet --no-deps --require-hashes --target build/qt67 -r packaging/pyside-6.7.lock
	@PYTHONPATH=build/qt67 QT_QPA_PLATFORM=offscreen $(PYTHON) -m pytest tests/unit tests/ui -n 2 --dist loadscope -q -m "not alone and not soak and not packages"

lock: setup ## Lock the dependencies anew
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url --no-header --upgrade -o packaging/requirements.lock pyproject.toml

clean: ## Remove what was built
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

help: ## This list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 16
