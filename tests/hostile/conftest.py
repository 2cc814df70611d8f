"""What every test of hostile files stands on."""

import pytest
from hostile_files import folder_of, inspected


@pytest.fixture(scope="session", autouse=True)
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A tame folder of each kind is read first: what a program loads at first use is no fault of a file's."""
    for header in ("image_file_name", "audio_file_name"):
        assert inspected(folder_of(tmp_path_factory.mktemp("tame") / "data", {}, header))[1] == ""
