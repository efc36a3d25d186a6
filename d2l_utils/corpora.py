"""Reading the data of this chapter: embedded files, files of your own, classic corpora on request.

`read_story`, `read_pairs` and `read_sunspots` read files that come with the book, or a file of your
own; none needs the network. `read_time_machine` and `read_tatoeba` return corpora that the
literature uses. Their files are taken from the folder named by the environment variable
`D2L_DATA_DIR` where it is set, else from the user's cache folder, else downloaded into that.
Whatever goes wrong ends in a `CorpusError` that names the file, the cause and the remedy.
"""

import contextlib
import functools
import hashlib
import io
import os
import sys
import time
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

# resolve(): notebooks import this module through a symbolic link in their own folder.
DATA = Path(__file__).resolve().parent.parent / "data"
STORY = DATA / "story.txt"
PAIRS = DATA / "eng-fra.tsv"
SUNSPOTS = DATA / "sunspots.csv"
ORIGINS = ("written", "grammar")

MIRRORS = (
    "https://d2l-data.s3-accelerate.amazonaws.com/",
    "https://d2l-data.s3.amazonaws.com/",
)
STALL_SECONDS = 20.0  # without a single byte
TOTAL_SECONDS = 600.0  # for a whole file: a server that drips keeps within STALL_SECONDS for ever
LEFTOVER_SECONDS = 3600.0  # no download lives longer, so an older temporary file is a dead one's


class Remote(NamedTuple):
    """A file on the mirrors: its name, its length in bytes and its SHA-256 in hexadecimal."""

    name: str
    size: int
    sha256: str


TIME_MACHINE = Remote(
    "timemachine.txt", 178_979, "8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516"
)
TATOEBA = Remote(
    "fra-eng.zip", 3_420_152, "fa96382b2c8b609e1662654c1e6e6baeb8d30b3bf63dfb4a5a261cc36347df13"
)
TATOEBA_MEMBER, TATOEBA_MEMBER_SIZE = "fra-eng/fra.txt", 11_669_748


class CorpusError(ValueError):
    """A corpus cannot be read; the message names the file, the line if any, cause and remedy."""


def read_story(path=STORY):
    """Return *The Clock That Finished Sentences*, the story of this book, as one string.

    Args: `path`, another UTF-8 text file, such as a book of your choice for the language models.
    Returns: str, lines ending in a single newline character.
    Raises: `CorpusError` if the file is missing, empty or not UTF-8.
    Source: `data/story.txt`, see `data/README.md`.
    """
    return _text(_bytes(path), path)


def read_pairs(path=PAIRS):
    """Return the English–French sentence pairs of this book.

    Args: `path`, another UTF-8 file of lines `english<TAB>french<TAB>origin` without a header; the
        origin is `written` (by hand) or `grammar` (generated).
    Returns: list of `(english, french)` tuples of str, in the order of the file.
    Raises: `CorpusError` if the file is missing, empty or not UTF-8, or a line is malformed.
    Source: `data/eng-fra.tsv`, see `data/README.md`.
    """
    pairs = []
    for place, (english, french, origin) in _rows(_text(_bytes(path), path), path, "\t", 3):
        if origin not in ORIGINS:
            raise _error(place, f"the origin {origin!r} is none of {ORIGINS}", "Correct that line")
        pairs.append((english, french))
    return pairs


def read_sunspots(path=SUNSPOTS):
    """Return the yearly mean number of sunspots.

    Args: `path`, another UTF-8 file with the header `year,sunspots` and one line a year.
    Returns: `(years, sunspots)`, two arrays of shape `(number of years,)`: consecutive calendar
        years as int64, and the yearly means of the daily sunspot number (a count) as float64.
    Raises: `CorpusError` if the file is missing, empty or not UTF-8, a line is malformed, a number
        is negative or not finite, or a year is left out.
    Source: `data/sunspots.csv`, see `data/README.md`.
    """
    years, sunspots = [], []
    rows = _rows(_text(_bytes(path), path), path, ",", 2)
    place, header = next(rows)
    if header != ["year", "sunspots"]:
        raise _error(place, f"found {','.join(header)!r}", "Begin with the header year,sunspots")
    for place, (year, number) in rows:
        try:
            year, number = int(year), float(number)
        except ValueError:
            cause = f"{year},{number} is not a year and a number"
            raise _error(place, cause, "Correct that line") from None
        if not (0 < year < 10_000 and 0 <= number < float("inf")):  # NaN fails this as well
            cause = f"year {year} or number {number} is out of range"
            raise _error(place, cause, "Give a year A.D. and a finite number that is not negative")
        if years and year != years[-1] + 1:
            raise _error(place, f"{year} follows {years[-1]}", "Give every year once, in order")
        years.append(year)
        sunspots.append(number)
    if not years:
        raise _error(path, "no year follows the header", "Add one line a year")
    return np.array(years, dtype=np.int64), np.array(sunspots, dtype=np.float64)


def read_time_machine():
    """Return *The Time Machine* by H. G. Wells (1895, public domain) as one string.

    Returns: str, 178,979 characters in 3,221 lines that end in a newline character.
    Raises: `CorpusError` if the file can neither be found nor downloaded unharmed.
    Source: `timemachine.txt` of https://d2l.ai, as in its chapter on recurrent networks.
    """
    return _text(_fetch(TIME_MACHINE), TIME_MACHINE.name)


def read_tatoeba():
    """Return the English–French pairs of the Tatoeba project (CC BY 2.0 France).

    Returns: list of 167,130 `(english, french)` tuples of str, shortest first. English sentences
        occur several times, with different translations.
    Raises: `CorpusError` if the file can neither be found nor downloaded unharmed.
    Source: `fra-eng.zip` of https://d2l.ai, selected by https://www.manythings.org/anki from
        https://tatoeba.org.
    """
    name = f"{TATOEBA.name}, {TATOEBA_MEMBER}"
    text = _text(_member(_fetch(TATOEBA), name, TATOEBA_MEMBER, TATOEBA_MEMBER_SIZE), name)
    return [(english, french) for _, (english, french) in _rows(text, name, "\t", 2)]


def _error(place, cause, remedy):
    return CorpusError(f"{place}: {cause}. {remedy}.")


def _bytes(path, remedy="Check the path; `git restore data` brings back the files of the book"):
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise _error(path, error.strerror or error, remedy) from None


def _text(content, name):
    """Decode UTF-8 with or without a byte order mark, and any convention of line ends."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"{name}, line {content[: error.start].count(10) + 1}"
        cause = f"byte {content[error.start]:#04x} is not UTF-8"
        raise _error(place, cause, "Save the file with the encoding UTF-8") from None
    if "\0" in text:  # UTF-16 of plain English is valid UTF-8, with a zero in every other place
        raise _error(name, "zero bytes, so not UTF-8", "Save the file with the encoding UTF-8")
    if not text.strip():
        raise _error(name, "the file is empty", "Restore or download it again")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _rows(text, name, separator, columns):
    """Yield `(place for messages, list of fields)` for each line; no field may be blank."""
    # Not splitlines(), which would also cut at U+2028 and other characters inside a sentence.
    for number, line in enumerate(text.rstrip("\n").split("\n"), start=1):
        fields, place = line.split(separator), f"{name}, line {number}"
        if len(fields) != columns:
            cause = f"{len(fields)} instead of {columns} columns separated by {separator!r}"
            raise _error(place, cause, "Correct that line")
        if not all(field.strip() for field in fields):
            raise _error(place, "a column is blank", "Fill in or delete that line")
        yield place, fields


def _member(archive, name, member, size):
    """Return the bytes of one member of a zip file, in memory: no name in it becomes a path."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened, opened.open(member) as stream:
            content = stream.read(size + 1)  # whatever size the zip file claims
    except Exception as error:  # the failures of zipfile have no common base
        raise _error(name, f"cannot be unpacked ({error})", "Download it again") from None
    if len(content) != size:
        raise _error(name, f"does not hold the expected {size} bytes", "Download it again")
    return content


def _verified(path, remote, remedy):
    content = _bytes(path, remedy)
    if hashlib.sha256(content).hexdigest() != remote.sha256:
        cause = f"damaged or another edition, for its SHA-256 is not {remote.sha256}"
        raise _error(path, cause, remedy)
    return content


def _fetch(remote):
    """Return the content of `remote` from `D2L_DATA_DIR`, else the cache, else the mirrors.

    Safe with several processes: pooch downloads to a temporary file for each and renames it once
    its hash is right. Several at once may download the same file; none sees half of it.
    """
    if folder := os.environ.get("D2L_DATA_DIR"):
        remedy = f"Put the right {remote.name} there, or unset D2L_DATA_DIR to download it"
        return _verified(Path(folder).expanduser() / remote.name, remote, remedy)
    import pooch  # here, so that the embedded data need neither pooch nor requests
    import requests
    import urllib3

    pooch.get_logger().setLevel("WARNING")  # the progress bar says it better
    cache, failures = pooch.os_cache("d2l-rnn"), []
    download = functools.partial(_download, size=remote.size)
    for mirror in MIRRORS:
        url, known_hash = mirror + remote.name, f"sha256:{remote.sha256}"
        try:
            path = pooch.retrieve(url, known_hash, remote.name, cache, downloader=download)
            return _verified(path, remote, "Try again")
        except (requests.RequestException, urllib3.exceptions.HTTPError, ValueError) as error:
            failures.append(f"\n  {url}: {error}")
        except OSError as error:  # the disk: urllib3 wraps whatever the network raises
            remedy = "Free space, set XDG_CACHE_HOME to a folder you may write to, or D2L_DATA_DIR"
            raise _error(cache / remote.name, error.strerror or error, remedy) from None
    remedy = "Check the network, or put the file into a folder and name that in D2L_DATA_DIR"
    raise _error(remote.name, "no mirror delivered the right file", remedy + "".join(failures))


def _download(url, target, _pooch, size):
    """Write `url` to the file `target`, bounded in time and length, which pooch's own is not."""
    import requests
    from tqdm import tqdm

    for leftover in Path(target).parent.glob("tmp*"):  # of processes killed in the middle
        with contextlib.suppress(OSError):  # another process may be faster
            if time.time() - leftover.stat().st_mtime > LEFTOVER_SECONDS:
                leftover.unlink()
    # Jupyter's stderr is no terminal, though somebody watches it; under pytest nobody does.
    watched = sys.stderr.isatty() or "ipykernel" in sys.modules
    hidden = not watched or "PYTEST_VERSION" in os.environ
    deadline, length = time.monotonic() + TOTAL_SECONDS, 0
    with (
        open(target, "wb") as file,
        requests.get(url, stream=True, timeout=STALL_SECONDS) as response,
        tqdm(total=size, unit="B", unit_scale=True, desc=Path(url).name, disable=hidden) as bar,
    ):
        response.raise_for_status()
        # Unlike pooch's read, read1 returns what has arrived, so that the deadline is looked at.
        while block := response.raw.read1(65536, decode_content=True):
            length += len(block)
            if time.monotonic() > deadline:
                raise requests.Timeout(f"not complete after {TOTAL_SECONDS} seconds")
            if length > size:
                raise requests.RequestException(f"longer than the expected {size} bytes")
            file.write(block)
            bar.update(len(block))
