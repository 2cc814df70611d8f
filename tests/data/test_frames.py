"""Rows of other libraries, through the one door. What is not installed is skipped, with the reason."""

import datetime
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pyarrow
import pytest
from files_of_rows import lay, picture, sound

from anygan import load_data
from anygan.data.store import Store
from anygan.errors import DataError
from anygan.modalities import KINDS, Audio, Scale
from anygan.rows import DataSet

COLUMNS: dict[str, list[Any]] = {
    "age": [31, None, 4],
    "height": [1.5, 1.25, None],
    "born": [datetime.date(2024, 5, 31), None, datetime.date(2023, 1, 2)],
    "colour": ["red", "red", None],
    "smokes": [True, False, None],
    "note": ["tall and thin", None, "short and wide"],
    "place": [[1.0, 2.5], [3.0, 4.0], None],
}
KINDS_SAID = {"colour": "category"}


def as_it_should_be(data: DataSet) -> None:
    assert data.kinds == {"table": "table", "note": "text", "place": "vector"}
    rows = list(data.rows())
    assert rows[0]["table"] == {"age": 31, "height": 1.5, "born": "2024-05-31", "colour": "red", "smokes": True}
    assert rows[1]["table"] == {"age": None, "height": 1.25, "born": None, "colour": "red", "smokes": False}
    assert [row["note"] for row in rows] == COLUMNS["note"]
    assert [None if row["place"] is None else row["place"].tolist() for row in rows] == COLUMNS["place"]
    assert data.bad == ()


def test_a_frame_of_pandas() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({name: pandas.Series(values, dtype=object) for name, values in COLUMNS.items()})
    as_it_should_be(load_data(frame, kinds=KINDS_SAID))
    typed = frame.assign(age=frame["age"].astype("Int64"), smokes=frame["smokes"].astype("boolean"))
    typed["colour"] = typed["colour"].astype("category")
    typed["height"] = typed["height"].astype(float)
    as_it_should_be(load_data(typed.set_index(pandas.Index([7, 7, 9])), kinds=KINDS_SAID))
    times = pandas.DataFrame({"at": pandas.to_datetime(["2024-05-31 10:00", None]), "n": [1, 2]})
    assert [row["table"]["at"] for row in load_data(times).rows()] == ["2024-05-31T10:00:00", None]
    with pytest.raises(DataError, match="two columns are called 'n'"):
        load_data(pandas.concat([times, times], axis=1)[["n"]])
    with pytest.raises(DataError, match="at least one row"):
        load_data(pandas.DataFrame())


def test_a_frame_of_pandas_may_hold_pictures() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [PIL.Image.new("L", (2, 2)), None], "y": [picture(), picture(1)]})
    assert load_data(frame).kinds == {"x": "image", "y": "image"}


def test_a_frame_of_polars() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(COLUMNS)
    as_it_should_be(load_data(frame, kinds=KINDS_SAID))
    as_it_should_be(load_data(frame.lazy(), kinds=KINDS_SAID))
    as_it_should_be(load_data(frame.with_columns(polars.col("colour").cast(polars.Categorical)), kinds=KINDS_SAID))


def test_a_table_of_pyarrow() -> None:
    table = pyarrow.table(COLUMNS)
    as_it_should_be(load_data(table, kinds=KINDS_SAID))
    as_it_should_be(load_data(table.to_batches()[0], kinds=KINDS_SAID))


def test_rows_may_come_one_by_one() -> None:
    def rows() -> Iterator[dict[str, Any]]:
        for i in range(3):
            yield {name: values[i] for name, values in COLUMNS.items()}

    as_it_should_be(load_data(rows(), kinds=KINDS_SAID))


def test_files_may_be_packed_in_cells() -> None:
    webp = picture(7, form="WEBP")
    data = load_data([{"x": picture(3), "y": {"bytes": sound(), "path": None}, "z": {"bytes": webp, "path": "a.webp"}}])
    assert data.kinds == {"x": "image", "y": "audio", "z": "image"}
    assert {name: tuple(store.shape) for name, store in stored(data).cells.items()}["x"] == (1, 1, 4, 6)


def stored(data: DataSet) -> Store:
    return Store.read(data, {n: KINDS[c.kind].fit(n, c.cells, Scale()) for n, c in data.columns.items()})


@pytest.fixture
def hugging(tmp_path: Path) -> Any:
    """A ``datasets.Dataset`` with files in it and beside it, and gaps."""
    datasets = pytest.importorskip("datasets")
    lay(tmp_path, {"a.wav": sound(), "b.flac": sound(0.2, form="FLAC")})
    rows = {
        "photo": [{"bytes": picture(i), "path": f"{i}.png"} if i != 2 else None for i in range(4)],
        "voice": [
            {"bytes": None, "path": str(tmp_path / name)} if name else None for name in ("a.wav", "", "b.flac", "")
        ],
        "label": [0, 1, 1, 0],
        "note": ["one two three", "four five six", None, "seven eight nine"],
        "point": [[1.0, 2.0], None, [3.0, 4.0], [5.0, 6.0]],
    }
    features = datasets.Features(
        {
            "photo": datasets.Image(),
            "voice": {"bytes": datasets.Value("binary"), "path": datasets.Value("string")},
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "note": datasets.Value("string"),
            "point": datasets.List(datasets.Value("float32")),
        }
    )
    # Sounds become sounds by a cast: to encode them, the library would want torchcodec.
    return datasets.Dataset.from_dict(rows, features=features).cast_column("voice", datasets.Audio())


def as_hugging(data: DataSet) -> None:
    assert data.kinds == {"photo": "image", "voice": "audio", "table": "table", "note": "text", "point": "vector"}
    index = data.pairing(0).index
    assert [i >= 0 for i in index["photo"].tolist()] == [True, True, False, True]
    assert [i >= 0 for i in index["voice"].tolist()] == [True, False, True, False]
    rows = list(data.rows())
    assert [row["table"]["label"] for row in rows] == ["cat", "dog", "dog", "cat"]
    assert rows[2]["note"] is None
    store = stored(data)
    assert store.bad == ()
    assert store.cells["photo"][:, 0, 0, 0].tolist() == [0, 1, 3]


def test_a_data_set_of_hugging_face(hugging: Any) -> None:
    as_hugging(load_data(hugging))
    turned = load_data(hugging.select([3, 1]))
    assert stored(turned).cells["photo"][:, 0, 0, 0].tolist() == [3, 1]
    assert load_data(hugging, kinds={"label": "text"}).kinds["label"] == "text"


def test_a_data_set_of_hugging_face_that_streams(hugging: Any) -> None:
    as_hugging(load_data(hugging.to_iterable_dataset()))


def test_pictures_of_hugging_face_are_fetched_when_they_are_looked_at(hugging: Any, tmp_path: Path) -> None:
    data = load_data(hugging)
    (tmp_path / "a.wav").write_bytes(b"no sound")
    cell = data.columns["voice"].cells[0]
    assert cell.fetch() == b"no sound"
    assert cell.suffix == ".wav"
    assert Audio.fit("voice", data.columns["voice"].cells, Scale()).rate == 8000


def test_splits_of_hugging_face_must_be_named(hugging: Any) -> None:
    datasets = pytest.importorskip("datasets")
    with pytest.raises(DataError, match=r"Name one of them: data\['train'\]"):
        load_data(datasets.DatasetDict(train=hugging))


def test_parquet_of_hugging_face_has_files_in_its_cells(tmp_path: Path) -> None:
    values = [{"bytes": picture(i, form="JPEG"), "path": None} for i in range(3)]
    pyarrow.parquet.write_table(pyarrow.table({"photo": values, "n": [1, 2, 3]}), tmp_path / "a.parquet")
    data = load_data(tmp_path / "a.parquet")
    assert data.kinds == {"photo": "image", "table": "table"}
    assert [np.asarray(PIL.Image.open(io.BytesIO(cell.fetch())))[0, 0] for cell in data.columns["photo"].cells] == [
        0,
        1,
        2,
    ]
