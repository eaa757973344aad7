"""A pose network behind one call: names to arrays in, names to arrays out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bunraku.errors import EngineError, MissingExtraError

FloatArray = npt.NDArray[np.float32]


class Session(Protocol):
    """What the detector, the landmarks and the segmenter need of a network."""

    def run(self, image: FloatArray, outputs: tuple[str, ...]) -> list[FloatArray]:
        """Give ``image`` [1,3,H,W] to the network; return the named outputs, in that order."""


class OnnxSession:
    """One ONNX file on ONNX Runtime's CPU provider, with its own few threads.

    Raises:
        MissingExtraError: ONNX Runtime is not installed.
        EngineError: the file cannot be loaded.
    """

    def __init__(self, path: Path, threads: int) -> None:
        try:
            import onnxruntime
        except ImportError as e:
            raise MissingExtraError(
                "The pose networks run on ONNX Runtime, which is not installed.",
                'Run `pip install "bunraku[cpu]"`.',
            ) from e
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Threads that spin between calls take the cores from the other stages.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as e:  # ONNX Runtime's own errors have no common base
            raise EngineError(
                f"The pose network {path} cannot be loaded.", "Run `bunraku fetch --force`."
            ) from e
        # Without this, nodes that only feed outputs nobody asked for run as well.
        self._options = onnxruntime.RunOptions()
        self._options.only_execute_path_to_fetches = True
        self._name = path.stem

    def run(self, image: FloatArray, outputs: tuple[str, ...]) -> list[FloatArray]:
        """Run the network; raises EngineError if ONNX Runtime fails."""
        try:
            results: list[FloatArray] = self._session.run(outputs, {"image": image}, self._options)
        except Exception as e:
            raise EngineError(f"The pose network {self._name} failed: {e}") from e
        return results
