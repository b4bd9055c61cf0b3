# Needs Python 3.11 or newer, and make. Everything else goes into .venv, from requirements with hashes.
#
#   make up        a whole control room on http://127.0.0.1:8000 (PORT=8123, EMPTY=1, SLOTS=4)
#   make test      all tests, browser tests included (T=tests/queues for some of them)
#   make check     format, lint, types, import contracts, templates, migrations
#   make format    put code and templates in shape
#   make bench     the measurements of benchmarks/
#   make peers     other engines to measure beside ours (benchmarks/engines.py), in an environment of their own
#   make chaos     faults injected into a running control room
#   make lock      pin requirements/*.in anew
#   make messages  collect the texts to translate, and compile the translations
#   make clean     remove what can be made again (never .data)

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps

# A stamp per content of the lock files: unchanged requirements cost nothing.
content = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
BASE := $(VENV)/.base-$(call content,requirements/base.txt)
DEV := $(VENV)/.dev-$(call content,requirements/dev.txt)

TEMPLATES = $$(git ls-files --cached --others --exclude-standard -- 'templates/*.html' 'apps/**/*.html')
WORKERS ?= 2

.PHONY: up test check format bench peers chaos lock messages clean

up: $(BASE)
	@exec $(RUN) manage.py up $(if $(PORT),--port $(PORT)) $(if $(SLOTS),--slots $(SLOTS)) $(if $(HOST),--host $(HOST)) $(if $(EMPTY),--empty)

# Ten thousand tests take Python longer to compile than to collect, unless it may keep the result.
test: $(DEV)
	@PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest -n $(WORKERS) $(T)

check: $(DEV)
	$(RUN) -m ruff format --check --quiet .
	$(RUN) -m ruff check --quiet .
	@$(VENV)/bin/djade --check --target-version 5.2 $(TEMPLATES)
	$(RUN) bin/check_files
	$(VENV)/bin/lint-imports --no-cache
	$(RUN) -m mypy apps controlroom
	$(RUN) -W ignore manage.py makemigrations --check --dry-run --verbosity 0
	$(RUN) manage.py check

format: $(DEV)
	$(RUN) -m ruff check --quiet --fix .
	$(RUN) -m ruff format --quiet .
	@$(VENV)/bin/djade --target-version 5.2 $(TEMPLATES)

bench: $(DEV)
	@for script in $$(ls benchmarks/*.py | grep -v -e load_many -e pages); do echo "== $$script"; $(RUN) $$script || exit 1; done

peers: requirements/peers.txt
	@$(PYTHON) -m venv .peers
	@.peers/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps -r $<

chaos: $(DEV)
	$(RUN) -m pytest -m chaos --timeout 1800 -p no:randomly tests

lock: $(VENV)/pyvenv.cfg
	$(RUN) -m pip --disable-pip-version-check --quiet install uv
	@for name in base dev peers; do \
		$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
			--no-emit-index-url --no-emit-find-links requirements/$$name.in --output-file requirements/$$name.txt || exit 1; \
	done

messages: $(DEV)
	$(RUN) manage.py makemessages --all --no-location --ignore .venv --ignore .data
	$(RUN) manage.py compilemessages --ignore .venv

clean:
	rm -rf $(VENV) .peers .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.data/*' -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed, $(PYTHON) is older; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt install python3-venv"; exit 1; }

$(BASE): $(VENV)/pyvenv.cfg
	@echo "Installing what the control room needs…"
	@$(PIP) -r requirements/base.txt
	@rm -f $(VENV)/.base-* && touch $@

$(DEV): $(VENV)/pyvenv.cfg
	@echo "Installing what checks and tests need…"
	@$(PIP) -r requirements/dev.txt
	@rm -f $(VENV)/.dev-* $(VENV)/.base-* && touch $@ $(BASE)
