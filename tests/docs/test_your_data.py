"""The guide to one's own data: everything that stands in a box is run, in order, on small data."""

import io
import re
import shlex
import tarfile
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import soundfile
from click.testing import CliRunner

from anygan.cli.app import app

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "your-data.md"
BOXES = re.findall(r"^```(bash|python)\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def picture(i: int, form: str) -> bytes:
    content = io.BytesIO()
    PIL.Image.new("RGB", (16, 16), (i * 20 % 256, 90, 30)).save(content, form)
    return content.getvalue()


def tone(i: int) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, 0.5 * np.sin(np.arange(1600) * (0.1 + i / 30)), 8000, format="WAV")
    return content.getvalue()


def lay(name: str, content: bytes) -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(content)


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the guide says lies there: every row of ``mine`` and ``shards`` lacks something now and then."""
    monkeypatch.chdir(tmp_path)
    for i in range(16):
        if i % 3:
            lay(f"mine/image/{i:04}.png", picture(i, "PNG"))
        if i % 4:
            lay(f"mine/audio/{i:04}.wav", tone(i))
        lay(f"mine/text/{i:04}.txt", f"a {('low', 'high')[i % 2]} tone\n".encode())
        lay(f"pets/{('cat', 'dog')[i % 2]}/{i}.jpg", picture(i, "JPEG"))
    Path("shards").mkdir()
    for number in range(2):
        with tarfile.open(f"shards/s-{number:03}.tar", "w") as archive:
            for i in range(8):
                for name, content in ((f"{i}.png", picture(i, "PNG")), (f"{i}.cls", b"1")):
                    if i or name.endswith("cls"):
                        info = tarfile.TarInfo(name)
                        info.size = len(content)
                        archive.addfile(info, io.BytesIO(content))
    lines = [f"{i},{'' if i % 5 == 0 else 30 + i},2024-05-{i + 1:02},{i % 3}" for i in range(20)]
    Path("patients.csv").write_text("\n".join(["number,age,came,ward", *lines]))


@pytest.mark.usefixtures("_folder")
def test_everything_in_a_box_runs() -> None:
    assert {language for language, _ in BOXES} == {"bash", "python"}
    ran = []
    for language, box in BOXES:
        if language == "python":
            names: dict[str, object] = {}
            exec(box, names)
            ran.append(str(names["data"].kinds))  # type: ignore[attr-defined]
            continue
        for line in box.splitlines():
            name, *words = shlex.split(line)
            assert name == "anygan"
            result = CliRunner().invoke(app, words, prog_name="anygan")
            assert result.exit_code == 0, f"{line}\n{result.output}"
            ran.append(result.stdout)
    assert len(ran) >= 9
    assert "mine" in ran[0]
    assert "'label'" in ran[1]
    assert "2 tar shards" in ran[2]
    assert "ward  category" in re.sub(" +", "  ", ran[4])
    assert ran[-1] == "{'table': 'table', 'note': 'text'}"
    whole = Path("whole")
    assert {file.read_bytes() for file in whole.glob("image/*")} == {
        file.read_bytes() for file in Path("mine/image").iterdir()
    }
    assert len(list(whole.glob("filled/image/*"))) == 6


def test_every_shape_of_the_guide_is_one_that_readers_name() -> None:
    told = GUIDE.read_text("utf-8")
    for shape in ("metadata.csv", "image/0001.png", "cat/1.jpg", "s-{000..003}.tar", "IterableDataset", "polars"):
        assert shape in told
