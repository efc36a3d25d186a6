"""The shared module of the chapter: hand-written helpers, and cells saved by `make lib`.

Importing it before MXNet and NumPy makes results repeat on other processors; hence the order of
imports in the notebooks.
"""

import contextlib
import os
from pathlib import Path

# Two OpenMP threads on two shared cores are ten times slower than one, and one thread adds numbers
# in one order. The libraries read these variables once, when they load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A wider vector unit adds in another order, and a long training amplifies the difference. What
# every x86 processor since 2015 has is as fast here.
with contextlib.suppress(OSError):  # not Linux
    if " avx2 " in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        os.environ.setdefault("DNNL_MAX_CPU_ISA", "AVX2")  # MXNet's kernels
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")  # matrix products
