# Obieg. Two commands are enough: `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test test-a11y screenshots check bench bench-desk bench-portal reset-demo shell psql setup setup-dev messages lock

PORT ?= 8000
VAR ?= var
ARGS ?=
export PORT
export VAR := $(VAR)
PY := .venv/bin/python

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 20
	@echo
	@echo "  make run PORT=8123 VAR=/some/folder   chooses the port and the data folder (8000 and var/ otherwise)"

run: ## install what is needed and run the demo town (ends with Ctrl-C)
	@scripts/setup run
	@exec $(PY) site/config/launch.py

test: ## run all tests (ARGS="tests/unit -k name" for a part)
	@scripts/setup dev
	@exec $(PY) -m pytest $(ARGS)

test-a11y: ## the whole gate: every page, state, width and look, then every journey by keyboard alone; can be resumed
	@scripts/setup dev
	@$(PY) -m pytest -m a11y -s tests/a11y $(ARGS)
	@exec $(PY) -m pytest -m browser --keyboard tests/browser

screenshots: ## take pictures of every page type, on a phone and a desktop, into DIR (var/pictures)
	@scripts/setup dev
	@DIR="$(or $(DIR),var/pictures)" $(PY) -m pytest -q -m screenshots tests/a11y $(ARGS)

check: ## look at the code: ruff, mypy, layers, migrations
	@scripts/setup dev
	$(PY) -m ruff check .
	PYTHONPATH=site:. $(PY) -c "from importlinter.cli import lint_imports_command as lint; lint()"
	$(PY) -m mypy
	$(PY) site/manage.py makemigrations --check --dry-run

bench: ## print the speed figures (intake, queries of lists)
	@scripts/setup dev
	@exec $(PY) -m pytest -m "bench and not portal and not desk" -s tests/bench $(ARGS)

bench-desk: ## print what the desk costs in a town of SIZE=10k|100k|1M entries, beside one of 10k
	@scripts/setup dev
	@exec $(PY) -m pytest -m "bench and desk" -s tests/bench $(ARGS)

bench-portal: ## print how fast public pages are, beside a plain Wagtail site, and as a slow phone meets them
	@scripts/setup dev
	@exec $(PY) -m pytest -m "bench and portal" -s tests/bench $(ARGS)

reset-demo: ## throw the data folder's database and files away; the next start makes the demo anew
	@scripts/setup run
	@exec $(PY) site/config/launch.py --reset

shell: ## a Python prompt inside Obieg
	@scripts/setup run
	@exec $(PY) site/manage.py shell

psql: ## a prompt of the embedded database
	@exec $(PY) site/config/embedded_pg.py psql --var "$$VAR"

setup: ## only install: environment, system libraries, front end, translations
	@scripts/setup run

setup-dev: ## the same with everything that tests and checks need
	@scripts/setup dev

messages: ## gather new texts for translation and compile
	@scripts/setup run
	@for app in site/people site/journal site/demo documents workflow cms_pages search theme; do \
		[ -d "$$app/locale" ] || continue; \
		(cd "$$app" && "$(CURDIR)/$(PY)" "$(CURDIR)/site/manage.py" makemessages --all --no-location); \
	done
	@$(PY) scripts/compile-messages

lock: ## resolve requirements*.in anew into exact versions
	@scripts/lock
