"""Loads MXNet before warnings become errors: its import alone raises a dozen deprecation warnings."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import d2l_utils  # noqa: F401  (sets the thread count, so it comes before MXNet)
    import mxnet  # noqa: F401  # isort: skip
