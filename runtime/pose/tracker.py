"""One person followed through frames; the detector runs only when nobody is in sight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.cuts import Cuts
from bunraku.runtime.pose.detector import CERTAIN_SCORE, Detection, Detector
from bunraku.runtime.pose.doubts import Doubts
from bunraku.runtime.pose.followed import Followed
from bunraku.runtime.pose.landmarks import PRESENT, Landmarker, Landmarks, Pose, next_roi, pose_of
from bunraku.runtime.pose.looks import look_again
from bunraku.runtime.pose.networks import FETCH_AGAIN, PoseNetworks
from bunraku.runtime.pose.others import Company, tell_apart
from bunraku.runtime.pose.plain_light import in_plain_light
from bunraku.runtime.pose.proposals import LOOKS, FaceWitness, judge, propose
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.smoothing import Smoother
from bunraku.spec.arrays import Picture

_CANDIDATES = 3  # detections tried before a frame counts as empty
_TILES_EVERY_S = 1.0  # how often an empty scene is searched for small people
_SUSPECT_EVERY_S = 1.0  # how often it is searched for people of whom the detector is not sure
_ROUNDS = 2  # of all ways of looking, in the first frames
_LOOK_COST, _JUDGE_COST = (
    1,
    12,
)  # in searches: six calls of the landmark network, each as long as two


class PoseTracker:
    """Follows the largest person, or the one it has followed so far; see ``Followed``.

    Frames are RGB u8 [H,W,3]; pixels count from the centre of the top-left pixel.
    """

    def __init__(
        self,
        detector: Detector,
        landmarker: Landmarker,
        smooth: bool = True,
        thorough: bool = False,
        shows_face: FaceWitness | None = None,
    ) -> None:
        """Track with networks that are loaded.

        Args:
            detector: finds people.
            landmarker: looks at one of them.
            smooth: whether landmarks and mask are smoothed over time.
            thorough: whether stills are looked at several times; see ``looks``.
            shows_face: settles doubts about who is merely suspected; see ``judge``.
        """
        self._detector = detector
        self._landmarker = landmarker
        self._thorough = thorough
        self._shows_face = shows_face
        self._smoother = Smoother() if smooth else None
        self._cuts = Cuts()
        self._doubts = Doubts()
        self._followed = Followed()
        self.reset()

    @classmethod
    def load(
        cls,
        networks: PoseNetworks,
        engines: EngineFactory | None = None,
        smooth: bool = True,
        thorough: bool = False,
        shows_face: FaceWitness | None = None,
        crops: Crops = HOST,
    ) -> PoseTracker:
        """Load the networks.

        Args:
            networks: from ``PoseNetworks.find()``.
            engines: of which library, with how many threads; None for the usual one.
            smooth: whether landmarks and mask are smoothed over time.
            thorough: whether stills are looked at several times; see ``looks``.
            shows_face: settles doubts about who is merely suspected; see ``judge``.
            crops: where those of frames are cut.

        Raises:
            MissingExtraError: the inference library is not installed.
            EngineError: a network cannot be loaded.
        """
        engines = engines or EngineFactory()
        detector = Detector(engines.make(networks.detector, "pose detector", advice=FETCH_AGAIN))
        landmarker = Landmarker.load(networks, engines, crops)
        return cls(detector, landmarker, smooth, thorough, shows_face)

    def another(self, smooth: bool = True) -> PoseTracker:
        """A tracker of the same networks that follows a person of its own."""
        return PoseTracker(
            self._detector, self._landmarker, smooth, self._thorough, self._shows_face
        )

    def beside(self, picture: Picture, person: Pose) -> PoseTracker:
        """Another tracker, smoothing nothing, that goes on from somebody who was found in a frame.

        Args:
            picture: the frame, RGB u8 [H,W,3].
            person: with the ``roi`` that it was found with.
        """
        tracker = self.another(smooth=False)
        tracker._shape, tracker._followed.roi = picture.shape, person.roi
        return tracker

    def reset(self) -> None:
        """Forget the person: the next frame starts with the detector."""
        self._followed.forget()
        self._last_tiles_s = -np.inf
        self._looks = 0  # since somebody was seen
        self._looked_s = -np.inf
        self._rests = 0
        self._shape: tuple[int, ...] | None = None
        self._cuts.reset()
        self._look_anew()

    def detect(self, frame: Picture, depth: int = 2) -> list[Detection]:
        """All people in a picture, the largest first; see ``Detector.detect``."""
        return self._detector.detect(frame, depth)

    def count(self, picture: Picture) -> int:
        """How many people a picture shows."""
        return len(self.detect(picture))

    def tell_apart(self, picture: Picture, person: Pose) -> Company:
        """A person of a still picture, and who else is in it, with masks; see ``others``."""
        return tell_apart(picture, person, self._detector, self._landmarker, self._shows_face)

    def estimate(self, frame: Picture, roi: Roi, mask: bool = True) -> Pose:
        """The pose of the person in a given crop, without tracking or smoothing.

        The result's ``presence`` says whether there is one; its ``roi`` is a better crop.
        """
        return pose_of(self._landmarker.run(frame, roi, mask), frame)

    def observe(self, frame: Picture, mask: bool = True, refinements: int = 1) -> Pose | None:
        """The largest person of a still picture, without tracking or smoothing.

        Where the detector is sure of nobody, a person that it merely suspects; see ``proposals``.

        Args:
            frame: RGB u8 [H,W,3].
            mask: whether the mask is wanted too.
            refinements: how often the crop is placed anew by the landmarks found in it.
        """
        doubtful: Landmarks | None = None
        for detection in self.detect(frame)[:_CANDIDATES]:
            roi = detection.roi
            for _ in range(refinements):
                found = self._landmarker.run(frame, roi, mask=False)
                if found.presence > PRESENT:
                    roi = next_roi(found.points)
            found = self._landmarker.run(frame, roi, mask)
            if found.presence > PRESENT:
                if self._is_clear(frame, detection):
                    return self._settled(found, frame)
                doubtful = doubtful or found
        if doubtful is not None:
            return self._settled(self._smaller(frame, mask, depth=2) or doubtful, frame)
        for roi in propose(frame, self._detector):
            judged = judge(frame, roi, self._landmarker, mask, self._shows_face)
            if judged is not None:
                return self._settled(judged, frame)
        return None

    def observe_in_plain_light(self, picture: Picture) -> Pose | None:
        """The same of a picture in which ``observe`` finds nobody, as in light of one colour: the
        person whose face is sure in it as grey; see ``plain_light``. Nobody without a witness.
        """
        if self._shows_face is None:
            return None
        plain = in_plain_light(picture)
        found = self.observe(plain)
        sure = found is not None and self._shows_face(plain, found.landmarks[:, :3])
        return found if sure else None

    def _is_clear(self, frame: Picture, detection: Detection) -> bool:
        """Whether somebody is where the detector says.

        Where a small person stands before much else it may take that for a large one, of which the
        landmark network then makes a body as well.
        """
        if detection.score >= CERTAIN_SCORE:
            return True
        roi = detection.roi
        return judge(frame, roi, self._landmarker, False, self._shows_face) is not None

    def _smaller(self, frame: Picture, mask: bool, depth: int) -> Landmarks | None:
        """Somebody smaller than who is doubtful."""
        for detection in self._detector.detect(frame, depth, first=1)[:_CANDIDATES]:
            found = judge(frame, detection.roi, self._landmarker, mask, self._shows_face)
            if found is not None:
                return found
        return None

    def _settled(self, found: Landmarks, frame: Picture) -> Pose:
        if self._thorough:
            found = look_again(frame, found, self._landmarker)
        return pose_of(found, frame)

    def track(self, frame: Picture, time_s: float, mask: bool = True) -> Pose | None:
        """Follow the person into the next frame.

        Args:
            frame: RGB u8 [H,W,3].
            time_s: the frame's time; differences matter for the smoothing.
            mask: whether the mask is wanted too.

        Returns:
            The pose, or None while nobody is found; where smoothed, also for a look that is not
            to be believed (``doubts``).

        Raises:
            EngineError: a network failed.
        """
        if frame.shape != self._shape:
            self.reset()
            self._shape = frame.shape
        found, roi = None, self._followed.roi
        cut = self._cuts(frame)
        if cut and roi is None:
            self._followed.give_up()  # whom one waits for was in the last scene
            self._look_anew()
        elif cut:
            found = self._search(frame, time_s, mask)
            if found is not None:
                self._followed.cut_to(found)
                self._look_anew()
        if found is None and roi is not None:
            found = self._landmarker.run(frame, roi, mask)
            if found.presence <= PRESENT or not _reaches(roi, frame):
                self._followed.lose()
                self._look_anew(comes=True)
                found = None
            elif self._followed.is_hidden(frame, found, time_s):
                found = self._beside(frame, found, time_s, mask) or found
        if found is None:
            found = self._search(frame, time_s, mask)
        if found is None:
            return None
        doubted = False
        if self._smoother is not None:
            doubted = self._doubts(found, frame.shape[1], time_s)
            found = found if doubted else self._smoother(found, time_s)
        self._followed.saw(frame, found, time_s, doubted=doubted)
        self._looks = 0
        if doubted:
            return None
        return replace(pose_of(found, frame), person=self._followed.number)

    def _look_anew(self, *, comes: bool = False) -> None:
        """Nothing of the last look goes on; ``comes``: whoever is seen next comes in."""
        if comes:
            self._doubts.lost()
        else:
            self._doubts.reset()
        if self._smoother is not None:
            self._smoother.reset()

    def _beside(
        self, frame: Picture, followed: Landmarks, time_s: float, mask: bool
    ) -> Landmarks | None:
        """The person, beside somebody who came before them and was followed since."""
        for detection in self.detect(frame, depth=0)[:_CANDIDATES]:
            found = self._landmarker.run(frame, detection.roi, mask)
            if found.presence > PRESENT and self._followed.is_it(frame, found, time_s, followed):
                self._followed.came_back()
                self._look_anew()
                return found
        return None

    def _search(self, frame: Picture, time_s: float, mask: bool) -> Landmarks | None:
        if self._rests:
            self._rests -= 1
            return None
        tiles = not 0 <= time_s - self._last_tiles_s < _TILES_EVERY_S
        people = self.detect(frame, depth=1 if tiles else 0)
        if not people and tiles:
            self._last_tiles_s = time_s
        awaited = self._followed.is_awaited(time_s)
        if awaited:  # stable: of two who are as near the larger one first
            people.sort(key=lambda d: not self._followed.was_near(d.roi, time_s))
        doubtful: Landmarks | None = None
        for detection in people[:_CANDIDATES]:
            found = self._landmarker.run(frame, detection.roi, mask)
            if found.presence > PRESENT and (
                not awaited or self._followed.is_it(frame, found, time_s)
            ):
                if not tiles or self._is_clear(frame, detection):
                    return found
                doubtful = doubtful or found
        if people and tiles and (doubtful or people[0].score < CERTAIN_SCORE):
            self._last_tiles_s = time_s
            smaller = self._smaller(frame, mask, depth=1)
            if smaller is not None and awaited and not self._followed.is_it(frame, smaller, time_s):
                smaller = None
            if smaller or doubtful:
                return smaller or doubtful
        suspect = None if tiles else self._suspected(frame, time_s, mask)
        if suspect is None or (awaited and not self._followed.is_it(frame, suspect, time_s)):
            return None
        return suspect

    def _suspected(self, frame: Picture, time_s: float, mask: bool) -> Landmarks | None:
        """A person of whom the detector is not sure, by one more way of looking.

        All ways in the first frames of an empty scene, a frame each; in the second round, for what
        they think second likeliest. Then one every ``_SUSPECT_EVERY_S``, paid for by frames that
        are not searched at all, so that a scene that stays empty costs what it would without.
        """
        first_rounds = self._looks < _ROUNDS * len(LOOKS)
        if not first_rounds and 0 <= time_s - self._looked_s < _SUSPECT_EVERY_S:
            return None
        rank, look = divmod(self._looks, len(LOOKS))
        self._looks += 1
        self._looked_s = time_s
        rois = propose(frame, self._detector, [LOOKS[look]], most=_ROUNDS)
        if not first_rounds:
            self._rests = _LOOK_COST + (_JUDGE_COST if rois else 0)
        if not rois:
            return None
        roi = rois[min(rank % _ROUNDS, len(rois) - 1)]
        return judge(frame, roi, self._landmarker, mask, self._shows_face)


def _reaches(roi: Roi, frame: Picture) -> bool:
    """Whether a crop still has its centre near the frame, and a size to speak of."""
    height, width = int(frame.shape[0]), int(frame.shape[1])
    reach = roi.side / 2
    inside = -reach < roi.x < width + reach and -reach < roi.y < height + reach
    return inside and 4 < roi.side < 8 * max(height, width)
