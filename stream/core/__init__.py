"""The live pipeline: frames, slots, stages, sessions, and the protocols of sources and sinks."""
