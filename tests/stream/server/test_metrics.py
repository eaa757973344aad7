from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families
from tests.stream.fakes import picture

from bunraku.errors import DeviceLostError, EngineError, OutOfMemoryError
from bunraku.runtime.notices import Notices
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame, Span
from bunraku.stream.server.metrics import FrameMetrics, Metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """Every sample by name and labels, as a scraper reads it."""
    text = metrics.text().decode()
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_frames_are_counted_where_they_go() -> None:
    metrics = Metrics(places=4)
    watching = FrameMetrics(metrics, "browser")
    frame = LiveFrame(picture(), 0, MICROSECONDS, 0.0, lost=True)
    frame.spans["motion"] = Span(1.0, 1.015)
    watching.arrived(frame)
    watching.dropped("motion")
    watching.failed("blend", RuntimeError("broken"))
    watching.delivered(frame, "browser", 0.04)
    for name in ("bunraku-1.mp4", "bunraku-2.mp4"):
        watching.delivered(frame, name, 0.05)
    watching.missed("source", 3)
    watching.missed("source", 5)
    watching.missed("encoder", 2)
    found = samples(metrics)
    assert found["bunraku_places[]"] == 4
    assert found["bunraku_frames_in_total[]"] == 1
    assert found["bunraku_frames_out_total['browser']"] == 1
    assert found["bunraku_frames_out_total['recording']"] == 2
    assert found["bunraku_frames_dropped_total['motion']"] == 1
    assert found["bunraku_frames_dropped_total['source']"] == 5
    assert found["bunraku_frames_dropped_total['encoder']"] == 2
    assert found["bunraku_frames_lost_person_total[]"] == 1
    assert found["bunraku_faults_total['blend']"] == 1
    assert found["bunraku_stage_seconds_count['motion']"] == 1
    assert found["bunraku_stage_seconds_bucket['0.01', 'motion']"] == 0
    assert found["bunraku_stage_seconds_bucket['0.02', 'motion']"] == 1
    assert found["bunraku_frame_age_seconds_count[]"] == 1


def test_what_a_gpu_could_not_do_is_counted() -> None:
    metrics, notices = Metrics(places=4), Notices()
    metrics.watch(notices)
    watching = FrameMetrics(metrics, "browser")
    watching.failed("blend", EngineError("broken"))
    watching.failed("motion", OutOfMemoryError("too little"))
    watching.failed("motion", DeviceLostError("lost"))
    found = samples(metrics)
    assert found["bunraku_gpu_failures_total[]"] == 2
    assert found["bunraku_faults_total['motion']"] == 2
    assert found["bunraku_smaller_batches[]"] == 0
    notices.add("It computes 4 at a time from now on.")
    assert samples(metrics)["bunraku_smaller_batches[]"] == 1


def test_servers_do_not_share_counters() -> None:
    one, other = Metrics(1), Metrics(1)
    one.uploads.inc()
    assert samples(one)["bunraku_uploads_total[]"] == 1
    assert samples(other)["bunraku_uploads_total[]"] == 0
