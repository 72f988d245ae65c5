"""Hostile and broken model files: refused before a native parser sees them."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the hostile files; comes with the training wing")

import onnx

from burnish.contract import Contract, Dial
from burnish.errors import ModelCorrupt, ModelMismatch, ModelMissing, UnsafeModel
from burnish.inference import wire
from burnish.inference.model import Model


def build(change: Callable[[onnx.ModelProto], None] | None = None, header: bool = True) -> bytes:
    weight = onnx.numpy_helper.from_array(np.ones((3, 3, 1, 1), np.float32), "weight")
    sides: list[str | int | None] = ["b", 3, "h", "w"]
    ends = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sides)
        for name in ("input", "output")
    ]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Conv", ["input", "weight"], ["output"])],
        "g",
        ends[:1],
        ends[1:],
        [weight],
    )
    model = onnx.helper.make_model(graph)
    if header:
        content = {
            "format": 1,
            "contract": Contract().to_dict(),
            "card": {"task": "test"},
            "source_sha256": None,
        }
        onnx.helper.set_model_props(model, {"burnish": json.dumps(content)})
    if change:
        change(model)
    return bytes(model.SerializeToString())


def header_of(data: bytes, folder: Path) -> dict[str, object]:
    path = folder / "model.onnx"
    path.write_bytes(data)
    return wire.read_header(path)


def test_a_good_file_gives_its_header(tmp_path: Path) -> None:
    assert header_of(build(), tmp_path)["card"] == {"task": "test"}


def external(model: onnx.ModelProto) -> None:
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "../../etc/passwd")


def strange_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Loop"


def strange_domain(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.evil"


def subgraph(model: onnx.ModelProto) -> None:
    model.graph.node[0].attribute.append(
        onnx.helper.make_attribute("body", onnx.helper.make_graph([], "inner", [], []))
    )


def function(model: onnx.ModelProto) -> None:
    model.functions.append(
        onnx.helper.make_function(
            "com.evil",
            "f",
            ["x"],
            ["y"],
            [onnx.helper.make_node("Relu", ["x"], ["y"])],
            model.opset_import,
        )
    )


def constant_elsewhere(model: onnx.ModelProto) -> None:
    tensor = onnx.numpy_helper.from_array(np.ones(3, np.float32), "t")
    onnx.external_data_helper.set_external_data(tensor, "elsewhere.bin")
    model.graph.node.append(onnx.helper.make_node("Constant", [], ["c"], value=tensor))


@pytest.mark.parametrize(
    "change", [external, strange_operator, strange_domain, subgraph, function, constant_elsewhere]
)
def test_unsafe_models_are_refused(
    change: Callable[[onnx.ModelProto], None], tmp_path: Path
) -> None:
    with pytest.raises(UnsafeModel, match=r"model\.onnx: it"):
        header_of(build(change), tmp_path)


def field(number: int, body: bytes, kind: int = 2) -> bytes:
    """A field whose number has a bit that C++ readers cut off."""
    return varint(1 << 32 | number << 3 | kind) + varint(len(body)) + body


def varint(value: int) -> bytes:
    return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])


@pytest.mark.parametrize("number", [wire._GRAPH_NODE, wire._GRAPH_INITIALIZER])
def test_a_field_that_only_some_readers_see_is_refused(number: int, tmp_path: Path) -> None:
    hidden = onnx.helper.make_node("RandomUniform", [], ["noise"], shape=[1]).SerializeToString()
    data = build()
    with pytest.raises(ModelCorrupt, match="a field with the number"):
        header_of(data + field(wire._MODEL_GRAPH, field(number, hidden)), tmp_path)
    graph = field(number, hidden)
    with pytest.raises(ModelCorrupt, match="a field with the number"):
        header_of(data + bytes([wire._MODEL_GRAPH << 3 | 2]) + varint(len(graph)) + graph, tmp_path)


@pytest.mark.parametrize(
    ("header", "error"),
    [
        ([], ModelMismatch),
        (7, ModelMismatch),
        ({"format": 1}, ModelCorrupt),
        ({"format": 1, "contract": [], "card": {}}, ModelCorrupt),
        ({"format": 1, "contract": {}, "card": {}}, ModelMismatch),
        (
            {"format": 1, "contract": {**Contract().to_dict(), "multiple": 0}, "card": {}},
            ModelMismatch,
        ),
        (
            {"format": 1, "contract": {**Contract().to_dict(), "scale": "two"}, "card": {}},
            ModelMismatch,
        ),
        (
            {"format": 1, "contract": {**Contract().to_dict(), "level": "sea"}, "card": {}},
            ModelMismatch,
        ),
        (
            {"format": 1, "contract": {**Contract().to_dict(), "dials": [{"x": 1}]}, "card": {}},
            ModelMismatch,
        ),
        *(
            (
                {
                    "format": 1,
                    "contract": {
                        **Contract(dials=(Dial("noise", 0, 75, 25, "sigma"),)).to_dict(),
                        **change,
                    },
                    "card": {},
                },
                ModelMismatch,
            )
            for change in (
                {"scale": "2"},
                {"reach": math.inf},
                {"reach": 1.5},
                {"level": ["image"]},
                {"residual": "yes"},
                {"identity": [0, 0]},
                {"identity": [10**400]},
                {"dials": [{"name": 7, "low": 0, "high": 1, "default": 0, "unit": ""}]},
                {"dials": [{"name": "noise", "low": "a", "high": "c", "default": "b", "unit": ""}]},
                {
                    "dials": [
                        {"name": "noise", "low": 0, "high": math.inf, "default": 0, "unit": ""}
                    ]
                },
            )
        ),
        *(
            (
                {
                    "format": 1,
                    "contract": Contract().to_dict(),
                    "card": {"bytes_per_pixel": memory},
                },
                ModelMismatch,
            )
            for memory in (0, -1, "many", None, 0.5, {}, {"fp32": 0}, {"bf16": "few"})
        ),
        ("[" * 100_000, ModelCorrupt),
    ],
)
def test_a_header_that_makes_no_sense_is_refused(
    header: object, error: type[Exception], tmp_path: Path
) -> None:
    path, text = tmp_path / "model.onnx", header if isinstance(header, str) else json.dumps(header)
    path.write_bytes(build(lambda m: onnx.helper.set_model_props(m, {"burnish": text})))
    with pytest.raises(error):
        Model(path)


def test_files_of_others_and_of_other_versions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="without Burnish's contract"):
        header_of(build(header=False), tmp_path)
    with pytest.raises(ModelMismatch, match="format 7"):
        header_of(
            build(lambda m: onnx.helper.set_model_props(m, {"burnish": json.dumps({"format": 7})})),
            tmp_path,
        )
    with pytest.raises(ModelMissing):
        wire.read_header(tmp_path / "none.onnx")


def test_no_cut_or_scrambled_file_gets_through(tmp_path: Path, rng: np.random.Generator) -> None:
    whole = build()
    for end in range(0, len(whole) - 1, 7):
        with pytest.raises((ModelCorrupt, ModelMismatch, UnsafeModel)):
            header_of(whole[:end], tmp_path)
    for _ in range(200):
        scrambled = bytearray(whole)
        scrambled[int(rng.integers(len(whole)))] = int(rng.integers(256))
        with contextlib.suppress(
            ModelCorrupt, ModelMismatch, UnsafeModel
        ):  # any other error fails the test
            header_of(bytes(scrambled), tmp_path)
    with pytest.raises(ModelCorrupt):
        header_of(bytes(rng.integers(0, 256, 4096, dtype=np.uint8)), tmp_path)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "MAX_BYTES", 100)
    with pytest.raises(UnsafeModel, match="at most"):
        header_of(build(), tmp_path)
