"""Pose networks: fetched once from MediaPipe's wheel, converted from TFLite to ONNX, and cached."""
