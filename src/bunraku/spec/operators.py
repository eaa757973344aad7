"""What our operators are called in ONNX graphs, by which a runtime finds a form of its own."""

from __future__ import annotations

DOMAIN = "bunraku"
VERSION = 1
SAMPLE_TEXTURE = "SampleTexture"
WARP_OCCLUDE = "WarpOcclude"
