# `make demo` and `make test` work from a fresh clone: they need Python 3.11 or newer, and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STUBS := $(wildcard stubs/*.py* wechatpay_chain/catalogue/*/*.json wechatpay_chain/locale/*/*/*.po)  # what installing makes files of

# Where a target runs tests in several processes; the tests of a file stay in one.
WORKERS := 2
SIDE_BY_SIDE = --numprocesses $(WORKERS) --dist loadfile

# The newer Pythons that the suite runs on, besides 3.11.
NEWER := 3.12 3.13
# What it leaves out there: what starts browsers, checkers, servers and the clients of others; what
# reads files of this repository; what calls each operation of the catalogue, or parses each byte of
# a file; and what takes longest.
LEFT_OUT := tests/chinese tests/packed tests/peers tests/pictures tests/site tests/spark tests/typing \
  examples tests/examples tests/cli/migrate tests/bills/reconciliation tests/bills/tables \
  $(wildcard tests/console/test_browser*.py) tests/bills/report/test_browser.py tests/bills/test_fuzzed_bills.py \
  tests/bills/test_known_differences.py tests/catalogue/test_examples.py tests/catalogue/test_rules.py \
  tests/catalogue/test_validity.py tests/cli/test_hostile.py tests/cli/test_openapi.py tests/cli/test_process.py \
  tests/diagnosis/test_transcripts.py tests/docs tests/durable/test_attempts.py tests/gateway/test_command.py \
  tests/gateway/test_every_operation.py tests/gateway/test_fuzz.py tests/gateway/test_load.py \
  tests/gateway/test_money_fuzz.py tests/gateway/test_persistence.py tests/gateway/test_prepay.py \
  tests/gateway/test_soak.py tests/gateway/test_wall.py tests/prompt/test_completion.py \
  tests/runtimes/test_read_only.py tests/runtimes/test_windows.py tests/security/test_connection_file.py \
  tests/security/test_endless.py tests/security/test_explained.py tests/security/test_frames.py \
  tests/security/test_gateway_bounds.py tests/security/test_gateway_parsers.py \
  tests/testing_kit/cassettes/test_secrets.py tests/testing_kit/test_strategies.py tests/test_path_suggestions.py \
  tests/test_pytest_plugin.py

.PHONY: pictures soak soak-durable demo shop test check lint coverage messages bench bench-bills docs site-test peers runtimes packed spark pythons $(NEWER:%=python-%) suite fuzz hostile properties format clean

demo: $(VENV)/.installed
	$(BIN)/python -m wechatpay_chain.gateway.examples

# A shop in the browser, with a local WeChat Pay, on SQLite; build/shop keeps both.
shop: export SHOP_DATABASE = sqlite:///build/shop/shop.db
shop: export SHOP_BILLS = build/shop/bills
shop: export WECHATPAY_NOTIFY_URL = http://127.0.0.1:8000/wechatpay/notify
shop: $(VENV)/.shopped
	mkdir -p build/shop
	$(BIN)/wechatpay-chain gateway --data build/shop/gateway run $(BIN)/uvicorn examples.shop.deployment:app

test: $(VENV)/.tested
	$(BIN)/python -m pytest

check: lint coverage

lint: $(VENV)/.checked
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.chinese

coverage: $(VENV)/.checked
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(SIDE_BY_SIDE)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --skip-covered

bench: $(VENV)/.benched
	$(BIN)/python -m benchmarks

bench-bills: $(VENV)/.tested
	$(BIN)/python -m benchmarks.bills

docs: $(VENV)/.documented
	rm -rf docs/_build
	$(BIN)/python docs/_ext/wechatpay_site/diagrams.py
	PYTHONPATH=docs/_ext $(BIN)/python -m wechatpay_site.build

site-test: $(VENV)/.tested $(VENV)/.audited docs
	SITE_TEST=required $(BIN)/python -m pytest tests/site tests/console

# Clients that somebody else wrote, which tests/peers holds the gateway against; needs node and npm.
peers: $(VENV)/.peered

# Servers and event loops that people run clients in, which tests/runtimes starts.
runtimes: $(VENV)/.runnable

# PyInstaller, with which tests/packed freezes a program.
packed: $(VENV)/.packed

# Spark, on which tests/spark runs the statements of a reconciliation; needs Java.
spark: $(VENV)/.sparked

# Each newer Python that this machine has, on PATH or in pyenv.
pythons: $(NEWER:%=python-%)

$(NEWER:%=python-%): python-%:
	@for python in python$* "$${PYENV_ROOT:-$$HOME/.pyenv}"/versions/$*.*/bin/python; do \
	    if "$$python" -c 'import ensurepip' 2>/dev/null; then \
	        exec $(MAKE) suite VENV=.venv-$* PYTHON="$$python"; \
	    fi; \
	done; echo "Python $* is not on this machine"

suite: $(VENV)/.tested
	$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(LEFT_OUT:%=--ignore=%)

# Coverage-guided, SECONDS a target, two targets at a time; a finding stays in build/fuzz/TARGET/.
SECONDS ?= 1200
FUZZ := xml notification keys certificates url response connection_file gateway bill

fuzz: $(VENV)/.fuzzed
	$(MAKE) --jobs 2 --keep-going --output-sync=target $(FUZZ:%=fuzz-%)

fuzz-%: $(VENV)/.fuzzed
	$(BIN)/python -m tests.fuzz $* $(SECONDS)

# The messages of the code into the Chinese catalogue; what is new there waits for its translation.
messages: $(VENV)/.checked
	$(BIN)/python stubs/translations.py

format: $(VENV)/.checked
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python -m wechatpay_chain.catalogue.formatting
	$(BIN)/python docs/_ext/wechatpay_site/diagrams.py
	$(BIN)/python docs/_ext/wechatpay_site/migration.py
	$(BIN)/python docs/_ext/wechatpay_site/php.py

# The pictures of the README: what pyright completes, and the gateway's console; needs Chromium
# and a Chinese font.
pictures: $(VENV)/.checked $(VENV)/.documented
	$(BIN)/python -m tests.pictures

# 50,000 calls under a storm of faults, outages and key rotations, then four processes that share
# certificates in Redis while the keys rotate; prints what was counted.
soak: $(VENV)/.tested
	$(BIN)/python -m tests.soak

# Inbox and outbox on each database, with processes that are killed and databases that restart;
# prints what was counted; then 10,000 orders in which things may happen. PostgreSQL and MariaDB must
# be installed, and need not run.
soak-durable: $(VENV)/.tested
	$(BIN)/python -m tests.soak_durable
	$(BIN)/python -m pytest --hypothesis-profile most tests/durable/test_stateful.py

# 20,000 hostile responses and 10,000 interleavings of responses, in the sync and in the async world.
hostile: $(VENV)/.tested
	$(BIN)/python -m tests.security.hostile --count 20000
	$(BIN)/python -m tests.security.interleaving --count 10000

# The property tests with 2,000 examples each, and others in every run.
properties: $(VENV)/.tested
	$(BIN)/python -m pytest --hypothesis-profile many -m hypothesis

clean:
	rm -rf $(VENV) .venv-* .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed; run make PYTHON=python3.13 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"

$(VENV)/.installed: pyproject.toml $(STUBS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable ".[cli,durable,gateway]"
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

$(VENV)/.shopped: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group shop
	touch $@

$(VENV)/.checked: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group check
	touch $@

$(VENV)/.fuzzed: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group fuzz
	touch $@

$(VENV)/.benched: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group bench
	touch $@

$(VENV)/.documented: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group docs
	touch $@

$(VENV)/.audited: tests/browser/package.json $(BIN)/python
	mkdir -p $(VENV)/browser
	cp tests/browser/package.json $(VENV)/browser/
	npm install --silent --fetch-timeout 60000 --fetch-retries 2 --no-audit --no-fund --no-package-lock --prefix $(VENV)/browser
	touch $@

$(VENV)/.packed: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group packed
	touch $@

$(VENV)/.runnable: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group runtimes
	touch $@

$(VENV)/.sparked: $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group spark
	touch $@

$(VENV)/.peered: tests/peers/package.json $(VENV)/.tested
	$(BIN)/python -m pip install --quiet --group peers
	mkdir -p $(VENV)/peers
	cp tests/peers/package.json $(VENV)/peers/
	npm install --silent --fetch-timeout 60000 --fetch-retries 2 --no-audit --no-fund --no-package-lock --prefix $(VENV)/peers
	touch $@
