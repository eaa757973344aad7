from __future__ import annotations

from typing import Any

import pytest
from benchmarks.live import sessions, soak
from benchmarks.live.cases import Case, judge
from benchmarks.live.measure import Plan, browser_share, delay_share, server_share
from benchmarks.live.speed import SpeedGauge


def reading(now: float, frames: int, **more: Any) -> dict[str, Any]:
    return {
        "now": now,
        "roundTripTime": 0.002,
        "inbound-rtp": {
            "codec": "video/VP8",
            "jitterBufferDelay": frames * 0.010,
            "jitterBufferEmittedCount": frames,
            "totalDecodeTime": frames * 0.002,
            "framesDecoded": frames,
            "bytesReceived": frames * 1000,
            "frameWidth": 512,
            "frameHeight": 512,
        },
        "outbound-rtp": {"totalEncodeTime": frames * 0.003, "framesEncoded": frames},
    } | more


def test_browser_share_is_of_the_time_between() -> None:
    share = browser_share(reading(1000, 30), reading(3000, 90))
    assert share["jitter_buffer_ms"] == pytest.approx(10)
    assert share["decode_ms"] == pytest.approx(2)
    assert share["encode_ms"] == pytest.approx(3)
    assert share["down_kbps"] == 240
    assert share["round_trip_ms"] == 2
    assert share["received_size"] == [512, 512]


def test_browser_share_without_frames() -> None:
    share = browser_share({"now": 0}, {"now": 1000})
    assert share["jitter_buffer_ms"] is None
    assert share["codec"] is None


def test_server_share_is_the_newest() -> None:
    messages = [
        {"type": "stats", "at": 1.0, "fps_in": 10},
        {"type": "stats", "at": 2.0, "fps_in": 20},
        {"type": "notice", "at": 3.0, "text": "x"},
    ]
    assert server_share(messages) == {"fps_in": 20}
    assert server_share(messages, since_ms=2.5) is None


def test_faults_are_added_over_streams() -> None:
    counts = [0, 1, 2, 0, 0, 3, 1]
    messages = [{"type": "stats", "faults": {"motion": n}} for n in counts]
    messages.insert(2, {"type": "notice", "faults": {}})
    assert soak.total_faults(messages) == 2 + 3 + 1
    assert soak.total_faults([]) == 0


def test_growth_of_what_sessions_leave() -> None:
    rest: dict[str, Any] = dict.fromkeys(sessions.MEASURED, 9) | {"rss_mib": 100.0}
    before = sessions.typical([rest, rest | {"rss_mib": 180.0}, rest])
    after = sessions.typical([rest | {"threads": 10, "rss_mib": 104.0}] * 2 + [rest])
    assert sessions.grown(before, after) == dict.fromkeys(sessions.MEASURED, 0) | {
        "threads": 1,
        "rss_mib": 4.0,
        "rss_percent": 4.0,
    }


def test_what_this_system_does_not_tell_is_left_out() -> None:
    rest = dict.fromkeys(sessions.MEASURED, 9) | {"allocated_mib": None}
    assert "allocated_mib" not in sessions.typical([rest, rest])


def test_hundred_sessions_of_which_ten_are_killed() -> None:
    assert (sessions.FULL.all, sessions.FULL.killed) == (100, 10)
    parts = sessions.split(sessions.FULL, sessions.ROUNDS)
    assert sum(part.all for part in parts) == 100
    assert [part.killed for part in parts] == [1] * 10


def test_growth_is_between_the_first_and_the_last_third() -> None:
    vitals = [{"threads": n} for n in (9, 30, 30, 31, 31, 99, 33, 32, 7)]
    assert soak.thirds_apart(vitals, "threads") == 2
    assert soak.thirds_apart(vitals[:1], "threads") == 0


STEADY = {"threads": 0, "fds": 0, "rss_mib_per_min": 0.1}
FLAT = {"slope_ms_per_min": 0.1, "slope_95": [-1.0, 1.2]}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"faults": 1}, False),
        ({"interruptions": ["no picture"]}, False),
        ({"told": {"log_errors": 1}}, False),
        ({"growth": STEADY | {"threads": 1}}, False),
        ({"growth": STEADY | {"fds": 2}}, False),
        ({"growth": STEADY | {"rss_mib_per_min": 0.6}}, False),
        ({"growth": STEADY | {"rss_mib_per_min": None}}, False),
        ({"delay": FLAT | {"slope_ms_per_min": 9.0, "slope_95": [8.0, 10.0]}}, False),
    ],
)
def test_soak_is_kept_only_without_fault_and_growth(change: dict[str, Any], kept: bool) -> None:
    given: dict[str, Any] = {
        "faults": 0,
        "interruptions": [],
        "told": {"log_errors": 0},
        "growth": STEADY,
        "delay": FLAT,
    } | change
    assert soak.kept(**given) is kept


def test_flat_is_what_does_not_grow_at_even_speed() -> None:
    case = Case("live", "server", (), Plan(0, 1), None, flat=True)
    seconds = range(120)
    slower = [(float(at), 10 + at / 60) for at in seconds]
    slowed = delay_share([(at, 10 * ms) for at, ms in slower], slower)
    assert slowed["page_to_page_ms"]["slope_ms_per_min"] == pytest.approx(10, abs=0.1)
    assert slowed["page_to_page_ms"]["even_speed_slope_ms_per_min"] == pytest.approx(0, abs=0.2)
    assert slowed["yardstick_ms"]["slope_ms_per_min"] == pytest.approx(1, abs=0.01)
    assert judge(slowed["page_to_page_ms"], case)["kept"]
    even = [(float(at), 10.0) for at in seconds]
    grown = delay_share([(at, 10 * ms) for at, ms in slower], even)["page_to_page_ms"]
    assert grown["even_speed_slope_ms_per_min"] == pytest.approx(10, abs=0.1)
    assert not judge(grown, case)["kept"]


def test_without_a_yardstick_the_delay_stands_alone() -> None:
    found = delay_share([(0.0, 5.0), (1.0, 5.0), (2.0, 5.0)], [])
    assert list(found) == ["page_to_page_ms"]
    assert "even_speed_slope_ms_per_min" not in found["page_to_page_ms"]


def test_the_gauge_takes_time_of_its_own() -> None:
    gauge = SpeedGauge()
    taken = [gauge.take() for _ in range(3)]
    assert min(taken) > 0.5
