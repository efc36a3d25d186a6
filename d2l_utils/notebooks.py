"""The functions of a section that it does not save, for the solutions of its exercises."""

import ast
import json
from pathlib import Path
from types import ModuleType

CHAPTER = Path(__file__).resolve().parent.parent / "chapter_rnn"
KEPT = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef


def functions_of(section, **names):
    """Return a module with the imports, functions and classes of a section's code cells.

    Nothing else in them is run.

    Args: `section`, such as "gru"; `names`, values that the functions look up and that the section
        computes, such as `num_hiddens=32`.
    Raises: ValueError where there is no such section.
    """
    path = CHAPTER / f"{section}.ipynb"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in CHAPTER.glob("*.ipynb")))
        raise ValueError(f"no section {section!r}: take one of {known}")
    module = ModuleType(section)
    vars(module).update(names)
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            lines = "".join(cell["source"]).splitlines()
            tree = ast.parse("\n".join(line for line in lines if not line.startswith("%")))
            tree.body = [node for node in tree.body if isinstance(node, KEPT)]
            exec(compile(tree, str(path), "exec"), vars(module))
    return module
