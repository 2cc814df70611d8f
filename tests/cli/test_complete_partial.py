"""complete --partial: holes within cells are filled; without it they are given cells like others."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import soundfile
from click.testing import Result
from every_kind import given, mixed, read_csv


def test_partial_cells_are_filled_on_demand(anygan: Callable[..., Result], mixed_run: Path) -> None:
    rows = [given(i) for i in range(4)]
    rows[1]["note"] = 'a note, number ___ "quoted"'
    mixed(Path("data"), rows)
    picture = np.asarray(PIL.Image.open("data/pics/sub/0.png"))
    mask = np.zeros(picture.shape, np.uint8)
    mask[4:9, 2:7] = 255
    PIL.Image.fromarray(mask).save("data/pics/sub/0.mask.png")
    sound, rate = soundfile.read("data/snd/2.flac", dtype="int16")
    sound[400:1000] = 0
    soundfile.write("data/snd/2.flac", sound, rate)
    assert anygan("complete", mixed_run, "data", "--out", "left").exit_code == 0
    assert len(read_csv(Path("left/filled.csv"))) == 0
    result = anygan("complete", mixed_run, "data", "--out", "done", "--partial")
    assert result.exit_code == 0, result.output
    notes = {(line["row"], line["column"]): line for line in read_csv(Path("done/filled.csv"))}
    assert set(notes) == {("0", "file_name"), ("1", "note"), ("2", "speech_file_name")}
    assert all("part" in line["that"] and 0 <= float(line["sure"]) <= 1 for line in notes.values())
    found = read_csv(Path("done/metadata.csv"))
    made = np.asarray(PIL.Image.open(Path("done", found[0]["file_name"])))
    assert (made[mask == 0] == picture[mask == 0]).all()
    heard, again = soundfile.read(Path("done", found[2]["speech_file_name"]), dtype="int16")
    there = np.r_[0:400, 1000 : len(sound)]
    assert again == rate
    assert (heard[there] == sound[there]).all()
    assert heard[400:1000].any()
    note = found[1]["note"]
    assert note.startswith("a note, number ")
    assert note.endswith(' "quoted"')
    assert "___" not in note
    changed = {(i, h) for i, row in enumerate(rows) for h in row if found[i][h] != row[h]}
    assert changed == {(0, "file_name"), (1, "note"), (2, "speech_file_name")}
