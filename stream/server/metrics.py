"""What the server counts, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bunraku.errors import DeviceError
from bunraku.runtime.notices import Notices
from bunraku.stream.core.frame import LiveFrame

# Seconds; from a millisecond to where nobody would call it live any more.
_STAGE_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0)
_AGE_BUCKETS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0)
_PHOTO_BUCKETS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


RECORDED_AS = ".mp4"
"""How the names of recordings end."""


class Metrics:
    """The counters of one server, in a registry of its own."""

    def __init__(self, places: int) -> None:
        """:param places: how many sessions may stream at once."""
        self.registry = CollectorRegistry()
        r = self.registry
        self.sessions = Gauge("bunraku_sessions", "Sessions by state.", ["state"], registry=r)
        self.places = Gauge("bunraku_places", "Sessions that may stream at once.", registry=r)
        self.places.set(places)
        self.opened = Counter("bunraku_sessions_opened", "Sessions opened.", registry=r)
        self.ended = Counter(
            "bunraku_sessions_ended", "Sessions ended, by reason.", ["reason"], registry=r
        )
        self.offers = Counter(
            "bunraku_offers", "Attempts to start a stream, by result.", ["result"], registry=r
        )
        self.frames_in = Counter("bunraku_frames_in", "Frames from browsers.", registry=r)
        self.frames_out = Counter(
            "bunraku_frames_out", "Frames taken by a sink.", ["sink"], registry=r
        )
        self.frames_dropped = Counter(
            "bunraku_frames_dropped",
            "Frames that a newer one replaced, by the stage or sink before which they waited.",
            ["where"],
            registry=r,
        )
        self.frames_lost = Counter(
            "bunraku_frames_lost_person", "Frames in which nobody was found.", registry=r
        )
        self.faults = Counter(
            "bunraku_faults", "Frames given up, by stage or sink.", ["where"], registry=r
        )
        self.failing = Gauge(
            "bunraku_failing_sessions",
            "Sessions whose engine keeps failing, so that the camera passes through.",
            registry=r,
        )
        self.failures = Counter(
            "bunraku_engine_failures", "Times that an engine began to keep failing.", registry=r
        )
        self.gpu_failures = Counter(
            "bunraku_gpu_failures",
            "Frames lost to a GPU that failed or had too little memory: the processor goes on.",
            registry=r,
        )
        self.smaller_batches = Gauge(
            "bunraku_smaller_batches",
            "Times that a GPU's memory was too little for the frames of several sessions at once.",
            registry=r,
        )
        self.stage_seconds = Histogram(
            "bunraku_stage_seconds",
            "Time that a stage worked on a frame.",
            ["stage"],
            buckets=_STAGE_BUCKETS,
            registry=r,
        )
        self.age_seconds = Histogram(
            "bunraku_frame_age_seconds",
            "From a frame's arrival at the server until it is given to the encoder.",
            buckets=_AGE_BUCKETS,
            registry=r,
        )
        self.uploads = Counter("bunraku_uploads", "Photos taken.", registry=r)
        self.uploads_refused = Counter(
            "bunraku_uploads_refused", "Photos refused, by reason.", ["reason"], registry=r
        )
        self.photo_seconds = Histogram(
            "bunraku_photo_seconds",
            "Time to read a photo and to make it ready.",
            buckets=_PHOTO_BUCKETS,
            registry=r,
        )
        self.refused = Counter(
            "bunraku_requests_refused", "Requests refused, by reason.", ["reason"], registry=r
        )
        self.recordings = Counter("bunraku_recordings", "Recordings made.", registry=r)

    def watch(self, notices: Notices) -> None:
        """Count what the sessions' engines say."""
        self.smaller_batches.set_function(lambda: len(notices))

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class FrameMetrics:
    """Watches the frames of one session; an Observer of its pipeline."""

    def __init__(self, metrics: Metrics, first_sink: str, begun_s: float = 0.0) -> None:
        """:param first_sink: the sink at which stages and age are counted, once a frame."""
        self.newest_s = begun_s
        """When the newest frame was captured; until the first one, when it began."""
        self._metrics = metrics
        self._first_sink = first_sink
        self._missed: dict[str, int] = {}

    def arrived(self, frame: LiveFrame) -> None:
        self.newest_s = frame.captured_s
        self._metrics.frames_in.inc()

    def dropped(self, where: str) -> None:
        self._metrics.frames_dropped.labels(_label(where)).inc()

    def failed(self, where: str, error: Exception) -> None:
        self._metrics.faults.labels(_label(where)).inc()
        self._metrics.gpu_failures.inc(isinstance(error, DeviceError))

    def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None:
        metrics = self._metrics
        metrics.frames_out.labels(_label(sink)).inc()
        if sink != self._first_sink:
            return
        metrics.age_seconds.observe(age_s)
        metrics.frames_lost.inc(frame.lost)
        for stage, span in frame.spans.items():
            if stage in frame.idle:
                continue
            metrics.stage_seconds.labels(stage).observe(span.end_s - span.start_s)

    def missed(self, where: str, total: int) -> None:
        """So many frames were replaced there so far, where the pipeline does not see it."""
        more = total - self._missed.get(where, 0)
        if more > 0:
            self._metrics.frames_dropped.labels(where).inc(more)
            self._missed[where] = total


def _label(where: str) -> str:
    """A stage or sink; recordings, of which each has a name of its own, count as one."""
    return "recording" if where.endswith(RECORDED_AS) else where
