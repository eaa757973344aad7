"""How ``bunraku`` ends: the numbers that shells and scripts see."""

EXIT_BUG = 1
EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
"""As of a tool that Ctrl-C ends,"""
EXIT_PIPE = 141
"""and SIGPIPE."""
