"""The photo that drivers are located for."""

from __future__ import annotations

import pytest
from tests.runtime.drivers.located import PHOTO
from tests.runtime.fakes import puppet
from tests.runtime.fakes import subject as subject_of

from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject


@pytest.fixture(scope="module")
def subject() -> LandmarkSubject:
    return subject_of(puppet().make_identity(PHOTO)[0])
