PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed

BENCH := .venv-bench/bin
BENCH_INSTALLED := .venv-bench/.installed
RELEASE := .venv-release/bin
RELEASE_INSTALLED := .venv-release/.installed
FUZZ := .venv-fuzz/bin
FUZZ_INSTALLED := .venv-fuzz/.installed
SPARK := .venv-spark/bin
SPARK_INSTALLED := .venv-spark/.installed
SPARK_TESTS := $(SPARK)/python -m pytest -c tests/spark/pytest.ini --rootdir . --confcutdir tests -q tests/spark
COMPILE := $(BIN)/python -c 'import sys, hatch_build; sys.exit(not hatch_build.compile_kernel())'
DOCS := .venv-docs/bin
DOCS_INSTALLED := .venv-docs/.installed
CONVOKIT_INSTALLED := .convokit/.installed

# What development and the tests install of the extras: all that is small.
EXTRAS := $(foreach extra,plots report excel s3 duckdb polars dask,--extra $(extra))

.PHONY: help demo test lint types pytest spark format docs bench metrics engines talk calibration startup fuzz sanitize constraints clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

demo: $(INSTALLED) ## set up, then run the demonstration: no account needed
	@$(BIN)/caldframe demo

test: lint types pytest spark ## set up, then lint, check the format and the types, run all tests

lint: $(INSTALLED) ## lint and check the format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(INSTALLED) ## check the types
	@$(BIN)/mypy

pytest: $(INSTALLED) $(CONVOKIT_INSTALLED) ## run the tests alone
	@$(BIN)/pytest -n auto --dist worksteal -q

.PHONY: notebooks

notebooks: $(INSTALLED) ## run every notebook from its first cell to its last: one minute
	@$(BIN)/pytest -n auto --dist worksteal -q tests/test_notebooks.py

# An environment of its own, for Spark is larger than all else together, and needs Java. Twice, for a process has
# sessions of Spark or of Spark Connect, never both.
spark: $(INSTALLED) ## test on Spark, where there is Java: five minutes, and more the first time
	@if command -v java >/dev/null; then \
		$(MAKE) --no-print-directory $(SPARK_INSTALLED) && $(SPARK_TESTS) && CALDFRAME_SPARK=connect $(SPARK_TESTS); \
	else echo "There is no Java here: what is tested on Spark is left out."; fi

format: $(INSTALLED) ## format the code and mend what lint can mend
	@$(BIN)/ruff check --fix-only .
	@$(BIN)/ruff format .

docs: $(DOCS_INSTALLED) ## set up, then build the documentation's site into site/, and check its links
	@NO_MKDOCS_2_WARNING=1 $(DOCS)/mkdocs build --strict
	@$(DOCS)/python docs/building/check_site.py site
	@echo "Built: open site/index.html, or serve the folder if you want the search: python3 -m http.server -d site"

# WITH="--write docs/decoding.md" puts the tables in the documentation.
bench: $(BENCH_INSTALLED) ## set up, then measure decoding beside other libraries: 10 minutes
	@$(BENCH)/python -m benchmarks.decode $(WITH)

# WITH="--write docs/speed.md" puts the table in the documentation.
metrics: $(INSTALLED) ## measure what the metrics cost beside plain pandas: five minutes
	@$(BIN)/python -m benchmarks.metrics $(WITH)

# WITH="--write docs/conversations.md" puts the table in the documentation.
talk: $(INSTALLED) ## measure what counting words costs beside Polars and DuckDB: two minutes
	@$(BIN)/python -m benchmarks.talk $(WITH)

# WITH="--write docs/engines.md" puts the tables in the documentation; WITH="--calls 50000000" looks at memory.
engines: $(INSTALLED) ## measure the metrics on ten million calls in files, engine by engine: half an hour
	@$(BIN)/python -m benchmarks.engines $(WITH)

# WITH="--write docs/calibration.md" puts the tables in the documentation.
calibration: $(INSTALLED) ## count how often the intervals hold the truth: five minutes
	@$(BIN)/python -m benchmarks.calibration $(WITH)

package: $(INSTALLED) ## build the wheel and the sdist into dist/, twice with the same bytes, and look into them
	@$(BIN)/python -m releasing.package $(WITH)

# What others release decides about these two, not this source alone: so they are not part of the tests.
# Some of them: WITH="--only newest plots". Spark's half gigabyte too: WITH="--only spark lowest-spark".
installs: package $(RELEASE_INSTALLED) ## install the wheel at lowest and newest versions, and with each extra alone: four minutes
	@$(RELEASE)/python -m releasing.installs $(WITH)

# Without a network that answers: WITH="--database advisory-database".
audit: $(RELEASE_INSTALLED) ## hold what is pinned against known vulnerabilities
	@$(RELEASE)/python -m releasing.audit $(WITH)

# WITH="--write docs/startup.md" puts the table in the documentation.
startup: $(BENCH_INSTALLED) ## set up, then measure how long a start takes beside what it needs: two minutes
	@$(BENCH)/python -m benchmarks.startup $(WITH)

# An hour, or so long: WITH="--seconds 120". WITH="--write docs/reliability.md" puts the table in the documentation.
soak: $(INSTALLED) ## work against an API that misbehaves, and see whether anything grows: an hour
	@$(BIN)/python -m benchmarks.soak $(WITH)

# WITH="--write docs/reliability.md" puts the table in the documentation.
load: $(INSTALLED) ## fetch 100,000 calls at once, and sync 10,000 campaigns with 64 workers: ten minutes
	@$(BIN)/python -m benchmarks.load $(WITH)

# Each for so many seconds; one alone: HARNESSES=files. What else libFuzzer can be told: WITH="-jobs=2".
SECONDS_EACH ?= 60
HARNESSES ?= decode files answers redactor
fuzz: $(FUZZ_INSTALLED) ## set up, then look for bytes that break a promise: a minute for each way in
	@for harness in $(HARNESSES); do \
		echo "$$harness ..."; \
		$(FUZZ)/python -m fuzzing.run $$harness -max_total_time=$(SECONDS_EACH) -max_len=4000 -len_control=0 -timeout=20 $(WITH) || exit 1; \
	done

sanitize: $(INSTALLED) ## test the decoder with a kernel that watches memory: five minutes
	@CC="gcc -g -fsanitize=address,undefined -fno-sanitize-recover=all" $(COMPILE)
	@LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \
		$(BIN)/pytest -q tests/test_decode.py; done=$$?; $(COMPILE); exit $$done

.PHONY: archive kill soak load package installs audit

# WITH="--write docs/archive.md" puts the tables in the documentation.
archive: $(INSTALLED) ## measure the archive: its size, and what a sync takes: five minutes
	@$(BIN)/python -m benchmarks.archive $(WITH)

kill: $(INSTALLED) ## kill a sync 300 times, and see what the archive is worth: ten minutes
	@CALDFRAME_KILLS=300 $(BIN)/pytest -q tests/test_archive_faults.py -k killed

# Development is pinned to exact versions and hashes, so that every machine installs the same files.
$(INSTALLED): constraints.txt pyproject.toml hatch_build.py caldframe/decode/kernel.c
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "caldframe needs Python 3.11 or later; name one with: make PYTHON=python3.12")'
	@echo "Setting up .venv (a minute or two, once) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Beside it, so that development stays light; caldframe itself is taken from this folder, kernel included.
$(BENCH_INSTALLED): benchmarks/constraints.txt $(INSTALLED)
	@echo "Setting up .venv-bench (a minute or two, once) ..."
	@$(PYTHON) -m venv .venv-bench
	@$(BENCH)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r benchmarks/constraints.txt
	@touch $@

$(RELEASE_INSTALLED): releasing/constraints.txt
	@echo "Setting up .venv-release (half a minute, once) ..."
	@$(PYTHON) -m venv .venv-release
	@$(RELEASE)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r releasing/constraints.txt
	@touch $@

$(FUZZ_INSTALLED): fuzzing/constraints.txt $(INSTALLED)
	@echo "Setting up .venv-fuzz (a minute or two, once) ..."
	@$(PYTHON) -m venv .venv-fuzz
	@$(FUZZ)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r fuzzing/constraints.txt
	@touch $@

# The site is made from the sources as text, so caldframe and what it needs are not installed for it.
$(DOCS_INSTALLED): docs/constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the site needs Python 3.11 or later; name one with: make PYTHON=python3.12")'
	@echo "Setting up .venv-docs (half a minute, once) ..."
	@$(PYTHON) -m venv .venv-docs
	@$(DOCS)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r docs/constraints.txt
	@touch $@

# ConvoKit and what of its dependencies reading a corpus needs. All of them would be gigabytes; the others that it
# shares with the tests it takes from .venv.
$(CONVOKIT_INSTALLED): tests/convokit-constraints.txt $(INSTALLED)
	@echo "Setting up .convokit (half a minute, once) ..."
	@rm -rf .convokit
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --target .convokit -r tests/convokit-constraints.txt
	@touch $@

$(SPARK_INSTALLED): tests/spark/constraints.txt $(INSTALLED)
	@echo "Setting up .venv-spark (a minute or two, once) ..."
	@$(PYTHON) -m venv .venv-spark
	@$(SPARK)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r tests/spark/constraints.txt
	@$(SPARK)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

constraints: ## refresh constraints.txt to the newest versions that fit together
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --upgrade uv
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 $(EXTRAS) \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o constraints.txt
	@$(BIN)/uv pip compile pyproject.toml --group bench --constraints constraints.txt --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o benchmarks/constraints.txt
	@$(BIN)/uv pip compile pyproject.toml --group docs --constraints constraints.txt --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o docs/constraints.txt
	@$(BIN)/uv pip compile pyproject.toml --group fuzz --constraints constraints.txt --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o fuzzing/constraints.txt
	@$(BIN)/uv pip compile --group release --constraints constraints.txt --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o releasing/constraints.txt
	@$(BIN)/uv pip compile pyproject.toml --extra spark --group spark --constraints constraints.txt --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o tests/spark/constraints.txt
	@$(BIN)/uv pip compile --group convokit --constraints constraints.txt --no-deps --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet -o tests/convokit-constraints.txt

clean: ## remove what was made, the virtual environments too
	rm -rf .venv .venv-bench .venv-docs .venv-fuzz .venv-release .venv-spark .convokit .engines metastore_db spark-warehouse
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis fuzzing/corpus crash-* site build dist caldframe-demo
	rm -f caldframe/decode/_kernel.* caldframe/decode/._kernel.*
	find . -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) -prune -exec rm -rf {} +
