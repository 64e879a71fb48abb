PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test chaos soak bench load smoke logs try-image lint sbom lock clean
SCALE ?= 0.01
MINUTES ?= 2

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

run: $(VENV)/.run-installed $(if $(OTEL_EXPORTER_OTLP_ENDPOINT),$(VENV)/.traces-installed)  ## everything, in the foreground, on http://localhost:8081
	@exec $(BIN)/python -m c2s_enrich.embedded

test: $(VENV)/.dev-installed  ## the whole suite against a real PostgreSQL and Redis, with coverage
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -p tests.measured $(ARGS)

chaos: $(VENV)/.dev-installed  ## workers killed, providers down, clocks wrong: takes some minutes
	$(BIN)/python -m pytest -m chaos $(ARGS)

soak: $(VENV)/.dev-installed  ## mixed traffic while everything is killed and restarted; MINUTES=60 for a long one
	$(BIN)/python -m tests.soak --minutes $(MINUTES) $(ARGS)

bench: $(VENV)/.dev-installed  ## speed and memory, each beside its yardstick; SCALE=1 is production's size
	$(BIN)/python -m tests.bench --scale $(SCALE) $(ARGS)

smoke: export KEY := $(KEY)
smoke:  ## a safe look at an installation elsewhere: KEY=… make smoke URL=https://…
	@$(PYTHON) -m c2s_enrich.smoke '$(URL)'

try-image: $(VENV)/.run-installed  ## the Dockerfile's own lines in a bare Debian, without Docker: as root, some minutes
	@$(BIN)/python -m deploy.try_image

logs: $(VENV)/.run-installed  ## one lead's whole story: make logs LEAD=…; FILE=… (or FILE=-) adds what a log says of it
	@$(BIN)/python manage.py lead_story '$(LEAD)' $(if $(FILE),--log '$(FILE)')

load: $(VENV)/.load-installed  ## twenty users for a minute; fails where an answer is slow or wrong
	PYTHONPATH=$(VENV)/load $(BIN)/python -m tests.bench.load

lint: $(VENV)/.dev-installed  ## formatting, types, security, one-way imports, deployment check, missing migrations, wheels for every machine
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/bandit -q -c pyproject.toml -r c2s_enrich parties enrichment webhooks
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.deployment_check
	DJANGO_SETTINGS_MODULE=tests.settings_without_database $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m deploy.platforms

sbom: $(VENV)/.run-installed  ## what this version is made of, as CycloneDX JSON: var/sbom.json
	@mkdir -p var
	$(BIN)/python manage.py sbom > var/sbom.json

COMPILE = $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11.0 $(ARGS)
lock: $(VENV)/.dev-installed  ## renew the lock files from pyproject.toml; ARGS=--upgrade takes newer versions
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock --group embedded -o requirements-embedded.lock
	$(COMPILE) -c requirements-dev.lock --group traces -o requirements-traces.lock
	$(COMPILE) -c requirements-dev.lock --group load -o requirements-load.lock

clean:  ## the virtual environment and every datum of `make run`
	rm -rf $(VENV) var

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "c2s-enrich needs Python 3.11 or newer; this is %d.%d. Say which one to use: make run PYTHON=python3.12" % sys.version_info[:2])'
	@$(PYTHON) -m venv $(VENV) || { echo "The virtual environment could not be made: is the package python3-venv installed, and may you write here?" >&2; exit 1; }

$(VENV)/.run-installed: requirements.lock requirements-embedded.lock | $(BIN)/python
	@echo "Installing what c2s-enrich needs (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements.lock -r requirements-embedded.lock
	@touch $@

$(VENV)/.traces-installed: requirements-traces.lock $(VENV)/.run-installed
	@echo "Installing what traces need (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

$(VENV)/.dev-installed: requirements-dev.lock $(VENV)/.run-installed
	@echo "Installing what the tests need (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r $<
	@touch $@

# beside the others: its plugin for pytest would come along into every test
$(VENV)/.load-installed: requirements-load.lock $(VENV)/.dev-installed
	@echo "Installing what the load test needs (once) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: --target $(VENV)/load -r $<
	@touch $@
