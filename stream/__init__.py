"""Sources and sinks of frames, and the loops that move them through a puppet.

No torch is imported here.
"""
