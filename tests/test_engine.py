"""Tiles: how they are planned, what happens when memory runs out, and that nothing that is not
finite comes out.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import burnish
from burnish.contract import Array, Contract, Dial, predict
from burnish.errors import ModelMissing, NonFiniteOutput, OutOfMemory, UsageError
from burnish.inference import engine
from burnish.inference.engine import plan, predict_in_tiles

BLUR = Contract(multiple=4, reach=6, residual=False)


def blur(image: Array, level: Array | None) -> Array:
    """A box of 13 pixels with zeros outside: reach 6."""
    padded = np.pad(image, ((0, 0), (0, 0), (6, 6), (6, 6)))
    height, width = image.shape[-2:]
    total = np.zeros_like(image)
    for y in range(0, 13, 3):
        for x in range(0, 13, 3):
            total += padded[..., y : y + height, x : x + width]
    return total / np.float32(25)


@pytest.mark.parametrize(
    ("height", "width", "tile"), [(64, 64, 16), (65, 31, 20), (200, 3, 50), (7, 7, 4)]
)
def test_tiles_cover_the_picture_once(height: int, width: int, tile: int) -> None:
    tiles = plan(height, width, BLUR, tile)
    counts = np.zeros((-(-height // 4) * 4, -(-width // 4) * 4), int)
    for row, column in tiles.tiles():
        counts[row.keep_start : row.keep_stop, column.keep_start : column.keep_stop] += 1
        assert row.start % 4 == column.start % 4 == row.stop % 4 == column.stop % 4 == 0
        assert row.keep_start - row.start >= min(6, row.keep_start)
    assert (counts == 1).all()


def test_tiles_are_even_and_no_larger_than_allowed() -> None:
    tiles = plan(3000, 4000, BLUR, None, 500_000)
    assert tiles.largest <= 500_000
    heights = [row.keep_stop - row.keep_start for row in tiles.rows]
    assert max(heights) - min(heights) <= 4 * len(heights)
    assert len(plan(3000, 4000, BLUR, None, 10**9)) == 1
    assert len(plan(3000, 4000, BLUR, 0, 1000)) == 1


@pytest.mark.parametrize("tile", [None, 0, 8, 33])
def test_any_tile_gives_the_whole(tile: int | None, rng: np.random.Generator) -> None:
    image = rng.random((1, 3, 50, 71), dtype=np.float32)
    whole = predict_in_tiles(blur, BLUR, image, tile=0)
    seen: list[tuple[int, int]] = []
    np.testing.assert_allclose(
        predict_in_tiles(blur, BLUR, image, tile=tile, progress=lambda *p: seen.append(p)),
        whole,
        atol=1e-6,
    )
    assert not seen or seen[-1][0] == seen[-1][1]


def test_out_of_memory_means_smaller_tiles_and_one_notice(rng: np.random.Generator) -> None:
    image = rng.random((1, 3, 90, 90), dtype=np.float32)
    sizes: list[int] = []

    def small_machine(part: Array, level: Array | None) -> Array:
        sizes.append(part.shape[-1] * part.shape[-2])
        if sizes[-1] > 2500:
            raise OutOfMemory("too large")
        return blur(part, level)

    notices: list[str] = []
    result = predict_in_tiles(small_machine, BLUR, image, say=notices.append)
    np.testing.assert_allclose(result, predict_in_tiles(blur, BLUR, image, tile=0), atol=1e-6)
    assert len(notices) == 1
    assert sizes[0] > 2500 >= sizes[-1]


def test_memory_that_never_suffices_is_said_with_the_size_that_would(
    rng: np.random.Generator,
) -> None:
    def no_memory(part: Array, level: Array | None) -> Array:
        raise MemoryError

    with pytest.raises(OutOfMemory, match="would fit"):
        predict_in_tiles(no_memory, BLUR, rng.random((1, 3, 90, 90), dtype=np.float32))


def test_a_model_of_the_whole_picture_is_not_cut(rng: np.random.Generator) -> None:
    whole = Contract(reach=None)
    assert len(plan(900, 900, whole, None, 1000)) == 1
    with pytest.raises(UsageError, match="whole picture"):
        plan(900, 900, whole, 64)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_never_comes_out(bad: float, rng: np.random.Generator) -> None:
    def broken(part: Array, level: Array | None) -> Array:
        result = blur(part, level)
        result[0, 0, -1, -1] = bad
        return result

    with pytest.raises(NonFiniteOutput):
        predict_in_tiles(broken, BLUR, rng.random((1, 3, 40, 40), dtype=np.float32), tile=16)


def test_tiles_follow_free_memory(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    monkeypatch.setattr(engine, "free_memory", lambda: 8_000_000)
    largest = 0

    def watched(part: Array, level: Array | None) -> Array:
        nonlocal largest
        largest = max(largest, part.shape[-1] * part.shape[-2])
        return blur(part, level)

    predict_in_tiles(
        watched, BLUR, rng.random((1, 3, 200, 200), dtype=np.float32), bytes_per_pixel=1000
    )
    assert largest <= 4000


@pytest.mark.parametrize("tile", [None, 0, 8])
def test_every_tile_is_padded_by_itself_and_a_map_with_it(
    tile: int | None, rng: np.random.Generator
) -> None:
    contract = Contract(
        multiple=4,
        reach=6,
        residual=True,
        level="pixel",
        dials=(Dial("noise", 0, 75, 25, "sigma"),),
    )

    def scaled(part: Array, level: Array | None) -> Array:
        assert level is not None
        assert part.shape[-1] % 4 == part.shape[-2] % 4 == 0
        assert level.shape[-2:] == part.shape[-2:]
        return blur(part * level, None)

    image, plane = (
        rng.random((1, 3, 50, 71), dtype=np.float32),
        rng.random((1, 1, 50, 71), dtype=np.float32),
    )
    np.testing.assert_allclose(
        predict_in_tiles(scaled, contract, image, plane, tile=tile),
        predict(scaled, contract, image, plane),
        atol=1e-5,
    )


def test_files_that_were_read_do_not_count_as_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {
        "memory.max": "1000000",
        "memory.current": "900000",
        "memory.stat": "anon 100000\ninactive_file 700000\n",
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(engine, "Path", lambda _: tmp_path)
    assert engine.free_memory() == 800_000
    (tmp_path / "memory.max").write_text("max\n")
    assert engine.free_memory() > 10**7


LET_GO = """
import os, signal, threading
import numpy as np
import burnish

signal.signal(signal.SIGUSR1, lambda number, frame: print("heard"))
held = [burnish.load("photo")]
held[0](np.zeros((16, 16, 3), np.uint8), noise=25)
thread = threading.Thread(target=held.clear)
thread.start()
thread.join()
os.kill(os.getpid(), signal.SIGUSR1)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="signals of POSIX")
def test_a_model_let_go_in_another_thread_leaves_signals_working() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LET_GO], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


MANY_SIZES = """
from pathlib import Path
import numpy as np
import burnish

model = burnish.load("photo")

def grown(first, last):
    for number in range(first, last):
        rows, columns = divmod(number, 14)
        model(np.zeros((64 + 8 * rows, 64 + 8 * columns, 3), np.uint8), noise=25)
    return int(Path("/proc/self/statm").read_text().split()[1]) // 256

before = grown(0, 42)
print(grown(42, 196) - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_number_of_sizes() -> None:
    """OpenVINO 2026.4 keeps its kernels for so many that this would take 145 MiB; it takes 30."""
    done = subprocess.run(
        [sys.executable, "-c", MANY_SIZES], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 70


@pytest.mark.parametrize(
    ("capabilities", "flags", "hint"),
    [
        (
            ("FP32", "BF16", "FP16"),
            ("avx512f", "amx_bf16"),
            "bf16",
        ),  # Sapphire Rapids: its fp16 is that of AVX-512
        (("FP32", "BF16", "FP16"), ("amx_bf16", "amx_fp16"), "f16"),  # Granite Rapids
        (("FP32", "BF16"), ("avx512_bf16",), "bf16"),
        (("FP32", "FP16"), (), "f16"),  # ARM
        (("FP32",), ("avx2",), "f32"),
    ],
)
def test_the_fastest_precision_is_that_of_the_matrix_unit(
    capabilities: tuple[str, ...], flags: tuple[str, ...], hint: str
) -> None:
    openvino = pytest.importorskip(
        "burnish.inference.backends.openvino", reason="OpenVINO is not installed"
    )
    assert openvino.fastest(capabilities, flags, residual=True) == hint
    assert openvino.fastest(capabilities, flags, residual=False) == (
        "f32" if hint == "bf16" else hint
    )  # a picture wants more than 8 bits


def test_threads_that_share_a_model_get_each_its_own_picture() -> None:
    model = burnish.load("photo")
    model.open(threads=1)
    rng = np.random.default_rng(0)
    shots = [rng.integers(0, 255, (40 + 8 * i, 48, 3), dtype=np.uint8) for i in range(3)]
    alone = [model(shot, noise=25) for shot in shots]
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda i: model(shots[i % 3], noise=25), range(90)))
    assert all(np.array_equal(result, alone[i % 3]) for i, result in enumerate(results))


def test_where_a_gpu_lacks_the_weights_auto_runs_on_the_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the training wing is not installed")
    monkeypatch.setattr("burnish.inference.backends.choice.gpu_usable", lambda: True)
    lone = tmp_path / "mine.onnx"
    lone.write_bytes((Path(burnish.__file__).parent / "weights" / "photo.onnx").read_bytes())
    opened = burnish.load(lone).open()
    assert opened.backend == "openvino"
    assert "running on the processor, though a GPU is there" in opened.notes[0]
    with pytest.raises(ModelMissing, match="wants the trained weights beside mine.onnx"):
        burnish.load(lone).open(device="cuda")
