from __future__ import annotations

import threading

from bunraku.runtime.engines.company import asker, asking


def test_a_thread_s_questions_are_its_session_s() -> None:
    one, other = object(), object()
    seen: list[object | None] = []
    assert asker() is None
    with asking(one):
        thread = threading.Thread(target=lambda: seen.append(asker()))
        thread.start()
        thread.join()
        with asking(other):
            seen.append(asker())
        assert asker() is one
    assert asker() is None
    assert seen == [None, other], "a thread says for itself"
