"""Networks out of training: ONNX bundles, parity reports and the pose networks' conversion."""
