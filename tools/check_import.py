"""Says in one line why MXNet cannot be loaded on this machine, and what to do about it."""

import sys

REMEDIES = {
    "libgomp": "install it (Debian, Ubuntu: apt install libgomp1)",
    "libquadmath": "install it (Debian, Ubuntu: apt install libquadmath0)",
}


def explain(error):
    """Return one line with the cause and the remedy for an OSError raised by `import mxnet`."""
    for library, remedy in REMEDIES.items():
        if library in str(error):
            return f"set-up: MXNet needs the system library {library}; {remedy} and run make again."
    return f"set-up: MXNet could not be loaded ({error}); see README.md, 'Trouble'."


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 11):
        sys.exit(
            f"set-up: .venv has Python {sys.version_info[0]}.{sys.version_info[1]}, "
            "but MXNet 1.9.1 needs 3.11; delete .venv, then run make again."
        )
    try:
        import mxnet  # noqa: F401  (only to see that it loads)
    except OSError as error:
        sys.exit(explain(error))
