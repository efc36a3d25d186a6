"""The shared module of the chapter: hand-written helpers, and cells saved by `make lib`."""

import os

# MXNet reads this once, when it loads: two OpenMP threads on two shared cores are ten times slower
# than one, and one thread adds numbers in one order, so that outputs repeat.
os.environ.setdefault("OMP_NUM_THREADS", "1")
