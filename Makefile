# `make` alone lists what there is. Everything lies in $(VENV) and in ./data.

VENV ?= .venv
PORT ?= 8000
BIN := $(VENV)/bin

demo run: export GROUPWARE_BASE_URL ?= http://127.0.0.1:$(PORT)

.DEFAULT_GOAL := help
.PHONY: help demo run test check bench screenshots assets install tools clean

help: ## list what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: install ## the desk with an example organisation, on http://127.0.0.1:8000
	@$(BIN)/groupware demo
	@exec $(BIN)/groupware serve --bind 127.0.0.1:$(PORT)

run: install ## the desk without example data: the first visit sets it up
	@echo "Open $(GROUPWARE_BASE_URL) to set up the desk."
	@exec $(BIN)/groupware serve --bind 127.0.0.1:$(PORT)

test: tools ## install what the tests need, then run all of them
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

check: ## what is checked before the tests: format, lint, types, dependencies, templates, secrets
	@sh scripts/setup.sh $(VENV) dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/rules/test_templates.py tests/rules/test_secrets.py

bench: tools ## measure the hot pages; ARGS="--sizes 1000,10000 --engines sqlite"
	@$(BIN)/python -m bench $(ARGS)

screenshots: tools ## pictures of all pages into docs/pictures
	@$(BIN)/python -m scripts.screenshots $(ARGS)

assets: install ## build style sheet, scripts and icons again
	@$(BIN)/python -m groupware.assets

install:
	@sh scripts/setup.sh $(VENV)

tools:
	@sh scripts/setup.sh $(VENV) dev
	@sh scripts/tools.sh $(BIN)

clean: ## remove what was installed and built; ./data stays
	rm -rf $(VENV) build dist groupware/static/dist .*_cache
