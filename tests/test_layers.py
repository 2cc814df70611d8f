"""The layers of the house: imports go one way, down, and every module says what it is."""

import ast
import graphlib
import inspect
from pathlib import Path

import pytest

import anygan.errors

SOURCE = Path(inspect.getfile(anygan.errors)).parent
MODULES = {
    ".".join(["anygan", *path.relative_to(SOURCE).with_suffix("").parts]).removesuffix(".__init__"): path
    for path in sorted(SOURCE.rglob("*.py"))
}

LAYERS = (
    {"errors", "config", "device"},
    {"rows"},
    {"media", "nn", "losses", "penalties", "alignment", "metrics", "corruption"},
    {"modalities"},
    {"model", "data"},
    {"judging"},
    {"report", "training"},
    {"tasks"},
    {"evaluation"},
    {""},
    {"cli"},
    {"__main__"},
)
"""From the ground up. ``rows`` is the vocabulary that modalities and readers share, and so lies below both; the
package's own name is the front door, through which the command line comes too."""


def floor_of(module: str) -> int:
    """The layer of a module of ours, by the longest name that a layer lists."""
    inner = module.removeprefix("anygan").removeprefix(".")
    for name in (inner, inner.split(".")[0]):
        for floor, names in enumerate(LAYERS):
            if name in names:
                return floor
    raise AssertionError(f"{module} is on no floor: name it in LAYERS")


def parse(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text("utf-8"))


def imports_of(module: str, tree: ast.AST) -> set[str]:
    """Modules of ours that the tree, a part of the named module, imports."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" if f"{base}.{alias.name}" in MODULES else base for alias in node.names}
    return {name for name in found if name == "anygan" or name.startswith("anygan.")}


def test_there_is_a_house_to_look_at() -> None:
    assert "anygan.modalities.base" in MODULES
    assert "anygan.rows" in imports_of("anygan.modalities.base", parse("anygan.modalities.base"))


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    for imported in imports_of(module, parse(module)) - {module}:
        assert imported in MODULES, f"{module} imports {imported}, which does not exist"
        assert floor_of(imported) <= floor_of(module), f"{module} imports {imported}, which lies above it"


def test_judges_cannot_see_the_model() -> None:
    unseen = ("anygan.model", "anygan.modalities", "anygan.training", "anygan.tasks")
    judging = [module for module in MODULES if module.startswith("anygan.judging.")]
    assert len(judging) > 3
    for module in judging:
        assert not {name for name in imports_of(module, parse(module)) if name.startswith(unseen)}, module


def test_there_are_no_cycles() -> None:
    graph = {module: imports_of(module, parse(module)) - {module} for module in MODULES}
    graphlib.TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("module", MODULES)
def test_nothing_of_ours_is_imported_inside_a_function(module: str) -> None:
    # The faces answer --help and `import anygan` before torch is loaded: they alone may import late.
    if floor_of(module) >= LAYERS.index({""}):
        return
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            assert not imports_of(module, node), f"{module}:{node.lineno}"


@pytest.mark.parametrize("module", MODULES)
def test_every_module_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(parse(module)), f"{module} has no docstring"


@pytest.mark.parametrize("module", MODULES)
def test_public_names_are_sorted_and_exist(module: str) -> None:
    tree = parse(module)
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            names = ast.literal_eval(node.value)
            assert len(names) == len(set(names))
            # Constants, classes, functions, each group by name: the order that the linter keeps.
            assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
            if not any(isinstance(d, ast.FunctionDef) and d.name == "__getattr__" for d in tree.body):
                assert set(names) <= defined(tree), f"{module}: {set(names) - defined(tree)}"


def defined(tree: ast.Module) -> set[str]:
    """Names that a module binds at its top level."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}
    return names


@pytest.mark.parametrize("module", MODULES)
def test_no_name_says_nothing(module: str) -> None:
    assert MODULES[module].stem not in {"utils", "util", "common", "helpers", "misc", "manager", "factory"}
