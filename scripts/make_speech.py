"""Make the embedded data of the built-in set ``digits``: pictures of digits, and the ten words in many voices.

    pip install anygan[dev,speech]
    python scripts/make_speech.py [--out src/anygan/data/assets/digits.npz]

The words are synthesised by eSpeak NG (GPL-3, which is why it is needed here and never by the package). A voice is an
English accent, a variant, a pitch and a speed; test voices share no variant with training voices. The pictures are the
8x8 digits that come with scikit-learn. All of it goes into one compressed NumPy file, no pickle in it:

    pictures (1797, 8, 8) uint8, 0..16       labels (1797,) uint8
    speech (samples,) uint8, mu-law, 8 kHz   ends (clips,) int64, where each clip ends in speech
    words (clips,) uint8, 0..9               voices (clips,) uint8, numbers into voice_names
    voice_names (voices,) str                voice_test (voices,) bool, true where the voice is for testing
"""

import argparse
import ctypes
import itertools
from pathlib import Path

import espeakng_loader
import numpy as np
import soxr
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from anygan.data.captions import WORDS
from anygan.data.mulaw import compress

RATE = 8_000
SEED = 0
TRAIN_VOICES, TEST_VOICES = 84, 21
TEST_VARIANTS_EVERY = 5

ACCENTS = ("en-us", "en", "en-gb-scotland", "en-gb-x-rp", "en-gb-x-gbclan", "en-gb-x-gbcwmd", "en-us-nyc", "en-029")
UNLIKE_PEOPLE = ("robot", "robo", "whisper", "croak", "demonic", "anxious", "fast", "tweaky", "kaukovalta")

# Constants of espeak-ng/speak_lib.h.
AUDIO_OUTPUT_SYNCHRONOUS = 2
POS_CHARACTER = 1
CHARS_UTF8 = 1
PARAMETER_RATE, PARAMETER_PITCH, PARAMETER_RANGE = 1, 3, 4
EE_OK = 0

SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Speaker:
    """eSpeak NG behind one method."""

    def __init__(self) -> None:
        self.library = ctypes.cdll.LoadLibrary(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        self.rate = int(self.library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, data, 0))
        self.parts: list[NDArray[np.int16]] = []
        # The library keeps a bare pointer: without a reference here the callback would be collected.
        self.callback = SynthCallback(self._take)
        self.library.espeak_SetSynthCallback(self.callback)

    def _take(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, events: int) -> int:
        if count:
            self.parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    def say(self, word: str, voice: str, pitch: int, speed: int) -> NDArray[np.float64]:
        """The word at 8 kHz, without the silence around it, its peak at .8."""
        # Else the voice before it would silently be kept.
        if self.library.espeak_SetVoiceByName(voice.encode()) != EE_OK:
            raise SystemExit(f"eSpeak NG has no voice '{voice}'")
        for parameter, value in ((PARAMETER_RATE, speed), (PARAMETER_PITCH, pitch), (PARAMETER_RANGE, 50)):
            self.library.espeak_SetParameter(parameter, value, 0)
        # The breath in some voices is noise: seeded, the file comes out the same byte for byte.
        self.library.espeak_ng_SetRandSeed(ctypes.c_long(SEED))
        self.parts.clear()
        text = word.encode()
        self.library.espeak_Synth(text, len(text) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8, None, None)
        self.library.espeak_Synchronize()
        sound = np.concatenate(self.parts) / 32768.0
        return trim(soxr.resample(sound, self.rate, RATE))


def trim(sound: NDArray[np.float64], floor: float = 0.02, margin: int = RATE // 100) -> NDArray[np.float64]:
    """The part that is louder than ``floor`` of the peak, with a margin, the peak brought to .8."""
    sound = sound * (0.8 / np.abs(sound).max())
    loud = np.flatnonzero(np.abs(sound) > 0.8 * floor)
    return sound[max(loud[0] - margin, 0) : loud[-1] + margin]


def variants() -> list[str]:
    """The variants that sound like people, sorted by name."""
    names = sorted(p.name for p in (Path(espeakng_loader.get_data_path()) / "voices" / "!v").iterdir())
    return [n for n in names if not any(word in n.lower() for word in UNLIKE_PEOPLE)]


def choose(names: list[str], count: int, rng: np.random.Generator) -> list[tuple[str, int, int]]:
    """``count`` voices: every variant before any comes twice, with accents in turn and pitch and speed drawn."""
    accents = itertools.cycle(ACCENTS)
    return [
        (f"{next(accents)}+{name}", int(rng.integers(30, 71)), int(rng.integers(135, 206)))
        for name in itertools.islice(itertools.cycle(names), count)
    ]


def main() -> None:
    """Write the file and say what it holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("src/anygan/data/assets/digits.npz"))
    out: Path = parser.parse_args().out
    rng = np.random.default_rng(SEED)
    names = [str(name) for name in rng.permutation(variants())]
    testing = names[::TEST_VARIANTS_EVERY]
    voices = choose([n for n in names if n not in testing], TRAIN_VOICES, rng) + choose(testing, TEST_VOICES, rng)
    speaker = Speaker()
    clips = [speaker.say(word, *voice) for voice in voices for word in WORDS]
    digits = load_digits()
    lengths = np.array([len(clip) for clip in clips])
    np.savez_compressed(
        out,
        pictures=digits.images.astype(np.uint8),
        labels=digits.target.astype(np.uint8),
        speech=compress(np.concatenate(clips).astype(np.float32)),
        ends=np.cumsum(lengths),
        words=np.tile(np.arange(len(WORDS), dtype=np.uint8), len(voices)),
        voices=np.repeat(np.arange(len(voices), dtype=np.uint8), len(WORDS)),
        voice_names=np.array([f"{name} pitch {pitch} speed {speed}" for name, pitch, speed in voices]),
        voice_test=np.arange(len(voices)) >= TRAIN_VOICES,
    )
    seconds = np.quantile(lengths / RATE, (0, 0.5, 1))
    print(f"{out}: {out.stat().st_size:,} bytes, {len(voices)} voices, {len(clips)} clips of {seconds.round(2)} s")


if __name__ == "__main__":
    main()
