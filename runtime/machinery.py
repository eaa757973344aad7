"""What one puppet works with; where a GPU fails, the processor's takes its place."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from weakref import WeakKeyDictionary

from bunraku.errors import DeviceError
from bunraku.runtime.drivers.face.driver import FacedDriver
from bunraku.runtime.drivers.protocol import Driver
from bunraku.runtime.engines.company import asking
from bunraku.runtime.generator import Features, Generator
from bunraku.runtime.identity import Identity
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import Parts

log = logging.getLogger(__name__)

ON_HOST = "From now on the processor does its work, which takes longer."


class Machinery:
    """Models, and the generator and driver that one puppet has of them.

    :param models: other puppets may share them.
    :param options: what the driver is told at first.
    """

    def __init__(self, models: Models, options: PuppetOptions) -> None:
        self.models = models
        self.recorder = Recorder()
        self.face = options.face
        """How strongly faces follow; see ``set_face``."""
        self.parts = options.parts
        """Which parts follow; see ``set_parts``."""
        self.session = object()
        """Whose questions to engines these are (engines/company.py)."""
        self._options = options
        self._notices_read = len(models.notices)
        self._falling = threading.Lock()
        self._anew: WeakKeyDictionary[Identity, Features] | None = None
        self._make()

    def _make(self) -> None:
        self.generator: Generator = self.models.generator(self.recorder)
        options = replace(self._options, face=self.face, parts=self.parts)
        self.driver: Driver = self.models.driver(options, self.recorder)

    def set_face(self, strength: float) -> None:
        """How strongly faces follow from now on."""
        self.face = strength
        if isinstance(self.driver, FacedDriver):
            self.driver.strength = strength

    def set_parts(self, parts: Parts) -> None:
        """Which parts follow from now on.

        :raises InputError: the driver cannot be followed in those alone.
        """
        self.driver.set_parts(parts)
        self.parts = parts

    def features(self, identity: Identity) -> Features:
        """A photo's features where the generator is: made anew after a GPU has failed."""
        if self._anew is None:
            return identity.features
        known = self._anew.get(identity)
        if known is None:
            known = self.models.encode(self.generator, identity.source, identity.subject)
            self._anew[identity] = known
        return known

    def news(self) -> list[str]:
        """What the user should know of the engines since this was asked last, a line each."""
        lines = self.models.notices.since(self._notices_read)
        self._notices_read += len(lines)
        return lines

    @contextmanager
    def surviving(self) -> Iterator[None]:
        """Work during which a GPU may fail: the next frame is the processor's then.

        :raises DeviceError: it has failed, and what is on its way is lost.
        """
        generator = self.generator
        try:
            with asking(self.session):
                yield
        except DeviceError as error:
            host = self.models.host
            if host is None:
                raise
            with self._falling:
                if self.generator is generator:  # else another stage was first
                    self.models = host.read()
                    self._notices_read = len(self.models.notices)
                    self._make()
                    self._anew = WeakKeyDictionary()
                    log.warning("a GPU has failed, the processor goes on: %s", error)
            raise type(error)(f"{error.message} {ON_HOST}") from error
