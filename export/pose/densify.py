"""Unpacking of sparse TFLite constants (the DENSIFY operator) to dense arrays.

Source: tensorflow/lite/schema/schema.fbs, table SparsityParameters. Only what MediaPipe's networks
use is read: dimensions in their own order, no blocks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import tflite

Int64Array = npt.NDArray[np.int64]


@dataclass(frozen=True)
class DenseLevel:
    """A dimension whose every index is stored."""

    size: int


@dataclass(frozen=True)
class SparseLevel:
    """A dimension stored as compressed rows."""

    segments: Int64Array
    """[parents + 1], where the children of each parent start in ``indices``"""
    indices: Int64Array
    """[children], index of each child along this dimension"""


Level = DenseLevel | SparseLevel


def densify(
    values: npt.NDArray[np.generic], levels: list[Level], shape: list[int]
) -> npt.NDArray[np.generic]:
    """Spread stored values over a dense array.

    Args:
        values: [stored], in the order in which the levels enumerate them.
        levels: one per dimension, outermost first.
        shape: the dense shape.

    Returns:
        Array of ``shape`` and the dtype of ``values``, zero where nothing is stored.
    """
    where: list[Int64Array] = []  # coordinate along each dimension so far, [nodes]
    nodes = np.zeros(1, np.int64)  # running number of each node in its level
    for level in levels:
        if isinstance(level, DenseLevel):
            along = np.tile(np.arange(level.size, dtype=np.int64), len(nodes))
            where = [np.repeat(axis, level.size) for axis in where] + [along]
            nodes = np.repeat(nodes * level.size, level.size) + along
        else:
            children = np.diff(level.segments)[nodes]
            starts = np.repeat(level.segments[nodes], children)
            offsets = np.arange(children.sum()) - np.repeat(
                np.cumsum(children) - children, children
            )
            where = [np.repeat(axis, children) for axis in where]
            nodes = starts + offsets
            where.append(level.indices[nodes])
    dense = np.zeros(shape, values.dtype)
    dense[tuple(where)] = values[nodes]
    return dense


def read_levels(sparsity: tflite.SparsityParameters, rank: int) -> list[Level]:
    """Read the storage order of a sparse tensor; ValueError for blocks or permuted dimensions."""
    order = sparsity.TraversalOrderAsNumpy().tolist()
    if sparsity.BlockMapLength() or order != list(range(rank)):
        raise ValueError(f"sparse tensor with blocks or permuted dimensions: order {order}")
    levels: list[Level] = []
    for k in range(sparsity.DimMetadataLength()):
        meta = sparsity.DimMetadata(k)
        if meta.Format() == tflite.DimensionType.DENSE:
            levels.append(DenseLevel(int(meta.DenseSize())))
        else:
            segments = _index_vector(meta.ArraySegments(), meta.ArraySegmentsType())
            indices = _index_vector(meta.ArrayIndices(), meta.ArrayIndicesType())
            levels.append(SparseLevel(segments, indices))
    return levels


def _index_vector(table: tflite.Table, kind: int) -> Int64Array:
    classes = {
        tflite.SparseIndexVector.Int32Vector: tflite.Int32Vector,
        tflite.SparseIndexVector.Uint16Vector: tflite.Uint16Vector,
        tflite.SparseIndexVector.Uint8Vector: tflite.Uint8Vector,
    }
    vector = classes[kind]()
    vector.Init(table.Bytes, table.Pos)
    return np.asarray(vector.ValuesAsNumpy(), dtype=np.int64)
