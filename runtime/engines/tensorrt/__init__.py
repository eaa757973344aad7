"""TensorRT and TensorRT-RTX behind one interface: what builds engines, keeps them and runs them.

Neither library, nor torch, is imported before an engine is made.
"""
