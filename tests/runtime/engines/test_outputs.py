from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.runtime.onnx_models import model

from bunraku.errors import EngineError
from bunraku.runtime.engines.outputs import only
from bunraku.runtime.engines.registry import EngineFactory

SHAPES = {"a": (1, 2), "b": (1, 3)}
BOTH = model(SHAPES, {"y": ((1, 4), 2.5), "x": ((2,), 1.0)})
FEEDS = {name: np.ones(shape, np.float32) for name, shape in SHAPES.items()}


def test_what_is_not_wanted_is_not_computed(tmp_path: Path) -> None:
    path = tmp_path / "both.onnx"
    path.write_bytes(BOTH)
    for whole in (BOTH, path):
        cut = onnx.load_model_from_string(only(whole, ["x"], "tiny", "Ask."))
        onnx.checker.check_model(cut)
        assert [value.name for value in cut.graph.input] == ["a", "b"]
        assert "y" not in {name for node in cut.graph.node for name in node.output}
    made = EngineFactory().make(BOTH, "tiny", outputs=["x"])
    assert made.outputs == {"x": (2,)}
    assert made.run(FEEDS)["x"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("whole", "wanted"), [(BOTH, "z"), (b"no model", "x"), (Path("absent.onnx"), "x")]
)
def test_what_cannot_be_cut_is_an_engine_error(whole: bytes | Path, wanted: str) -> None:
    with pytest.raises(EngineError, match=r"'tiny' cannot be read: .* Ask") as caught:
        only(whole, [wanted], "tiny", "Ask.")
    assert "\n" not in str(caught.value)
