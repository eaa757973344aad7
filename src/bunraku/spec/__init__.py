"""What several rooms must agree on, without any of their work.

Names, layouts and formats that stand in logs, files and messages. It imports nothing of ours, so
that every room may import it.
"""
