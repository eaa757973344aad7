from __future__ import annotations

import json

from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import Part


def test_choices_can_be_written_into_a_report() -> None:
    told = json.loads(json.dumps(PuppetOptions(parts=frozenset({Part.HEAD, Part.ARMS})).as_json()))
    assert told["parts"] == ["arms", "head"]
    assert told["face"] == PuppetOptions().face
