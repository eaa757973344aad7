"""TFLite to ONNX, for networks of MediaPipe's kind: float, one image in, NHWC inside TFLite.

The ONNX graph is NCHW throughout, its input and its 4-D outputs included. Only operators that
MediaPipe's networks for pose, selfies, faces and hands use are known; any other raises
UnsupportedModelError with its name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import onnx
import tflite

from bunraku.export.batch import free_batch
from bunraku.export.pose.attention import crop_features, crop_matrix, leave_crop
from bunraku.export.pose.onnx_graph import OnnxGraph
from bunraku.export.pose.tflite_graph import Operator, TfliteGraph, UnsupportedModelError

INPUT = "image"
_TO_NCHW = (0, 3, 1, 2)
_AXIS_TO_NCHW = {0: 0, 1: 2, 2: 3, 3: 1}


def convert(model: bytes, name: str, output_names: dict[str, str] | None = None) -> onnx.ModelProto:
    """Convert a TFLite model to ONNX (opset 16, fp32 input and outputs, fp16-stored weights).

    Args:
        model: the .tflite file's bytes.
        name: of the ONNX graph.
        output_names: TFLite name of each output to the name it gets; unnamed outputs keep theirs.

    Returns:
        A checked model with the input ``image`` [batch, C, H, W], any number of images at once; or
        [1, C, H, W] where the graph allows no more.

    Raises:
        UnsupportedModelError: an operator, option or tensor type that is not known.
    """
    return _Converter(TfliteGraph(model)).run(name, output_names or {})


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Zeros before and after, as TFLite's SAME does: the odd one goes to the end."""
    out = -(-size // stride)
    total = max((out - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


class _Converter:
    def __init__(self, source: TfliteGraph) -> None:
        self._source = source
        self._graph = OnnxGraph()
        self._names: dict[int, str] = {}
        self._folded: dict[int, npt.NDArray[np.generic]] = {}
        # A PAD of the image axes is kept back and folded into the convolution that reads it.
        self._padded: dict[int, tuple[int, list[int]]] = {}
        self._handlers: dict[str, Callable[[Operator], str]] = {
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._depthwise,
            "CUSTOM:Convolution2DTransposeBias": self._transposed_convolution,
            "ADD": lambda op: self._arithmetic(op, "Add", tflite.AddOptions),
            "MUL": lambda op: self._arithmetic(op, "Mul", tflite.MulOptions),
            "MAX_POOL_2D": lambda op: self._pool(op, "MaxPool"),
            "AVERAGE_POOL_2D": lambda op: self._pool(op, "AveragePool"),
            "MEAN": self._mean,
            "FULLY_CONNECTED": self._fully_connected,
            "RESIZE_BILINEAR": self._resize,
            "RESHAPE": self._reshape,
            "CONCATENATION": self._concatenate,
            "DEPTH_TO_SPACE": self._depth_to_space,
            "LOGISTIC": lambda op: self._graph.add("Sigmoid", [self._value(op.inputs[0])]),
            "RELU": lambda op: self._graph.add("Relu", [self._value(op.inputs[0])]),
            "HARD_SWISH": self._hard_swish,
            "PRELU": self._leaky,
            "STRIDED_SLICE": self._whole_slice,
            "CUSTOM:Landmarks2TransformMatrix": self._crop_matrix,
            "CUSTOM:TransformTensorBilinear": self._crop_features,
            "CUSTOM:TransformLandmarks": self._leave_crop,
        }

    def run(self, name: str, output_names: dict[str, str]) -> onnx.ModelProto:
        source = self._source
        if len(source.inputs) != 1 or len(source.shape(source.inputs[0])) != 4:
            raise UnsupportedModelError("the model must have one input, an image")
        self._names[source.inputs[0]] = INPUT
        for op in source.operators():
            if op.kind in ("DEQUANTIZE", "DENSIFY"):
                self._folded[op.outputs[0]] = self._constant(op.inputs[0])
            elif op.kind == "PAD":
                self._pad(op)
            elif op.kind in self._handlers:
                self._names[op.outputs[0]] = self._handlers[op.kind](op)
            else:
                raise UnsupportedModelError(f"TFLite operator {op.kind} is not known")
        outputs = {
            output_names.get(source.name(i), source.name(i)): (self._value(i), self._nchw(i))
            for i in source.outputs
        }
        made = self._graph.finish(name, {INPUT: self._nchw(source.inputs[0])}, outputs)
        try:
            return free_batch(made)
        except ValueError:  # it is for one image then, as its maker wrote it
            return made

    def _nchw(self, tensor: int) -> list[int]:
        shape = self._source.shape(tensor)
        return [shape[a] for a in _TO_NCHW] if len(shape) == 4 else shape

    def _constant(self, tensor: int) -> npt.NDArray[np.generic]:
        values = self._folded.get(tensor)
        if values is None:
            values = self._source.constant(tensor)
        if values is None:
            raise UnsupportedModelError(f"tensor {self._source.name(tensor)} is not a constant")
        return values

    def _weights(self, tensor: int) -> npt.NDArray[np.float32]:
        return self._constant(tensor).astype(np.float32)

    def _value(self, tensor: int) -> str:
        """Name of a computed tensor, or of a constant laid out to broadcast against NCHW."""
        if tensor not in self._names:
            values = self._weights(tensor)
            if values.size == 1:  # a factor: of any rank, so that it does not raise another's
                values = values.reshape(())
            elif values.ndim == 4:
                values = values.transpose(_TO_NCHW)
            elif values.ndim == 1:
                values = values.reshape(1, -1, 1, 1)
            self._names[tensor] = self._graph.constant(values)
        return self._names[tensor]

    def _activate(self, name: str, function: int) -> str:
        functions = tflite.ActivationFunctionType
        if function == functions.NONE:
            return name
        if function == functions.RELU:
            return self._graph.add("Relu", [name])
        if function == functions.RELU6:
            low, high = np.float32(0), np.float32(6)
            bounds = [self._graph.constant(np.array(v)) for v in (low, high)]
            return self._graph.add("Clip", [name, *bounds])
        raise UnsupportedModelError(f"fused activation {function} is not known")

    def _pad(self, op: Operator) -> None:
        pads = self._constant(op.inputs[1]).reshape(-1, 2).tolist()
        if len(pads) == 4 and pads[0] == [0, 0] and pads[3] == [0, 0]:
            (top, bottom), (left, right) = pads[1], pads[2]
            self._padded[op.outputs[0]] = (op.inputs[0], [top, left, bottom, right])
            return
        if len(pads) != 4:
            raise UnsupportedModelError("PAD of a tensor that is no image")
        ordered = [pads[axis][end] for end in (0, 1) for axis in _TO_NCHW]
        amounts = self._graph.constant(np.array(ordered, np.int64))
        self._names[op.outputs[0]] = self._graph.add("Pad", [self._value(op.inputs[0]), amounts])

    def _convolution(self, op: Operator) -> str:
        weights = self._weights(op.inputs[1]).transpose(0, 3, 1, 2)
        return self._any_convolution(op, op.options(tflite.Conv2DOptions), weights, groups=1)

    def _depthwise(self, op: Operator) -> str:
        weights = self._weights(op.inputs[1]).transpose(3, 0, 1, 2)
        options = op.options(tflite.DepthwiseConv2DOptions)
        if options.DepthMultiplier() != 1:
            raise UnsupportedModelError("depthwise convolution with a depth multiplier")
        return self._any_convolution(op, options, weights, groups=weights.shape[0])

    def _any_convolution(
        self,
        op: Operator,
        options: tflite.Conv2DOptions | tflite.DepthwiseConv2DOptions,
        weights: npt.NDArray[np.float32],
        groups: int,
    ) -> str:
        image, pads = self._padded.get(op.inputs[0], (op.inputs[0], [0, 0, 0, 0]))
        kernel = [int(n) for n in weights.shape[2:]]
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        if options.Padding() == tflite.Padding.SAME:
            size = self._source.shape(image)[1:3]
            extra = [
                same_padding(size[a] + pads[a] + pads[a + 2], kernel[a], strides[a], dilations[a])
                for a in (0, 1)
            ]
            pads = [p + extra[k % 2][k // 2] for k, p in enumerate(pads)]
        inputs = [self._value(image), self._graph.constant(weights)]
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            inputs.append(self._graph.constant(self._weights(op.inputs[2])))
        out = self._graph.add(
            "Conv",
            inputs,
            kernel_shape=kernel,
            strides=strides,
            dilations=dilations,
            pads=pads,
            group=groups,
        )
        return self._activate(out, options.FusedActivationFunction())

    def _transposed_convolution(self, op: Operator) -> str:
        _, stride_w, stride_h = np.frombuffer(op.custom_options(), np.int32)[:3].tolist()
        weights = self._weights(op.inputs[1]).transpose(3, 0, 1, 2)
        if weights.shape[2:] != (stride_h, stride_w):
            raise UnsupportedModelError("transposed convolution whose windows overlap")
        inputs = [self._value(op.inputs[0]), self._graph.constant(weights)]
        inputs.append(self._graph.constant(self._weights(op.inputs[2])))
        size = [stride_h, stride_w]  # without overlap, no padding mode crops anything
        return self._graph.add("ConvTranspose", inputs, kernel_shape=size, strides=size)

    def _arithmetic(
        self,
        op: Operator,
        kind: str,
        cls: type[tflite.AddOptions] | type[tflite.MulOptions],
    ) -> str:
        out = self._graph.add(kind, [self._value(i) for i in op.inputs])
        return self._activate(out, op.options(cls).FusedActivationFunction())

    def _pool(self, op: Operator, kind: str) -> str:
        options = op.options(tflite.Pool2DOptions)
        image = self._value(op.inputs[0])
        size = self._source.shape(op.inputs[0])[1:3]
        kernel = [options.FilterHeight(), options.FilterWidth()]
        if kind == "AveragePool" and kernel == size:
            out = self._graph.add("GlobalAveragePool", [image])
            return self._activate(out, options.FusedActivationFunction())
        strides = [options.StrideH(), options.StrideW()]
        pads = [0, 0, 0, 0]
        if options.Padding() == tflite.Padding.SAME:
            (top, bottom), (left, right) = (
                same_padding(size[a], kernel[a], strides[a]) for a in (0, 1)
            )
            pads = [top, left, bottom, right]
        out = self._graph.add(kind, [image], kernel_shape=kernel, strides=strides, pads=pads)
        return self._activate(out, options.FusedActivationFunction())

    def _mean(self, op: Operator) -> str:
        axes = sorted(np.ravel(self._constant(op.inputs[1])).tolist())
        after = self._source.shape(op.outputs[0])
        if len(self._source.shape(op.inputs[0])) != 4 or axes != [1, 2]:
            raise UnsupportedModelError("MEAN of other axes than an image's")
        mean = self._graph.add("GlobalAveragePool", [self._value(op.inputs[0])])
        if len(after) == 4:
            return mean
        return self._graph.add("Reshape", [mean, self._graph.constant(np.array(after, np.int64))])

    def _fully_connected(self, op: Operator) -> str:
        if len(self._source.shape(op.inputs[0])) != 2:
            raise UnsupportedModelError("FULLY_CONNECTED to something else than a row of values")
        inputs = [self._value(op.inputs[0]), self._graph.constant(self._weights(op.inputs[1]))]
        if len(op.inputs) > 2 and op.inputs[2] >= 0:
            inputs.append(self._graph.constant(self._weights(op.inputs[2])))
        out = self._graph.add("Gemm", inputs, transB=1)
        return self._activate(
            out, op.options(tflite.FullyConnectedOptions).FusedActivationFunction()
        )

    def _resize(self, op: Operator) -> str:
        options = op.options(tflite.ResizeBilinearOptions)
        before, after = self._source.shape(op.inputs[0]), self._source.shape(op.outputs[0])
        mode = "asymmetric"
        if options.AlignCorners():
            mode = "align_corners"
        elif options.HalfPixelCenters():
            mode = "half_pixel"
        scales = np.array([1, 1, after[1] / before[1], after[2] / before[2]], np.float32)
        return self._graph.add(
            "Resize",
            [self._value(op.inputs[0]), "", self._graph.constant(scales)],
            mode="linear",
            coordinate_transformation_mode=mode,
        )

    def _reshape(self, op: Operator) -> str:
        value, before = self._value(op.inputs[0]), self._source.shape(op.inputs[0])
        after = self._source.shape(op.outputs[0])
        if len(before) == 4 and before[1] * before[2] > 1:
            value = self._graph.add("Transpose", [value], perm=[0, 2, 3, 1])
        if len(after) == 4:
            if after[1] * after[2] > 1:
                raise UnsupportedModelError("RESHAPE to an image")
            after = [after[0], after[3], 1, 1]
        return self._graph.add("Reshape", [value, self._graph.constant(np.array(after, np.int64))])

    def _concatenate(self, op: Operator) -> str:
        rank = len(self._source.shape(op.outputs[0]))
        axis = op.options(tflite.ConcatenationOptions).Axis() % rank
        if rank == 4:
            axis = _AXIS_TO_NCHW[axis]
        return self._graph.add("Concat", [self._value(i) for i in op.inputs], axis=axis)

    def _depth_to_space(self, op: Operator) -> str:
        block = op.options(tflite.DepthToSpaceOptions).BlockSize()
        image = self._value(op.inputs[0])
        return self._graph.add("DepthToSpace", [image], blocksize=block, mode="DCR")

    def _hard_swish(self, op: Operator) -> str:
        image = self._value(op.inputs[0])
        gate = self._graph.add("HardSigmoid", [image], alpha=1 / 6, beta=0.5)
        return self._graph.add("Mul", [image, gate])

    def _leaky(self, op: Operator) -> str:
        slopes = self._weights(op.inputs[1]).reshape(-1, 1, 1)  # one a channel
        return self._graph.add("PRelu", [self._value(op.inputs[0]), self._graph.constant(slopes)])

    def _whole_slice(self, op: Operator) -> str:
        before, after = (self._source.shape(i) for i in (op.inputs[0], op.outputs[0]))
        if before != after or self._weights(op.inputs[3]).min() < 1:
            raise UnsupportedModelError("STRIDED_SLICE of a part")
        return self._value(op.inputs[0])

    def _crop_matrix(self, op: Operator) -> str:
        return crop_matrix(self._graph, self._value(op.inputs[0]), op.custom_options())

    def _crop_features(self, op: Operator) -> str:
        size, out = (self._source.shape(i)[1:3] for i in (op.inputs[0], op.outputs[0]))
        features, matrix = (self._value(i) for i in op.inputs)
        return crop_features(self._graph, features, matrix, size, out)

    def _leave_crop(self, op: Operator) -> str:
        if self._source.shape(op.inputs[0])[-1] != 2:
            raise UnsupportedModelError("TransformLandmarks of points with depth")
        points, matrix = (self._value(i) for i in op.inputs)
        return leave_crop(self._graph, points, matrix)
