from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from bunraku.kernels import warp_occlude
from bunraku.kernels.jit import INDEX, kernel, share
from bunraku.spec.cores import cores


@pytest.mark.parametrize(("rows", "threads"), [(1, 4), (10, 1), (10, 3), (3, 8), (0, 2)])
def test_every_row_is_done_once(rows: int, threads: int) -> None:
    done: list[int] = []

    def task(first: int, step: int) -> None:
        done.extend(range(first, rows, step))

    share(task, rows, threads)
    assert sorted(done) == list(range(rows))


def test_an_error_in_any_thread_is_raised_here() -> None:
    def task(first: int, step: int) -> None:
        if first == 1:
            raise ArithmeticError("row 1")

    with pytest.raises(ArithmeticError, match="row 1"):
        share(task, 8, 2)


def test_all_allowed_cores_are_used_by_default() -> None:
    seen: list[int] = []
    share(lambda first, step: seen.append(step), 1000, None)
    assert seen == [cores()] * cores()


def test_a_busy_pool_keeps_no_caller_waiting() -> None:
    release = threading.Event()
    holders = [
        threading.Thread(target=share, args=(lambda first, step: release.wait(20), 9, 2))
        for _ in range(2 * (os.cpu_count() or 1))
    ]
    try:
        for holder in holders:
            holder.start()
        seen: list[int] = []
        done = threading.Event()

        def rows() -> None:
            share(lambda first, step: seen.append(first), 8, 2)
            done.set()

        threading.Thread(target=rows).start()
        assert done.wait(10), "every thread of the pool is held by others"
        assert sorted(seen) == [0, 1]
    finally:
        release.set()
        for holder in holders:
            holder.join()


def test_callers_in_many_threads_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    features = rng.standard_normal((1, 4, 32, 32), np.float32)
    flow = rng.uniform(-0.2, 0.2, (1, 2, 32, 32)).astype(np.float32)
    occlusion = np.ones((1, 1, 32, 32), np.float32)
    expected = warp_occlude(features, flow, occlusion)
    wrong: list[int] = []

    def caller() -> None:
        for _ in range(50):
            result = warp_occlude(features, flow, occlusion, threads=3)
            wrong.append(int((result != expected).sum()))

    callers = [threading.Thread(target=caller) for _ in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    assert wrong == [0] * 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_forked_child_gets_threads_of_its_own() -> None:
    share(lambda first, step: time.sleep(0), 4, 2)  # the parent's pool exists
    child = os.fork()
    if child == 0:
        share(lambda first, step: None, 4, 2)
        os._exit(7)
    deadline = time.monotonic() + 20
    status = 0
    while time.monotonic() < deadline:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        time.sleep(0.02)
    else:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


def test_compiles_where_no_cache_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a read-only container: numba then finds no place and says so at decoration."""
    from numba.core import caching

    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])

    @kernel((INDEX,))
    def double(value: int) -> int:
        return value * 2

    assert double(21) == 42


def test_the_cache_folder_of_the_environment_is_used(tmp_path: Path) -> None:
    environment = dict(os.environ, NUMBA_CACHE_DIR=str(tmp_path), NUMBA_NUM_THREADS="1")
    paths = [path for path in sys.path if path.endswith("src")]
    code = f"import sys; sys.path[:0] = {paths!r}; import bunraku.kernels.warp.numba_cpu"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert list(tmp_path.rglob("*.nbc"))
