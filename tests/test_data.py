"""data/README.md tells the truth about the files beside it."""

import hashlib
import re
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"


def test_every_data_file_is_listed_with_its_hash():
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.iterdir():
        if path.name != "README.md":
            row = re.search(rf"^\| `{re.escape(path.name)}` .*`([0-9a-f]{{64}})` \|$", text, re.MULTILINE)
            assert row and row[1] == hashlib.sha256(path.read_bytes()).hexdigest(), path.name
