"""Small modules, small functions: the budgets of the house, measured."""

import ast
import statistics
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(chain((ROOT / "bot").rglob("*.py"), (ROOT / "cards").rglob("*.py")))
LONGEST_MODULE = 300
MEDIAN_MODULE = 120
LONGEST_FUNCTION = 40
SHADY = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def test_modules_are_small() -> None:
    sizes = {path.relative_to(ROOT): lines(path) for path in SOURCES if lines(path) > 1}
    assert len(sizes) > 30
    assert {path: size for path, size in sizes.items() if size > LONGEST_MODULE} == {}
    assert statistics.median(sizes.values()) <= MEDIAN_MODULE


def test_functions_are_small() -> None:
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                if size > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = size
    assert long == {}


def test_imports_stand_at_the_top() -> None:
    inner = [
        f"{path.relative_to(ROOT)}:{child.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for child in ast.walk(node)
        if isinstance(child, ast.Import | ast.ImportFrom)
    ]
    assert inner == []


def test_modules_are_named_for_what_they_know() -> None:
    assert [path for path in SOURCES if path.stem in SHADY] == []


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    ]
    # The demo hands its own on to the programs it starts.
    assert set(readers) <= {"bot/config.py", "bot/sandbox/demo/programs.py"}
