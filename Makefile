# Each command sets up what it needs; a second call reuses it. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help lab book pdf test run lib references lock evidence mutants bench
PYTHON := .venv/bin/python
# Two OpenMP threads on two shared cores are ten times slower than one, and one is reproducible.
export OMP_NUM_THREADS := 1
export SOURCE_DATE_EPOCH := 0

help:  ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

# lab_settings and the extension manager: JupyterLab itself asks no other host for news, updates or packages.
lab:  ## open JupyterLab on the chapter (LAB="--no-browser --port 8899" adds options)
	@tools/set_up.sh
	$(PYTHON) -m jupyter lab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/chapter_rnn/sequence.ipynb \
	  --LabApp.app_settings_dir=$(CURDIR)/tools/lab_settings --LabApp.extension_manager=readonly \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(LAB)

# make hands variables of its command line on to the commands: REPOSITORY, BRANCH and HUB reach book/conf.py.
book:  ## build the HTML book and print where it is (REPOSITORY=https://... adds launch buttons)
	@tools/set_up.sh book
	$(PYTHON) -m sphinx -b html -E -a -n -W --keep-going -q -c book -d build/doctrees chapter_rnn build/html
	@echo "The book: $(CURDIR)/build/html/index.html"

pdf: book  ## print the book as one PDF, with Chromium, and print where it is
	$(PYTHON) tools/print_book.py

test:  ## check everything: code, notebooks output by output, book
	@tools/set_up.sh book
	$(PYTHON) -m ruff check .
	$(PYTHON) -m pytest -n 2 --dist loadfile $(TEST)

run:  ## execute the notebooks and write them in their committed form (NB=file for one)
	@tools/set_up.sh
	$(PYTHON) tools/run_notebooks.py $(NB)

lib:  ## write the saved cells of the notebooks to d2l_utils/
	@tools/set_up.sh
	$(PYTHON) tools/save_cells.py

# CI: a check that is skipped, as without PyTorch, would lose its row.
evidence:  ## measure how closely independent calculations agree, for the page checks.md; needs PyTorch
	@tools/set_up.sh book
	CI=true AGREEMENT=record $(PYTHON) -m pytest -q tests

mutants:  ## break the saved code in small ways and report which the tests notice (ARGS="--only NAME", --list)
	@tools/set_up.sh book
	$(PYTHON) tools/mutate.py $(ARGS)

# On an otherwise idle machine. The part `torch` needs PyTorch, `quality` the classic corpus.
bench:  ## measure speed and quality for the page benchmarks.md, half an hour (D2L_DATA_DIR=folder of the corpora)
	@tools/set_up.sh book
	for part in torch scratch loop cost; do $(PYTHON) benchmarks/speed.py $$part || exit; done
	$(PYTHON) benchmarks/quality.py
	$(PYTHON) benchmarks/results.py

references:  ## write chapter_rnn/references.md from chapter_rnn/references.bib
	@tools/set_up.sh
	$(PYTHON) tools/write_references.py

lock:  ## pin the newest allowed packages in requirements.txt
	@tools/set_up.sh
	PATH="$(CURDIR)/.venv/uv/bin:$$PATH" uv pip compile --quiet pyproject.toml --all-extras --universal -p 3.11 --generate-hashes --only-binary :all: \
	  --no-annotate --no-header --upgrade -o requirements.txt
