# `make demo` tries it whole; `make test` tests it, but for what takes long (`make long`); `make check` judges the code;
# `make bench` measures; `make hostile` attacks it; `make crash` kills it; `make conformance` tries on a real Slack what
# the bot relies on, where a token is given.
.PHONY: image-check release-check sbom demo test long check crash faults bench bench-million hostile conformance pictures reference docs requirements

PORT ?= 8000
SLACK_PORT ?= 8001
DATA ?= .data
PYTEST ?=
export PORT SLACK_PORT DATA FRESH
# What is imported is compiled once, and not anew in each process that a demo or a test starts.
unexport PYTHONDONTWRITEBYTECODE

demo:
	@tools/venv requirements.txt
	@exec .venv/bin/python -m sandbox demo

test:
	@tools/venv requirements-dev.txt
	@SLACK_CONFORMANCE_TOKEN= .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not long" $(PYTEST)

long:
	@tools/venv requirements-dev.txt
	@TEST_SCOPE=all .venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m long $(PYTEST)

check:
	@tools/venv requirements-dev.txt
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

# Performs the Dockerfile's steps without Docker, in a root of Debian's packages, and runs the program there as its own user on a
# read-only root. Needs root, debootstrap and bubblewrap.
image-check:
	@python3 tools/image_check.py

# Installs what a release would give from a clean clone of what is committed, with hashes, and runs it.
release-check:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m tools.release_check

# Writes .data/sbom.json: what is shipped, with versions, hashes and licences, as CycloneDX.
sbom:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m tools.sbom

conformance:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m pytest tests/conformance $(PYTEST)

# Kills the program at random moments, 30 times on each kind of database; KILLS and SEED say otherwise.
crash:
	@tools/venv requirements-dev.txt
	@KILLS=$${KILLS:-30} .venv/bin/python -m pytest -s tests/chaos/test_killed.py

# Days on which three of ten calls fail, at length; a short one is in `make long`.
faults:
	@tools/venv requirements-dev.txt
	@KILLS=$${KILLS:-30} .venv/bin/python -m pytest -s tests/chaos/test_faults.py

# In parts, each of which prints its figures and what it took: `BENCH="--only pressing,searches --rounds 5"`.
bench:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m bench $(BENCH)

# What grows with the number of cases: fills stores of 10,000, 100,000 and a million of them, keeps them for the next time,
# and asks every list, search, act and job of both databases. One's own query at a size of one's own, with its plan:
#   python -m bench million --sizes 10000,100000 --database sqlite --only search,lists.all --explain
# A new query gets its line in bench/million/questions.py. `--clear` removes the kept stores; see also `--help`.
bench-million:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m bench million $(MILLION)

# Attacks the real program from this machine, in five minutes at most: how long its event loop stands still, how long presses
# wait meanwhile, and whether the memory comes back. `HOSTILE="--only searches,archives --places"` says where it stood.
hostile:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m bench hostile $(HOSTILE)

# Takes the README's pictures and the officers' handbook's of a demo of its own; needs Chromium.
pictures:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m sandbox pictures

# Writes docs/reference from the program's own words.
reference:
	@tools/venv requirements-dev.txt
	@.venv/bin/python -m tools.reference

# Builds the documentation as a site, in .data/site. A link that leads nowhere fails.
docs:
	@tools/venv requirements-dev.txt
	@NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict --quiet

# Renews the pinned requirements from pyproject.toml; needs uv.
requirements:
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
		--extra sandbox pyproject.toml -o requirements.txt
	uv pip compile --universal --generate-hashes --no-header --no-emit-index-url --python-version 3.11 \
		--extra sandbox --extra dev pyproject.toml -o requirements-dev.txt
