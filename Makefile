# The commands of the house. They need Python 3.11 or newer, make, and a package registry; all else they install in .venv.

PYTHON ?= python3
PORT ?= 8000
DATA_DIR ?= var
ARGS ?=

PY := .venv/bin/python
DEPLOY := DATA_DIR=.venv/deploy SITE_URL=https://invoices.example.com EMAIL_URL=smtps://mail.example.com \
	SECRET_KEY=$$($(PY) -c "import secrets; print(secrets.token_hex(32))") \
	ENCRYPTION_KEYS=1:$$($(PY) -c "import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())")

COMPILE := --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links

.PHONY: demo test check bench format lock set-up set-up-dev

demo: set-up ## Start the product with a demo company: make demo PORT=8123 DATA_DIR=/some/dir
	@exec $(PY) manage.py demo --port $(PORT) --data-dir "$(DATA_DIR)"

test: set-up-dev ## Run every test: make test ARGS="tests/billing -k void"
	@$(PY) -m pytest -q -n 2 --dist loadgroup $(ARGS)

check: set-up-dev ## Everything that can be said about the code without running the product
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	DJANGO_SETTINGS_MODULE=tests.settings $(PY) manage.py makemigrations --check --dry-run
	@echo "$(PY) manage.py check --deploy --fail-level WARNING"; $(DEPLOY) $(PY) manage.py check --deploy --fail-level WARNING
	.venv/bin/hadolint --failure-threshold info Dockerfile
	$(PY) -m pytest -q -n 2 --durations=0 --durations-min=5 tests/house

bench: set-up-dev ## Measure, as ratios in one run
	@$(PY) -m bench $(ARGS)

format: set-up-dev ## Put every file in the house's form
	@$(PY) -m ruff check --fix-only --quiet .
	@$(PY) -m ruff format .

lock: set-up-dev ## Make the hashed requirements from requirements.in and requirements-dev.in
	@$(PY) -m uv pip compile $(COMPILE) requirements.in -o requirements.txt
	@$(PY) -m uv pip compile $(COMPILE) requirements-dev.in -o requirements-dev.txt

set-up:
	@PYTHON="$(PYTHON)" sh .ci/set-up requirements.txt

set-up-dev:
	@PYTHON="$(PYTHON)" sh .ci/set-up requirements-dev.txt
