"""The driver by landmarks: pose networks, calibration, re-targeting, and the IUV net."""
