"""What `bunraku bench` measures of live sessions: many at once, and a camera's delay.

Sources, stages, pipelines and sinks are those of `bunraku live`; only what feeds them is made here.
"""
