"""What holds for every form in Triton: on a GPU, and in Triton's interpreter where there is none.

``test_triton_without_gpu`` starts these tests once more in a process that interprets.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tests.kernels.harness import Shape, assert_close
from tests.kernels.operators import TEXTURE
from tests.kernels.tensor_operators import SCALES, parts_of_layers
from tests.kernels.triton_forms import FEW_PROGRAMS, FORMS, INTERPRETED, Form, poisoned_memory
from torch import Tensor

from bunraku.kernels.triton_launch import launch

pytestmark = pytest.mark.gpu
forms = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
differentiable = pytest.mark.parametrize(
    "form", [form for form in FORMS if form.gradients], ids=lambda form: form.name
)
dtypes = pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32], ids=lambda dtype: str(dtype)[6:]
)


@pytest.fixture(autouse=True)
def device() -> torch.device:
    """Where Triton's kernels run in this process."""
    pytest.importorskip("triton", reason="Triton is not installed")
    if INTERPRETED:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        pytest.skip("no GPU for CUDA here")
    return torch.device("cuda")


@pytest.mark.parametrize(
    ("form", "shape"),
    [
        pytest.param(form, shape, id=f"{form.name}-{'x'.join(map(str, shape))}")
        for form in FORMS
        for shape in form.operator.shapes
    ],
)
def test_every_element_is_the_references(
    form: Form,
    shape: Shape,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = form.operator.call(rng, shape)
    tensors = [tensor.to(device) for tensor in call.tensors()]
    expected = form.expected(call.tensors(), call.options)
    with poisoned_memory():
        results = form.run(form.module(monkeypatch), tensors, call.options)
    for result, wanted in zip(results, expected, strict=True):
        assert result.shape == wanted.shape
        assert_close(result.cpu(), wanted, wanted.dtype)


@pytest.mark.parametrize("form", [f for f in FORMS if f.narrow], ids=lambda form: form.name)
@dtypes
def test_narrow_types_are_summed_in_float32(
    form: Form,
    dtype: torch.dtype,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = form.operator.call(rng, form.operator.shapes[-1])
    rounded = call.tensors(dtype)
    results = form.run(form.module(monkeypatch), [t.to(device) for t in rounded], call.options)
    exact = [t.double() if t.is_floating_point() else t for t in rounded]
    for result, wanted in zip(results, form.expected(exact, call.options), strict=True):
        assert result.dtype in (dtype, torch.uint8)
        assert_close(result.cpu(), wanted, result.dtype)


@forms
def test_the_memory_of_the_inputs_makes_no_difference(
    form: Form,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = form.operator.call(rng, form.operator.shapes[-1])
    module = form.module(monkeypatch)
    tensors = [tensor.to(device) for tensor in call.tensors()]
    expected = form.run(module, tensors, call.options)
    for other in (_with_gaps, _channels_innermost):
        given = [other(tensor) for tensor in tensors]
        if all(a.stride() == b.stride() for a, b in zip(given, tensors, strict=True)):
            continue  # lists have no channels
        results = form.run(module, given, call.options)
        for result, wanted in zip(results, expected, strict=True):
            assert torch.equal(result, wanted)


@differentiable
@dtypes
def test_gradients_are_those_of_the_reference_in_float64(
    form: Form,
    dtype: torch.dtype,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    call = form.operator.call(rng, form.operator.shapes[-1])
    rounded = call.tensors(dtype)
    exact = [tensor.double().requires_grad_() for tensor in rounded]
    results = form.expected(exact, call.options)
    pulls = [torch.cos(torch.arange(r.numel())).reshape(r.shape).to(dtype) for r in results]
    expected = torch.autograd.grad(results, exact, [pull.double() for pull in pulls])
    given = [tensor.to(device) for tensor in rounded]
    assert form.gradients is not None
    with poisoned_memory():
        made = form.gradients(
            form.module(monkeypatch), given, [pull.to(device) for pull in pulls], call.options
        )
    for ours, theirs in zip(made, expected, strict=True):
        scale = float(theirs.abs().max())  # a gradient is a sum over many pixels
        assert ours.dtype == dtype
        assert_close(ours.double().cpu() / scale, theirs / scale, dtype)


def test_parts_too_faint_to_be_seen_are_skipped(
    device: torch.device, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their textures are not read, forward or backward; a weight's own gradient is there still."""
    (form,) = (form for form in FORMS if form.folder == "texture")
    module = form.module(monkeypatch)
    atlas, parts, u, v = form.operator.call(rng, form.operator.shapes[-1]).tensors()
    faint, least = parts <= 0.2, 0.2
    assert 0.2 < faint.float().mean() < 0.8
    parts[:, 0] = least
    seen = parts * (parts > least)
    expected = TEXTURE.reference(atlas, seen, u, v)
    pull = torch.cos(torch.arange(expected.numel())).reshape(expected.shape).float()
    inputs = [tensor.double().requires_grad_() for tensor in (atlas, seen, u, v)]
    wanted = torch.autograd.grad(TEXTURE.reference(*inputs), inputs, pull.double())
    with poisoned_memory():
        given = [tensor.to(device) for tensor in (atlas, parts, u, v)]
        made = module.gradients(*given, pull.to(device), least, (True,) * 4)
        given[0][:, 0] = torch.nan
        result = module.sample_texture(*given, least)
    assert_close(result.cpu(), expected)
    for ours, theirs in zip(made, wanted, strict=True):
        scale = float(theirs.abs().max())
        assert_close(ours.double().cpu() / scale, theirs / scale, torch.float32)


@pytest.mark.parametrize("value", [np.nan, 5.0])
@pytest.mark.parametrize("form", [f for f in FORMS if f.places], ids=lambda form: form.name)
def test_wild_values_give_what_arrays_give(
    form: Form,
    value: float,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A place that is NaN is the first pixel, a weight that is NaN shows; 5 lies far outside."""
    call = form.operator.call(rng, form.operator.shapes[-1])
    module = form.module(monkeypatch)
    for index, array in enumerate(call.arrays):
        if array.dtype == np.float32:
            arrays = [*call.arrays[:index], array.copy(), *call.arrays[index + 1 :]]
            arrays[index].flat[::3] = value
            tensors = [torch.from_numpy(a.copy()).to(device) for a in arrays]
            (result,) = form.run(module, tensors, call.options)
            wanted = torch.as_tensor(form.operator.public(*arrays, **call.options))
            assert_close(result.cpu(), wanted, wanted.dtype)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize(
    "form",
    [f for f in FORMS if f.batched and f.operator is not SCALES],  # which is warp's three times
    ids=lambda form: form.name,
)
@pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning")
def test_no_value_leads_out_of_the_tensors(
    form: Form,
    value: float,
    device: torch.device,
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever is in one entry of a batch, the others are as before."""
    call = form.operator.call(rng, form.operator.shapes[-1])
    module = form.module(monkeypatch)
    tensors = [tensor.to(device) for tensor in call.tensors()]
    expected = form.run(module, tensors, call.options)
    for tensor in tensors:
        if tensor.is_floating_point():
            tensor[0] = value
    results = form.run(module, tensors, call.options)
    for result, wanted in zip(results, expected, strict=True):
        assert torch.equal(result[1:], wanted[1:])
    if form.gradients is not None:
        pulls = [torch.ones_like(result) for result in results]
        for gradient in form.gradients(module, tensors, pulls, call.options):
            assert torch.isfinite(gradient[1:]).all()


def test_a_bone_that_is_none_counts_for_nothing(
    device: torch.device, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (form,) = (form for form in FORMS if form.folder == "skin")
    vertices, weights, bones, transforms = form.operator.call(rng, (5, 3)).tensors()
    bones[:, 0] = torch.tensor([3, -1, 2**31 - 1, -(2**31), 4])
    given = [tensor.to(device) for tensor in (vertices, weights, bones, transforms)]
    (moved,) = form.run(form.module(monkeypatch), given, {})
    weights[:, 0], bones[:, 0] = 0, 0
    (expected,) = form.expected([vertices, weights, bones, transforms], {})
    assert_close(moved.cpu(), expected)


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
@pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning")
def test_a_mesh_that_leads_nowhere_shows_between_nothing_and_all(
    value: float, device: torch.device, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places that are none, and corners that are no vertex: nobody looks for them on a GPU."""
    for form in (form for form in FORMS if form.folder == "streaks"):
        moved, triangles, *rest = form.operator.call(rng, (40, 25)).tensors()
        moved[::3], rest[0][::4] = value, value
        triangles[::5, 0], triangles[1::5, 1], triangles[2::5, 2] = -1, 2**31 - 1, 40
        given = [tensor.to(device) for tensor in (moved, triangles, *rest)]
        with poisoned_memory():
            (made,) = form.run(form.module(monkeypatch), given, {})
        assert torch.isfinite(made.float()).all()
        assert made.min() >= 0
        assert made.max() <= 1


def test_a_share_that_is_no_number_restores_nothing(
    device: torch.device, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    (form,) = (form for form in FORMS if form.folder == "restoring")
    call = form.operator.call(rng, form.operator.shapes[-1])
    picture, photo, share = (tensor.to(device) for tensor in call.tensors())
    share[:] = torch.nan
    (made,) = form.run(form.module(monkeypatch), [picture, photo, share], call.options)
    assert torch.equal(made, picture)


@pytest.mark.parametrize("shape", TEXTURE.shapes, ids=lambda shape: "x".join(map(str, shape)))
def test_the_kernel_of_the_plugin_samples_likewise(
    shape: Shape, device: torch.device, rng: np.random.Generator
) -> None:
    """As TensorRT starts it, with numbers between its inputs and its result."""
    from bunraku.kernels.texture.triton_plugin import sample_atlas

    tensors = TEXTURE.call(rng, shape).tensors()
    expected = TEXTURE.reference(*tensors)
    pixels, channels = expected.shape[2] * expected.shape[3], expected.shape[1]
    given = [tensor.to(device) for tensor in tensors]
    out = torch.full(expected.shape, torch.nan, device=device)
    block = FEW_PROGRAMS if INTERPRETED else 64
    launch(
        sample_atlas,
        (-(-pixels // block), -(-channels // 16), len(out)),
        out,
        *(*given, *given[0].shape[1:], pixels, out),
        PIXELS=block,
        CHANNELS=16,
        num_warps=4,
    )
    assert_close(out.cpu(), expected)


@pytest.mark.parametrize("wild", ["place", "triangle", "plane"])
def test_layers_that_lead_nowhere_leave_a_picture(
    wild: str, device: torch.device, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Places that are NaN or far outside, and numbers of triangles and planes that are none."""
    (form,) = (form for form in FORMS if form.folder == "layers")
    call = form.operator.call(rng, form.operator.shapes[-1])
    sheets, photo, raster, body = parts_of_layers(call.tensors())
    if wild == "place":
        for mesh in (photo, body):
            mesh[1][::3], mesh[1][1::3] = torch.nan, 3e38
    elif wild == "triangle":
        sheets[1][:, ::2], raster[1][::2] = 2**31 - 1, 2**31 - 1
    else:
        body[2][::2], body[2][1::2] = 2**31 - 1, -(2**31)
    given = [tensor.to(device) for tensor in (*sheets, *photo, *raster, *body)]
    with poisoned_memory():
        (made,) = form.run(form.module(monkeypatch), given, call.options)
    picture = made.cpu()[:, :-2]  # but for the flow, which leads to those places
    assert torch.isfinite(picture).all()
    assert picture[:, 3].min() >= 0
    assert picture[:, 3].max() <= 1


@pytest.mark.skipif(INTERPRETED, reason="tensors on the CPU take other forms")
@forms
def test_tensors_on_a_gpu_take_the_form(
    form: Form, device: torch.device, rng: np.random.Generator
) -> None:
    call = form.operator.call(rng, form.operator.shapes[-1])
    tensors = [tensor.to(device) for tensor in call.tensors()]
    inputs = [t.requires_grad_(t.is_floating_point()) for t in tensors]
    results = form.public(inputs, call.options)
    for result, wanted in zip(results, form.expected(call.tensors(), call.options), strict=True):
        assert_close(result.detach().cpu(), wanted, wanted.dtype)
    if form.operator.differentiable:
        torch.autograd.backward([result.sum() for result in results])
        assert all(tensor.grad is not None for tensor in inputs)


def _with_gaps(tensor: Tensor) -> Tensor:
    return tensor.repeat_interleave(2, -1)[..., ::2]


def _channels_innermost(tensor: Tensor) -> Tensor:
    return tensor.movedim(-3, -1).contiguous().movedim(-1, -3) if tensor.dim() > 2 else tensor
