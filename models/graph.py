"""A BERT encoder's weights → an ONNX graph of one text at a time: token numbers in, its unit vector out.

Weights are 8-bit with a scale an output, kept within ±64 of ±127: products with 8-bit activations (0 to 255) then fit 16 bits
in pairs, so that processors without VNNI, whose instruction saturates there, give the same vectors (ONNX Runtime, quantization
guide: "reduce range").  Activations are quantised as they come, over one text, so that a text's vector does not depend on what
is encoded beside it.  Sums and normalisations stand apart: ONNX Runtime 1.32 runs its fused SkipLayerNormalization several
times slower than LayerNormalization after Add (findings/onnxruntime_skip_layer_norm.sh), so the session must not fuse them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

RANGE = 64  # of a quantised weight of a product
ROW_RANGE = 127  # of a quantised number of a token's row, which is only looked up
MICROSOFT = "com.microsoft"
OPSETS = {"": 18, MICROSOFT: 1}
IR = 9

Weights = Mapping[str, np.ndarray]
"""float32 arrays under the names of transformers' BertModel; products as [out, in]."""


@dataclass(frozen=True)
class Shape:
    """What the weights do not say by their own shapes."""

    layers: int
    heads: int
    epsilon: float


class _Graph:
    """Nodes and constants as they are added; a name is a value."""

    def __init__(self, quantised: bool) -> None:
        self.quantised = quantised
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, value: np.ndarray) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], name: str, domain: str = "", **settings: Any) -> str:
        self.nodes_of(kind, inputs, [name], domain, **settings)
        return name

    def nodes_of(self, kind: str, inputs: list[str], names: list[str], domain: str = "", **settings: Any) -> None:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **settings))

    def product(self, x: str, weight: np.ndarray, bias: np.ndarray, name: str) -> str:
        """x @ weight.T + bias; weight float32 [out, in]."""
        if not self.quantised:
            product = self.node("MatMul", [x, self.constant(f"{name}.weight", weight.T)], f"{name}.product")
            return self.node("Add", [product, self.constant(f"{name}.bias", bias)], name)
        numbers, scale = quantise(weight, RANGE)
        inputs = [x, self.constant(f"{name}.weight", numbers.T), self.constant(f"{name}.scale", scale), ""]
        return self.node("DynamicQuantizeMatMul", [*inputs, self.constant(f"{name}.bias", bias)], name, MICROSOFT)

    def rows(self, table: np.ndarray, numbers: str, name: str) -> str:
        """The rows of a table float32 [n, d] under some numbers."""
        from onnx import TensorProto

        if not self.quantised:
            return self.node("Gather", [self.constant(f"{name}.table", table), numbers], name)
        held, scale = quantise(table, ROW_RANGE)
        found = self.node("Gather", [self.constant(f"{name}.table", held), numbers], f"{name}.numbers")
        scales = self.node("Gather", [self.constant(f"{name}.scale", scale[:, None]), numbers], f"{name}.scales")
        return self.node("Mul", [self.node("Cast", [found], f"{name}.floats", to=TensorProto.FLOAT), scales], name)

    def normalised(self, x: str, weight: np.ndarray, bias: np.ndarray, name: str, epsilon: float) -> str:
        inputs = [x, self.constant(f"{name}.weight", weight), self.constant(f"{name}.bias", bias)]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=epsilon)


def quantise(rows: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 [n, d] and float32 [n] such that their product is close to rows float32 [n, d]."""
    scale = np.maximum(np.abs(rows).max(axis=1), 1e-12) / most
    return np.clip(np.round(rows / scale[:, None]), -most, most).astype(np.int8), scale.astype(np.float32)


def build(weights: Weights, shape: Shape, quantised: bool = True) -> bytes:
    """The graph: `ids` int64 [1, tokens] → `vector` float32 [1, d], the mean of the last layer's rows at length 1."""
    from onnx import TensorProto, helper

    graph = _Graph(quantised)
    positions = weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    half = graph.constant("positions", positions.astype(np.float16 if quantised else np.float32))
    length = graph.node("Shape", ["ids"], "length", start=1, end=2)
    places = graph.node("Slice", [half, graph.constant("start", np.zeros(1, np.int64)), length], "places.half")
    places = graph.node("Cast", [places], "places", to=TensorProto.FLOAT)
    words = graph.rows(weights["embeddings.word_embeddings.weight"], "ids", "words")

    def norm(x: str, name: str, of: str) -> str:
        return graph.normalised(x, weights[f"{of}.LayerNorm.weight"], weights[f"{of}.LayerNorm.bias"], name, shape.epsilon)

    def layer(x: str, number: int) -> str:
        of, at = f"encoder.layer.{number}", f"layer{number}"
        parts = [f"{of}.attention.self.{part}" for part in ("query", "key", "value")]
        stacked = [np.concatenate([weights[f"{part}.{kind}"] for part in parts]) for kind in ("weight", "bias")]
        asked = [f"{at}.{part}" for part in ("query", "key", "value")]
        graph.nodes_of("Split", [graph.product(x, stacked[0], stacked[1], f"{at}.attended")], asked, axis=2, num_outputs=3)
        mixed = graph.node("MultiHeadAttention", asked, f"{at}.mixed", MICROSOFT, num_heads=shape.heads)

        def dense(x: str, part: str, name: str) -> str:
            return graph.product(x, weights[f"{of}.{part}.dense.weight"], weights[f"{of}.{part}.dense.bias"], f"{at}.{name}")

        said = graph.node("Add", [x, dense(mixed, "attention.output", "said")], f"{at}.said.sum")
        x = norm(said, f"{at}.said.norm", f"{of}.attention.output")
        wide = graph.node("Gelu", [dense(x, "intermediate", "wide")], f"{at}.gelu", MICROSOFT)
        return norm(graph.node("Add", [x, dense(wide, "output", "narrow")], f"{at}.sum"), f"{at}.norm", f"{of}.output")

    x = norm(graph.node("Add", [words, places], "placed"), "embedded", "embeddings")
    for number in range(shape.layers):
        x = layer(x, number)
    mean = graph.node("ReduceMean", [x, graph.constant("axis", np.array([1]))], "mean", keepdims=0)
    graph.node("LpNormalization", [mean], "vector", axis=-1, p=2)
    dimension = weights["embeddings.word_embeddings.weight"].shape[1]
    made = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, [1, "tokens"])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, dimension])],
        graph.constants,
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(made, opset_imports=opsets, ir_version=IR, producer_name="youju")
    return model.SerializeToString()
