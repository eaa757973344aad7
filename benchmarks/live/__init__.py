"""Delay, rate and endurance of live sessions, measured in a real Chromium.

`scripts/bench live|live-sessions|live-start|live-soak --json FILE` runs them; see `__main__.py`.
"""
