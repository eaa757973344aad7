"""TFLite models of a few operators, and what becomes of them beside the interpreter of TFLite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import flatbuffers  # type: ignore[import-untyped]
import numpy as np
import onnx
import onnxruntime
import pytest
import tflite

from bunraku.export.pose.convert import convert

litert = pytest.importorskip("ai_edge_litert.interpreter")
SAME, VALID = tflite.Padding.SAME, tflite.Padding.VALID
NONE, RELU = tflite.ActivationFunctionType.NONE, tflite.ActivationFunctionType.RELU
RELU6 = tflite.ActivationFunctionType.RELU6
KIND = tflite.BuiltinOperator
Fields = dict[str, int | bool]


@dataclass
class Model:
    """Writes a TFLite file: tensors and operators in the order in which they are added."""

    tensors: list[tuple[list[int], np.ndarray | None]] = field(default_factory=list)
    operators: list[tuple[int, list[int], int, str, Fields]] = field(default_factory=list)
    custom: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    """name and options of the custom operators, by their place"""

    def tensor(self, shape: list[int], values: np.ndarray | None = None) -> int:
        self.tensors.append((shape, values))
        return len(self.tensors) - 1

    def constant(self, values: np.ndarray) -> int:
        return self.tensor(list(values.shape), values)

    def operator(
        self, kind: int, inputs: list[int], shape: list[int], options: str = "", **fields: int
    ) -> int:
        out = self.tensor(shape)
        self.operators.append((kind, inputs, out, options, dict(fields)))
        return out

    def custom_operator(
        self, name: str, inputs: list[int], shape: list[int], options: bytes = b""
    ) -> int:
        self.custom[len(self.operators)] = (name, options)
        return self.operator(KIND.CUSTOM, inputs, shape)

    def save(self) -> bytes:
        b = flatbuffers.Builder(1024)

        def vector(start: Callable[[flatbuffers.Builder, int], int], offsets: list[int]) -> int:
            start(b, len(offsets))
            for offset in reversed(offsets):
                b.PrependUOffsetTRelative(offset)
            return int(b.EndVector())

        types = {np.dtype(np.float32): 0, np.dtype(np.float16): 1, np.dtype(np.int32): 2}
        buffers, tensors = [], []
        for k, (shape, values) in enumerate(self.tensors):
            data = None if values is None else b.CreateNumpyVector(values.ravel().view(np.uint8))
            tflite.BufferStart(b)
            if data is not None:
                tflite.BufferAddData(b, data)
            buffers.append(tflite.BufferEnd(b))
            name = b.CreateString(f"tensor_{k}")
            sizes = b.CreateNumpyVector(np.array(shape, np.int32))
            tflite.TensorStart(b)
            tflite.TensorAddShape(b, sizes)
            tflite.TensorAddType(b, 0 if values is None else types[values.dtype])
            tflite.TensorAddBuffer(b, k + 1)
            tflite.TensorAddName(b, name)
            tensors.append(tflite.TensorEnd(b))
        codes, operators = [], []
        for k, (kind, inputs, out, options, fields) in enumerate(self.operators):
            custom_name, custom_options = self.custom.get(k, ("", b""))
            custom_code = b.CreateString(custom_name)
            custom_data = b.CreateByteVector(custom_options)
            tflite.OperatorCodeStart(b)
            tflite.OperatorCodeAddCustomCode(b, custom_code)
            tflite.OperatorCodeAddDeprecatedBuiltinCode(b, kind)
            tflite.OperatorCodeAddBuiltinCode(b, kind)
            tflite.OperatorCodeAddVersion(b, 3 if kind == KIND.RESIZE_BILINEAR else 1)
            codes.append(tflite.OperatorCodeEnd(b))
            table = None
            if options:
                getattr(tflite, f"{options}Start")(b)
                for key, value in fields.items():
                    getattr(tflite, f"{options}Add{key}")(b, value)
                table = getattr(tflite, f"{options}End")(b)
            read = b.CreateNumpyVector(np.array(inputs, np.int32))
            written = b.CreateNumpyVector(np.array([out], np.int32))
            tflite.OperatorStart(b)
            tflite.OperatorAddOpcodeIndex(b, k)
            tflite.OperatorAddInputs(b, read)
            tflite.OperatorAddOutputs(b, written)
            tflite.OperatorAddCustomOptions(b, custom_data)
            if table is not None:
                tflite.OperatorAddBuiltinOptionsType(b, getattr(tflite.BuiltinOptions, options))
                tflite.OperatorAddBuiltinOptions(b, table)
            operators.append(tflite.OperatorEnd(b))
        tflite.BufferStart(b)
        buffers.insert(0, tflite.BufferEnd(b))
        parts = [
            vector(tflite.SubGraphStartTensorsVector, tensors),
            b.CreateNumpyVector(np.array([0], np.int32)),
            b.CreateNumpyVector(np.array([len(tensors) - 1], np.int32)),
            vector(tflite.SubGraphStartOperatorsVector, operators),
        ]
        tflite.SubGraphStart(b)
        tflite.SubGraphAddTensors(b, parts[0])
        tflite.SubGraphAddInputs(b, parts[1])
        tflite.SubGraphAddOutputs(b, parts[2])
        tflite.SubGraphAddOperators(b, parts[3])
        graphs = vector(tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)])
        code_vector = vector(tflite.ModelStartOperatorCodesVector, codes)
        buffer_vector = vector(tflite.ModelStartBuffersVector, buffers)
        tflite.ModelStart(b)
        tflite.ModelAddVersion(b, 3)
        tflite.ModelAddOperatorCodes(b, code_vector)
        tflite.ModelAddSubgraphs(b, graphs)
        tflite.ModelAddBuffers(b, buffer_vector)
        b.Finish(tflite.ModelEnd(b), b"TFL3")
        return bytes(b.Output())


random = np.random.default_rng(5)


def normal(*shape: int) -> np.ndarray:
    return random.normal(size=shape).astype(np.float32)


def convolution(
    model: Model,
    image: int,
    shape: list[int],
    out: list[int],
    padding: int,
    stride: int = 1,
    dilation: int = 1,
    activation: int = NONE,
    depthwise: bool = False,
) -> int:
    weights = [model.constant(normal(*shape)), model.constant(normal(out[3]))]
    options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
    kind = KIND.DEPTHWISE_CONV_2D if depthwise else KIND.CONV_2D
    fields = {
        "Padding": padding,
        "StrideH": stride,
        "StrideW": stride,
        "DilationHFactor": dilation,
        "DilationWFactor": dilation,
        "FusedActivationFunction": activation,
    }
    if depthwise:
        fields["DepthMultiplier"] = 1
    return model.operator(kind, [image, *weights], out, options, **fields)


def check_parity(model: Model, tolerance: float = 1e-5) -> onnx.ModelProto:
    """Run the TFLite file in its interpreter and the converted one in ONNX Runtime."""
    data = model.save()
    interpreter = litert.Interpreter(model_content=data)
    interpreter.allocate_tensors()
    image = normal(*model.tensors[0][0])
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image)
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    converted = convert(data, "small", {f"tensor_{len(model.tensors) - 1}": "out"})
    session = onnxruntime.InferenceSession(
        converted.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    nchw = np.ascontiguousarray(image.transpose(0, 3, 1, 2))
    result = session.run(["out"], {"image": nchw})[0]
    if result.ndim == 4:
        result = result.transpose(0, 2, 3, 1)
    np.testing.assert_allclose(result, expected, atol=tolerance, rtol=tolerance)
    return converted
