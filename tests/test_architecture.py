"""Who may import whom, read from the sources: CONTRIBUTING.md's table, held."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("spec", "kernels", "networks", "runtime", "export", "training", "stream")

# What each room may import of ours beside itself and the errors.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "spec": (),
    "kernels": ("spec",),
    "networks": ("spec", "kernels"),
    "runtime": ("spec", "kernels"),
    "export": ("spec", "kernels", "networks", "runtime"),
    "training": (
        *("spec", "kernels", "networks", "runtime", "export"),
        "stream.clip",  # its reader and writer
    ),
    "stream": ("spec", "runtime"),
}
# A laptop install has none of these: they are imported inside functions.
NOT_AT_MODULE_LEVEL = {
    "runtime": ("torch", "triton", "tensorrt", "openvino", "onnx", "onnxruntime"),
    "stream": ("torch", "triton", "tensorrt", "openvino", "onnx", "onnxruntime"),
    "kernels": ("triton",),
}
LAYOUT_NUMBERS = {33, 49, 73}
"""Numbers of landmarks and of a surface's channels, wherever they stand."""
PART_NUMBERS = {23, 24, 25}
"""And these where they index or slice something, or are its size."""
OF_OTHER_THINGS = {
    "runtime/drivers/face/mesh.py",  # its points are the face's
    "networks/iuv.py",  # its bones are pairs of landmarks
    "runtime/drivers/face",  # points of a face mesh
    "training/people",  # its anatomy is where parts, bones and landmarks are defined
    "stream/sources/barcode.py",  # cells
    "stream/sinks/fixed_size.py",  # milliseconds
}


def modules() -> dict[str, Path]:
    """Every module by its name, as it is imported."""
    found = {}
    for room in ROOMS:
        folder = ROOT / "src" / "bunraku" / "spec" if room == "spec" else ROOT / room
        for path in sorted(folder.rglob("*.py")):
            parts = ("bunraku", room, *path.relative_to(folder).with_suffix("").parts)
            found[".".join(parts).removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imported(tree: ast.AST, *, at_module_level: bool = False) -> Iterator[str]:
    """Names of what a module imports, not counting what is for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if at_module_level and isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                name = f"{module}.{alias.name}"
                yield name if name in MODULES or module == "bunraku" else module
        else:
            yield from imported(node, at_module_level=at_module_level)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def trees() -> dict[str, ast.Module]:
    """Of every module; read by the process that runs these tests, not by all that collect them."""
    return {name: parsed(path) for name, path in MODULES.items()}


def test_there_is_something_to_read() -> None:
    assert len(MODULES) > 200
    assert "bunraku.runtime.generator" in set(imported(trees()["bunraku.runtime.models"]))


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_import_what_they_may(room: str) -> None:
    allowed = tuple(f"bunraku.{name}" for name in (room, "errors", *MAY_IMPORT[room]))
    if room == "spec":
        allowed = ("bunraku.spec",)
    wrong = [
        f"{name} imports {other}"
        for name, tree in trees().items()
        if name.split(".")[1] == room
        for other in imported(tree)
        if other.split(".")[0] == "bunraku"
        and not any(other == a or other.startswith(f"{a}.") for a in allowed)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", sorted(NOT_AT_MODULE_LEVEL))
def test_heavy_libraries_are_imported_where_they_are_used(room: str) -> None:
    heavy = NOT_AT_MODULE_LEVEL[room]
    wrong = [
        f"{name} imports {other}"
        for name, tree in trees().items()
        if name.split(".")[1] == room
        for other in imported(tree, at_module_level=True)
        if other.split(".")[0] in heavy and not name.rpartition(".")[2].startswith("triton_")
    ]
    assert wrong == []


def test_forms_in_triton_are_imported_where_they_are_used() -> None:
    wrong = [
        f"{name} imports {other}"
        for name, tree in trees().items()
        for other in imported(tree, at_module_level=True)
        if ".triton_" in other and not name.rpartition(".")[2].startswith("triton_")
    ]
    assert wrong == []


def test_files_do_not_import_in_circles() -> None:
    graph = {name: set(imported(tree)) & MODULES.keys() for name, tree in trees().items()}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way[way.index(name) :], name))
        if name in done:
            return
        for other in sorted(graph[name]):
            if other != name:
                visit(other, (*way, name))
        done.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_command_line_is_imported_by_nobody() -> None:
    wrong = [
        n for n, tree in trees().items() for o in imported(tree) if o.startswith("bunraku.comm")
    ]
    assert wrong == []


def layout_literals(tree: ast.AST) -> Iterator[int]:
    """Numbers that mean channels or parts of a surface."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and type(node.value) is int:
            if node.value in LAYOUT_NUMBERS:
                yield node.value
        elif isinstance(node, (ast.Slice, ast.Subscript)):
            inside = node if isinstance(node, ast.Slice) else node.slice
            yield from (
                constant.value
                for constant in ast.walk(inside)
                if isinstance(constant, ast.Constant)
                and type(constant.value) is int
                and constant.value in PART_NUMBERS
            )


def test_layouts_stand_in_spec_alone() -> None:
    strays = []
    for name, path in MODULES.items():
        place = path.relative_to(ROOT).as_posix()
        if name.startswith("bunraku.spec") or any(place.startswith(o) for o in OF_OTHER_THINGS):
            continue
        strays += [f"{place}: {number}" for number in layout_literals(trees()[name])]
    assert strays == []


def test_packages_are_links_to_the_rooms() -> None:
    for room in ROOMS[1:]:
        link = ROOT / "src" / "bunraku" / room
        assert link.is_symlink(), room
        assert link.resolve() == (ROOT / room).resolve()
