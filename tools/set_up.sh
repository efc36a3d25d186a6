#!/usr/bin/env bash
# Makes .venv with Python 3.11 and every package of requirements.txt; with `book`, KaTeX and axe-core as well.
# Does nothing where that is done already. Each trouble ends in one line that says what to do.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { echo "set-up: $*" >&2; exit 1; }

check_platform() {
    case "$(uname -s) $(uname -m)" in
        "Linux x86_64" | "Darwin x86_64") ;;
        *arm64 | *aarch64)
            fail "MXNet 1.9.1 has no package for this processor; work in a linux/amd64 container (docker run --platform linux/amd64 ...)." ;;
        MINGW* | MSYS* | CYGWIN*)
            fail "MXNet 1.9.1 has no package for Windows; install WSL (wsl --install) and run make there." ;;
        *) fail "MXNet 1.9.1 has no package for $(uname -s) on $(uname -m); use Linux on x86_64." ;;
    esac
}

find_uv() {  # prints the path of uv; installs it into .venv/uv where it is missing
    command -v uv && return
    [ -x .venv/uv/bin/uv ] && { echo .venv/uv/bin/uv; return; }
    command -v python3 >/dev/null || fail "no python3 and no uv found; install one of them (Debian: apt install python3-pip)."
    python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip to fetch uv with; install pip or uv (Debian: apt install python3-pip)."
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target .venv/uv uv==0.13.9 >&2 \
        || fail "pip could not install uv; look at its message above, then run make again."
    echo .venv/uv/bin/uv
}

install_python_packages() {
    if [ -f .venv/ready ] && cmp -s requirements.txt .venv/ready; then return; fi
    check_platform
    local uv
    uv=$(find_uv)
    rm -f .venv/ready
    "$uv" venv --quiet --python 3.11 --allow-existing .venv \
        || fail "Python 3.11 was neither found nor fetched; install it (Debian 12: apt install python3.11-venv) and run make again."
    echo "set-up: installing the packages of requirements.txt into .venv (about 1.4 GB, once)"
    VIRTUAL_ENV="$PWD/.venv" "$uv" pip install --quiet --compile-bytecode --require-hashes --only-binary :all: -r requirements.txt \
        || fail "the packages could not be installed; look at the message above, then run make again: nothing else needs undoing."
    .venv/bin/python tools/check_import.py
    cp requirements.txt .venv/ready.part && mv .venv/ready.part .venv/ready
}

install_book_packages() {
    local stamp=book/node_modules/ready
    if [ -f $stamp ] && cmp -s book/package-lock.json $stamp; then return; fi
    PATH="$PWD/.venv/bin:$PATH" .venv/bin/npm ci --silent --no-audit --no-fund --ignore-scripts --prefix book \
        || fail "npm could not install KaTeX (book/package-lock.json); check the network, then run make again."
    cp book/package-lock.json $stamp.part && mv $stamp.part $stamp
}

install_python_packages
[ "${1:-}" != book ] || install_book_packages
