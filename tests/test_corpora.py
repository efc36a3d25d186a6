"""The readers of `d2l_utils.corpora`: the embedded files, D2L_DATA_DIR, the zip file.

Set D2L_DATA_DIR to a folder with the true classic files to have these read as well.
"""

import hashlib
import io
import os
import re
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from pathlib import Path

from d2l_utils import corpora
from d2l_utils.corpora import CorpusError, Remote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
TRUE_DATA = os.environ.get("D2L_DATA_DIR")
TEXT = "The fire burned brightly.\nTime flies – still.\n"
BODY = TEXT.encode()
MEMBER = "Go.\tVa\u202f!\nHi.\tSalut\u202f!\n".encode()
PAIRS = [("Go.", "Va\u202f!"), ("Hi.", "Salut\u202f!")]


def remote_of(name, body):
    return Remote(name, len(body), hashlib.sha256(body).hexdigest())


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# ------------------------------------------------------------------------------ embedded corpora


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "own-file"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_sunspots_are_the_yearly_record():
    years, sunspots = corpora.read_sunspots()
    np.testing.assert_array_equal(years, np.arange(1700, 2009))
    assert years.dtype == np.int64 and sunspots.dtype == np.float64
    assert sunspots.shape == (309,)
    assert sunspots[0] == 5 and years[sunspots.argmax()] == 1957


def test_text_is_returned_as_it_stands(write):
    assert corpora.read_story(write('Chapter 1\n\nÉmile said: "No."\n')) == (
        'Chapter 1\n\nÉmile said: "No."\n'
    )


@pytest.mark.parametrize("encode", [lambda text: b"\xef\xbb\xbf" + text.encode(), str.encode])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_written_on_any_system_read_the_same(write, encode, end):
    path = write(encode(f"Go.\tVa !{end}Hi.\tSalut !{end}"))
    assert corpora.read_story(str(path)) == "Go.\tVa !\nHi.\tSalut !\n"


sentences = st.text(st.characters(codec="utf-8", exclude_characters="\t\n\r\0\ufeff"), min_size=1)
sentences = sentences.filter(str.strip)


@settings(deadline=None)  # machines are busy
@given(st.lists(st.tuples(sentences, sentences), min_size=1), st.sampled_from(["\n", "\r\n"]))
def test_pairs_come_back_as_they_were_written(pairs, end):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.tsv"
        lines = [f"{english}\t{french}\twritten{end}" for english, french in pairs]
        path.write_bytes("".join(lines).encode())
        assert corpora.read_pairs(path) == pairs


READERS = [corpora.read_story, corpora.read_pairs, corpora.read_sunspots]
ENCODINGS = "Été\n".encode("latin-1"), "Time\n".encode("utf-16"), "Time\n".encode("utf-16-le")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_empty_file(read, content, write):
    with pytest.raises(CorpusError, match="own-file: the file is empty. Restore"):
        read(write(content))


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", ENCODINGS)
def test_another_encoding(read, content, write):
    with pytest.raises(CorpusError, match="own-file.*not UTF-8. Save .* UTF-8"):
        read(write(content))


def test_another_encoding_names_the_line(write):
    with pytest.raises(CorpusError, match="own-file, line 3: byte 0xe9 is not UTF-8"):
        corpora.read_story(write("Un\ndeux\nécole\n".encode("latin-1")))


@pytest.mark.parametrize("read", READERS)
def test_missing_file_and_folder(read, tmp_path):
    with pytest.raises(CorpusError, match="nothing.txt: No such file.*Check the path"):
        read(tmp_path / "nothing.txt")
    with pytest.raises(CorpusError, match="Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize(
    "line, cause",
    [
        ("Go.\tVa !", "2 instead of 3 columns"),
        ("Go.", "1 instead of 3 columns"),
        ("Go.\tVa !\twritten\tme", "4 instead of 3 columns"),
        ("", "1 instead of 3 columns"),
        ("Go.\t \twritten", "a column is blank"),
        ("Go.\tVa !\tcopied", "the origin 'copied' is none of"),
    ],
)
def test_malformed_pair(line, cause, write):
    good = "Hi.\tSalut !\tgrammar\n"
    with pytest.raises(CorpusError, match=f"own-file, line 2: {cause}.*that line"):
        corpora.read_pairs(write(good + line + "\n" + good))


@pytest.mark.parametrize(
    "lines, where",
    [
        ("1700,5", "line 1: found '1700,5'. Begin with the header"),
        ("year,sunspots", "no year follows the header"),
        ("year,sunspots\n1700", "line 2: 1 instead of 2 columns"),
        ("year,sunspots\n1700,5,6", "line 2: 3 instead of 2 columns"),
        ("year,sunspots\n1700,5\n1701,many", "line 3: 1701,many is not a year and a number"),
        ("year,sunspots\n1700.5,5", "line 2: 1700.5,5 is not a year"),
        ("year,sunspots\n1700,nan", "line 2: year 1700 or number nan is out of range"),
        ("year,sunspots\n1700,1e999", "number inf is out of range"),
        ("year,sunspots\n1700,-1", "number -1.0 is out of range"),
        ("year,sunspots\n99999999999999999999,1", "out of range"),
        ("year,sunspots\n1700,5\n1702,5", "line 3: 1702 follows 1700. Give every year once"),
        ("year,sunspots\n1700,5\n1700,5", "line 3: 1700 follows 1700"),
    ],
)
def test_malformed_sunspots(lines, where, write):
    with pytest.raises(CorpusError, match=re.escape(where)):
        corpora.read_sunspots(write(lines + "\n"))


def test_embedded_data_load_nothing_heavy_and_through_a_link(tmp_path):
    (tmp_path / "d2l_utils").symlink_to(ROOT / "d2l_utils")
    code = """if True:
        import sys
        from d2l_utils import corpora
        len(corpora.read_story()), len(corpora.read_pairs())
        print(len(corpora.read_sunspots()[0]), {"pooch", "requests", "mxnet"} & set(sys.modules))"""
    run = [sys.executable, "-W", "error", "-c", code]
    assert subprocess.check_output(run, cwd=tmp_path, text=True) == "309 set()\n"


# --------------------------------------------------------------------- D2L_DATA_DIR and the zip


@pytest.fixture
def given_folder(tmp_path, monkeypatch):
    """A folder named by D2L_DATA_DIR; nobody may look into the cache or ask a mirror."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(corpora, "MIRRORS", None)
    monkeypatch.setattr(corpora, "TIME_MACHINE", remote_of("timemachine.txt", BODY))
    folder = tmp_path / "given"
    folder.mkdir()
    monkeypatch.setenv("D2L_DATA_DIR", str(folder))
    yield folder
    assert not (tmp_path / "home").exists()


def test_given_folder_is_used(given_folder):
    (given_folder / "timemachine.txt").write_bytes(BODY)
    assert corpora.read_time_machine() == TEXT


@pytest.mark.parametrize("body, cause", [(None, "No such file"), (BODY[1:], "SHA-256 is not")])
def test_given_folder_without_the_right_file(given_folder, body, cause):
    if body:
        (given_folder / "timemachine.txt").write_bytes(body)
    with pytest.raises(CorpusError, match=f"given/timemachine.txt: .*{cause}.*D2L_DATA_DIR"):
        corpora.read_time_machine()


def archive_of(members):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return stream.getvalue()


@pytest.fixture
def give_zip(given_folder, monkeypatch):
    """Have `read_tatoeba` read a given zip file, and expect a member as long as MEMBER."""

    def give(archive):
        (given_folder / "fra-eng.zip").write_bytes(archive)
        monkeypatch.setattr(corpora, "TATOEBA", remote_of("fra-eng.zip", archive))
        monkeypatch.setattr(corpora, "TATOEBA_MEMBER_SIZE", len(MEMBER))

    return give


def test_zip_with_hostile_names_writes_nothing(give_zip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hostile = ["../evil.txt", "../../evil.txt", f"{tmp_path}/evil.txt", "fra-eng/../../evil.txt"]
    give_zip(archive_of({**dict.fromkeys(hostile, b"evil"), "fra-eng/fra.txt": MEMBER}))
    assert corpora.read_tatoeba() == PAIRS
    assert files(tmp_path) == ["fra-eng.zip"]
    assert not any((folder / "evil.txt").exists() for folder in tmp_path.parents)


@pytest.mark.parametrize("stated", [None, 10, len(MEMBER)])
def test_zip_bomb(stated, give_zip):
    bomb = archive_of({"fra-eng/fra.txt": bytes(100_000_000)})
    if stated:  # in the header of the member and in the directory at the end
        bomb = bomb.replace((100_000_000).to_bytes(4, "little"), stated.to_bytes(4, "little"))
    give_zip(bomb)
    tracemalloc.start()
    with pytest.raises(CorpusError, match="fra-eng.zip, fra-eng/fra.txt: .* Download it again"):
        corpora.read_tatoeba()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


@pytest.mark.parametrize(
    "archive, cause",
    [
        (b"<html>Log in to the hotel's network</html>", "cannot be unpacked .File is not a zip"),
        (archive_of({"fra.txt": MEMBER, "fra-eng\\fra.txt": MEMBER}), "cannot be unpacked .*fra"),
        (archive_of({"fra-eng/fra.txt": MEMBER[:-1]}), "does not hold the expected"),
        (archive_of({"fra-eng/fra.txt": MEMBER.replace(b"\t", b" ", 1)}), "line 1: 1 instead of 2"),
        (
            archive_of({"fra-eng/fra.txt": MEMBER.replace(b"!\nHi", b"\xe9\nHi")}),
            "line 1: byte 0xe9",
        ),
    ],
)
def test_zip_that_does_not_hold_the_pairs(archive, cause, give_zip):
    give_zip(archive)
    with pytest.raises(CorpusError, match=f"fra-eng.zip, fra-eng/fra.txt.*{cause}"):
        corpora.read_tatoeba()


@settings(deadline=None)
@given(st.data())
def test_damaged_zip_never_gives_anything_else(data):
    archive = bytearray(archive_of({"fra-eng/fra.txt": MEMBER, "fra-eng/_about.txt": b"Tatoeba"}))
    for _ in range(data.draw(st.integers(1, 3))):
        archive[data.draw(st.integers(0, len(archive) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert corpora._member(bytes(archive), "z", "fra-eng/fra.txt", len(MEMBER)) == MEMBER
    except CorpusError as error:
        assert str(error).startswith("z: ")


# -------------------------------------------------------------------------------- the true files

@pytest.mark.filterwarnings("ignore")  # of d2l's import
def test_mirrors_are_those_of_d2l_over_https():
    from d2l import mxnet as d2l

    assert corpora.MIRRORS[0] == d2l.DATA_URL.replace("http://", "https://")
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in corpora.MIRRORS)


true_files = pytest.mark.skipif(
    not TRUE_DATA, reason="D2L_DATA_DIR does not name a folder with the true classic files"
)


@true_files
def test_true_time_machine():
    text = corpora.read_time_machine()
    assert hashlib.sha1(text.encode()).hexdigest() == "090b5e7e70c295757f55df93cb0a180b9691891a"  # d2l's
    assert len(text.encode()) == 178_979 and text.count("\n") == 3221
    assert text.startswith("The Time Machine, by H. G. Wells [1898]\n")


@true_files
def test_true_tatoeba():
    pairs = corpora.read_tatoeba()
    assert len(pairs) == 167_130
    assert pairs[0] == ("Go.", "Va !") and all(len(pair) == 2 for pair in pairs)
