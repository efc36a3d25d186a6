"""The shared module of the chapter: hand-written helpers, and cells saved by `make lib`.

Importing it before MXNet and NumPy makes results repeat on other processors; hence the order of
imports in the notebooks.
"""

import contextlib
import ctypes
import os
from pathlib import Path

# Two OpenMP threads on two shared cores are ten times slower than one, and one thread adds numbers
# in one order. The libraries read these variables once, when they load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A wider vector unit adds in another order, and a long training amplifies the difference. What
# most x86 processors since 2015 have is as fast here.
with contextlib.suppress(OSError):  # not Linux
    if " avx2 " in Path("/proc/cpuinfo").read_text(encoding="utf-8"):
        os.environ.setdefault("DNNL_MAX_CPU_ISA", "AVX2")  # MXNet's kernels
        os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")  # matrix products

# Memory that an array gives up stays with the process for the next one. By default the C library may
# hand it back and ask again in every step of a training, which took up to a quarter of the time.
with contextlib.suppress(OSError, AttributeError):  # not glibc
    M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
    mallopt = ctypes.CDLL("libc.so.6").mallopt
    mallopt(M_TRIM_THRESHOLD, 2**30)
    mallopt(M_MMAP_THRESHOLD, 2**25)  # the largest value that it takes
