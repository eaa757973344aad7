"""Nodes that move numbers about: shapes, cuts, places, and what is taken along an axis."""

from __future__ import annotations

from typing import Any

from bunraku.runtime.engines.torch_graph.node import Function, Maker, Node


def depth_to_space(node: Node) -> Function:
    block = node.get("blocksize", 1)
    if node.get("mode", "DCR") == "CRD":
        shuffle = node.torch.nn.functional.pixel_shuffle
        return lambda x: shuffle(x, block)

    def run(x: Any) -> Any:
        b, c, h, w = x.shape
        blocks = x.reshape(b, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
        return blocks.reshape(b, c // block**2, h * block, w * block)

    return run


def pad(node: Node) -> Function:
    pads, value = node.numbers(1) or [], node.numbers(2)
    node.refuse_unless(node.get("mode", "constant") == "constant", "repeated borders")
    node.refuse_unless(node.numbers(3) is None, "chosen axes")
    half = len(pads) // 2
    told = [n for axis in reversed(range(half)) for n in (pads[axis], pads[axis + half])]
    function, filled = node.torch.nn.functional.pad, value[0] if value else 0.0
    return lambda x: function(x, told, value=filled)


def reshape(node: Node) -> Function:
    shape = node.numbers(1) or []
    if node.get("allowzero", 0):
        return lambda x: x.reshape(shape)
    return lambda x: x.reshape([n or x.shape[axis] for axis, n in enumerate(shape)])


def expand(node: Node) -> Function:
    shape, common = node.numbers(1) or [], node.torch.broadcast_shapes
    return lambda x: x.expand(common(x.shape, shape))


def transpose(node: Node) -> Function:
    order = node.get("perm", None)
    return lambda x: x.permute(order or tuple(reversed(range(x.ndim))))


def unsqueeze(node: Node) -> Function:
    axes = node.get("axes", None) or node.numbers(1) or []

    def run(x: Any) -> Any:
        whole = x.ndim + len(axes)
        for axis in sorted(axis % whole for axis in axes):
            x = x.unsqueeze(axis)
        return x

    return run


def squeeze(node: Node) -> Function:
    axes = node.get("axes", None) or node.numbers(1)
    return lambda x: x.squeeze(tuple(axes)) if axes else x.squeeze()


def cut(node: Node) -> Function:
    starts, ends = node.numbers(1) or [], node.numbers(2) or []
    axes = node.numbers(3) or list(range(len(starts)))
    steps = node.numbers(4) or [1] * len(starts)

    def run(x: Any) -> Any:
        kept, turned = [slice(None)] * x.ndim, []
        for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
            kept[axis] = slice(start, end, step)
            if step < 0:  # torch goes forwards only
                places = range(x.shape[axis])[kept[axis]]
                kept[axis] = slice(places[-1], places[0] + 1, -step)
                turned.append(axis)
        return x[tuple(kept)].flip(turned) if turned else x[tuple(kept)]

    return run


def split(node: Node) -> Function:
    axis, parts, sizes = node.get("axis", 0), node.outputs, node.numbers(1)
    return lambda x: x.split(sizes or -(-x.shape[axis] // parts), axis)


def concat(node: Node) -> Function:
    cat, axis = node.torch.cat, node.get("axis", 0)
    return node.bind(lambda *parts: cat(parts, axis))


def gather(node: Node) -> Function:
    axis, wanted = node.get("axis", 0), node.constants[1]
    node.refuse_unless(wanted is not None, "places that change")
    if wanted.ndim == 0:
        place = int(wanted)
        return lambda x: x.select(axis, place)
    flat, shape = node.place(wanted.flatten()), list(wanted.shape)

    def run(x: Any) -> Any:
        taken = x.index_select(axis, flat % x.shape[axis])  # a place below 0 counts from the end
        return taken.unflatten(axis, shape) if len(shape) > 1 else taken

    return run


def gather_nd(node: Node) -> Function:
    places = node.constants[1]
    node.refuse_unless(places is not None, "places that change")
    node.refuse_unless(not node.get("batch_dims", 0), "batches")
    index = tuple(node.place(axis) for axis in places.unbind(-1))
    return lambda x: x[index]


def gather_elements(node: Node) -> Function:
    axis = node.get("axis", 0)
    return node.bind(lambda x, places: x.gather(axis, places % x.shape[axis]))


def scatter_elements(node: Node) -> Function:
    axis, how = node.get("axis", 0), node.get("reduction", "none")
    node.refuse_unless(how in ("none", "add"), f"reduction {how}")

    def run(x: Any, places: Any, values: Any) -> Any:
        into, places = x.contiguous(), places % x.shape[axis]
        if how == "add":
            return into.scatter_add(axis, places, values.to(x.dtype))
        return into.scatter(axis, places, values.to(x.dtype))

    return node.bind(run)


def arg_max(node: Node) -> Function:
    axis, keep = node.get("axis", 0), bool(node.get("keepdims", 1))
    node.refuse_unless(not node.get("select_last_index", 0), "the last index")
    return lambda x: x.argmax(axis, keep)


def reduce(name: str) -> Maker:
    """Of torch's function of that name."""

    def made(node: Node) -> Function:
        function, keep = node.torch, bool(node.get("keepdims", 1))
        for part in name.split("."):
            function = getattr(function, part)
        axes = node.get("axes", None) or node.numbers(1)
        if not axes and node.get("noop_with_empty_axes", 0):
            return lambda x: x
        return lambda x: function(x, dim=tuple(axes or range(x.ndim)), keepdim=keep)

    return made
