"""What `bunraku bench` measures of the runtime, one module a question, and what it draws of that.

Every report says on which machine, commit and day it was measured; times are taken after a warm-up,
with the device's work finished inside of them, and told as p50, p95 and the least.
"""
