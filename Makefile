# The book's commands, each one line of `press`. `make book` and `make test` do everything on a fresh machine.
PYTHON ?= python3
SETUP := $(PYTHON) code/press/bootstrap.py
PRESS := .venv/bin/press

.PHONY: book test coverage html pdf live messages status gates check bench clean

book:
	@$(SETUP) tex
	@$(PRESS) book

test:
	@$(SETUP) tex browser
	@.venv/bin/pytest -n auto -m "not alone"
	@.venv/bin/pytest -m alone tests/browser

coverage:
	@$(SETUP) tex browser
	@rm -rf _build/coverage && mkdir -p _build/coverage
	@.venv/bin/coverage run -m pytest -n auto -m "not alone"
	@.venv/bin/coverage combine -q
	@for part in press deepbook; do .venv/bin/coverage report --include "code/$$part/*" || exit; done

html:
	@$(SETUP)
	@$(PRESS) html

pdf:
	@$(SETUP) tex
	@$(PRESS) pdf

live:
	@$(SETUP)
	@$(PRESS) live

messages:
	@$(SETUP)
	@$(PRESS) messages

status:
	@$(SETUP)
	@$(PRESS) status

gates:
	@$(SETUP)
	@$(PRESS) messages --check
	@.venv/bin/python -m press.pins
	@.venv/bin/ruff check code tests bench conf.py
	@.venv/bin/ruff format --check code/press tests bench conf.py
	@.venv/bin/ruff format --check --line-length 79 code/deepbook

check: gates book
	@.ci/notebooks all

bench:
	@$(SETUP) tex browser
	@mkdir -p _build/bench
	@.venv/bin/pytest -q -o addopts= bench --benchmark-timer time.process_time --benchmark-max-time 0.5 --benchmark-sort name \
	  --benchmark-columns min,median,rounds --benchmark-json _build/bench/library.json
	@.venv/bin/python -m bench $(if $(CHAPTERS),--chapters $(CHAPTERS)) $(if $(ONLY),--only $(ONLY))

clean:
	rm -rf _build
