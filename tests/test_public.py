"""The public names: sorted, all there, and loaded late."""

import subprocess
import sys

import anygan


def test_names_are_sorted_and_there() -> None:
    names = [n for n in anygan.__all__ if not n.startswith("_")]
    assert names == sorted(names)
    for name in anygan.__all__:
        assert getattr(anygan, name) is not None


def test_importing_the_package_does_not_load_torch() -> None:
    code = "import sys, anygan; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(anygan, "nothing_of_the_kind")
