"""ncnn: what of a model file its layers say, and how a model is run by them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ncnn", reason="ncnn is not installed")
pytest.importorskip("onnx", reason="onnx is not installed")

import onnx
from onnx import helper

from burnish.contract import Contract, Opened, level_array, predict
from burnish.errors import ModelCorrupt, ModelMismatch
from burnish.inference.backends import table
from burnish.inference.backends.ncnn_files.graph import read
from burnish.inference.backends.ncnn_files.layers import layers_of
from burnish.inference.backends.ncnn_files.write import Layer, text_of, weights_of
from burnish.inference.model import Model
from burnish.inference.zoo import find


def opened(backend: str, path: Path, contract: Contract) -> Opened:
    """A model file opened in float32 on the processor."""
    open_model = table.opener(backend)
    return open_model(path, contract, device="cpu", threads=1, precision="fp32", eight=None)


def file_of(nodes: list[onnx.NodeProto], folder: Path) -> Path:
    """A model file from `input` to `output`, both [B, 3, H, W]."""
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["b", 3, "h", "w"])
        for name in ("input", "output")
    ]
    graph = helper.make_graph(nodes, "net", ends[:1], ends[1:])
    path = folder / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), path)
    return path


def test_a_file_in_8_bits_is_refused_with_its_name() -> None:
    eight = find("photo").parent / "int8" / "photo.onnx"
    contract = Model(eight).contract
    said = r"photo.onnx: .*DequantizeLinear.*another backend runs it"
    with pytest.raises(ModelMismatch, match=said):
        opened("ncnn", eight, contract)


def test_a_picture_laid_out_in_another_way_is_refused(tmp_path: Path) -> None:
    sizes = [
        helper.make_node("Shape", ["input"], ["size"]),
        helper.make_node("Reshape", ["input", "size"], ["laid"]),
        helper.make_node("Relu", ["laid"], ["output"]),
    ]
    with pytest.raises(ModelMismatch, match="do not say Relu of a picture's size"):
        read(file_of(sizes, tmp_path), Contract(), "output")


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (helper.make_node("Gelu", ["input"], ["output"]), "Gelu"),
        (helper.make_node("Transpose", ["input"], ["output"], perm=[0, 1, 3, 2]), "in this order"),
        (helper.make_node("Concat", ["input", "input"], ["output"], axis=0), "batches"),
    ],
)
def test_steps_that_are_not_said_are_refused(
    node: onnx.NodeProto, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelMismatch, match=said):
        layers_of(read(file_of([node], tmp_path), Contract(), "output"))


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        (("Conv", ["input", "w"], {"kernel_shape": [3, 3]}), (3, 64, 3, 3)),
        (("Conv", ["input", "w"], {"kernel_shape": [9, 9]}), (3, 3, 9, 9)),
        (("Mul", ["input", "w"], {}), (1, 3, 5, 1)),
        (("Pad", ["input", "w"], {"mode": "reflect"}), [0, 0, 8, 0, 0, 0, 0, 0]),
        (("DepthToSpace", ["input"], {"blocksize": 2}), ()),
    ],
)
def test_what_does_not_fit_is_found_before_ncnn_would_read_what_is_not_its_own(
    node: tuple[str, list[str], dict[str, Any]], shape: Any, tmp_path: Path
) -> None:
    operator, inputs, attributes = node
    path = file_of([helper.make_node(operator, inputs, ["output"], **attributes)], tmp_path)
    model = onnx.load(path)
    values = np.array(shape, np.int64) if operator == "Pad" else np.ones(shape, np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(values, "w"))
    onnx.save(model, path)
    with pytest.raises(ModelCorrupt, match="does not fit a picture of its own"):
        opened("ncnn", path, Contract()).run(np.zeros((1, 3, 8, 8), np.float32), None)


def test_a_text_parts_what_several_read_and_holds_filters_in_half_where_that_is_exact() -> None:
    exact = np.array([0.5, -2.0, 0.25], np.float32)
    layers = [
        Layer("Input", (), ("a",)),
        Layer("Convolution", ("a",), ("b",), {0: 1, 6: 3}, exact, (np.ones(1, np.float32),)),
        Layer("BinaryOp", ("a", "b"), ("c",), {0: 0, 1: 0.1, 3: (0, 2), 6: "0w"}),
    ]
    assert text_of(layers).splitlines() == [
        "7767517",
        "4 5",
        "Input a.layer 0 1 a",
        "Split a.0.layer 1 2 a a.0 a.1",
        "Convolution b.layer 1 1 a.0 b 0=1 6=3",
        'BinaryOp c.layer 2 1 a.1 b c 0=0 1=1.000000000e-01 -23303=2,0,2 6="0w"',
    ]
    whole, half = weights_of(layers), weights_of(layers, half=True)
    assert np.array_equal(np.frombuffer(whole, "<f4"), [0, 0.5, -2, 0.25, 1])
    assert half[:4] == bytes.fromhex("476b3001")
    assert np.array_equal(np.frombuffer(half[4:10], "<f2"), exact)
    assert half[10:12] == b"\0\0", "what follows begins at a multiple of four bytes"
    odd = [Layer("Convolution", ("a",), ("b",), {}, exact + np.float32(1e-6))]
    assert weights_of(odd, half=True) == weights_of(odd)


def test_a_dial_that_changes_filters_has_a_network_for_each_level_and_the_last_are_kept() -> None:
    path = find("upscale-x2")
    contract = Model(path).contract
    own, other = (opened(backend, path, contract) for backend in ("ncnn", "onnxruntime"))
    image = np.random.default_rng(0).random((1, 3, 9, 7), np.float32)
    for softness in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 0.2):
        level = level_array((softness,))
        found, wanted = (predict(each.run, contract, image, level) for each in (own, other))
        np.testing.assert_allclose(found, wanted, atol=1e-5, err_msg=str(softness))
        own.release()


def test_a_part_of_an_array_is_taken_as_it_is() -> None:
    path = find("document")
    contract = Model(path).contract
    one = opened("ncnn", path, contract)
    run = one.run
    # So tiles are planned by what ncnn takes, which is more than the card says.
    assert one.bytes_per_pixel is not None
    assert 373 <= one.bytes_per_pixel <= 450
    whole = np.random.default_rng(0).random((1, 64, 64, 3), np.float32).transpose(0, 3, 1, 2)
    part = whole[..., 8:40, 16:56]
    assert not part.flags["C_CONTIGUOUS"]
    np.testing.assert_array_equal(run(part, None), run(np.ascontiguousarray(part), None))
