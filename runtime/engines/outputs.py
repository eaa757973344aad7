"""Networks without the parts that nobody asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bunraku.errors import EngineError


def only(model: Path | bytes, outputs: Sequence[str], name: str, advice: str) -> bytes:
    """A model that gives these outputs alone, of the same inputs.

    Libraries compute all outputs of a network, whichever are read.

    :param name: of the engine, for errors.
    :param advice: likewise, how the model is made anew.
    :raises EngineError: it cannot be read, or has no such output.
    """
    import onnx
    from onnx.utils import Extractor

    try:
        data = model.read_bytes() if isinstance(model, Path) else model
        whole = onnx.load_model_from_string(data)
        inputs = [value.name for value in whole.graph.input]
        cut = Extractor(whole).extract_model(inputs, list(outputs))
    except Exception as error:  # of protobuf, which has no name of its own
        why = str(error).strip().split("\n", 1)[0][:300]
        raise EngineError(f"The engine {name!r} cannot be read: {why}", advice) from error
    return bytes(cut.SerializeToString())
