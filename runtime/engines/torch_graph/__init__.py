"""An ONNX model as torch runs it: ``graph`` reads and runs it, ``operators`` holds what its nodes
are, ``layers`` and ``shapes`` those that take more than a name.
"""
