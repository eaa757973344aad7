"""The body driver: landmarks pose a body that is fitted to the photo, and it is drawn as posed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.body.anchors import anchor_moves
from bunraku.runtime.drivers.body.at_table import arms_at_table
from bunraku.runtime.drivers.body.believing import belief, hidden_by_body
from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.cut_arms import CutArms, on_their_arms
from bunraku.runtime.drivers.body.edge import lower_edge
from bunraku.runtime.drivers.body.fit import INSIDE, fit_body
from bunraku.runtime.drivers.body.following import Followed
from bunraku.runtime.drivers.body.guessed import hang_arms, hang_denied
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.neck import hold_head
from bunraku.runtime.drivers.body.outlined import in_photo, in_view
from bunraku.runtime.drivers.body.pen import HOST, Pen
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.showing import shown_by
from bunraku.runtime.drivers.body.sideways import Sideways
from bunraku.runtime.drivers.body.slipping import Slipping
from bunraku.runtime.drivers.body.steadying import Steadying, in_pixels
from bunraku.runtime.drivers.body.subject import BodySubject, Fitted
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.tether import Tether
from bunraku.runtime.drivers.body.trunk import hang_legs
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.drivers.hands.carrying import carried, kept_shut
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.driver import DriverHands
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.pinning import pin_photo
from bunraku.runtime.drivers.hands.shape import without
from bunraku.runtime.drivers.hands.sizing import sized
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.landmarks.retarget import proportions
from bunraku.runtime.drivers.locating import metric_depth
from bunraku.runtime.drivers.protocol import Driving, Found, Subject
from bunraku.runtime.later import Later
from bunraku.runtime.measure import Recorder
from bunraku.runtime.parts import Part, Parts
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import Bone
from bunraku.spec.stages import Step

TOO_SMALL = "the person of this photo is too small for a body; it is moved by landmarks alone"
SLACK = dict.fromkeys(Bone, 0.13) | {Bone.NECK: 0.08, Bone.HEAD: 0.02}
"""Up to this difference the driver's bones are taken to be as long as the photo's, and from twice
as much on not at all: the pose network errs by as much about one person's limbs, by less about
necks and least about heads, and another's head on the photo's body is seen at once."""
BUST_SLACK = SLACK | {Bone.NECK: 0.0}
"""The same of a photo that shows head and shoulders alone: that network has its neck too short by
more, and a head held that much higher would draw the chin out."""


class BodyDriver:
    """Follows the driver by a posed body (see ``drivers.protocol.Driver``).

    :param by_landmarks: locates the driver, and drives photos to which no body can be fitted.
    :param template: shared.
    :param recorder: of how long the steps take.
    :param hands: finds hands, if they are to be posed by landmarks of their own; shared.
    :param faces: finds the photo's face, whose points say how deep it is; None to do without.
    :param pen: draws the body; None for the host's. Shared.
    """

    def __init__(
        self,
        by_landmarks: LandmarkDriver,
        template: Template,
        recorder: Recorder | None = None,
        hands: HandFinder | None = None,
        faces: FaceFinder | None = None,
        pen: Pen | None = None,
    ) -> None:
        self._pen = pen or HOST
        self._by_landmarks = by_landmarks
        self._locator = by_landmarks.locator
        self._template = template
        self._rig = Rig(template.landmarks, None if hands is None else template.fingers)
        self._hands: DriverHands | None = None
        if hands is not None and self._rig.hands is not None:
            self._hands = DriverHands(hands, self._rig.hands)
        self._faces = faces
        self._arms = CutArms()
        self._slipping = Slipping(template, self._rig)
        self._steadying = Steadying()
        self._mirrored = False
        self._choice = HandChoice()
        self._recorder = recorder or Recorder()

    def reset(self) -> None:
        """Forget the driver; the next confident frame calibrates."""
        if self._hands is not None:
            self._hands.reset()
        self._by_landmarks.reset()
        self._arms.reset()
        self._slipping.reset()
        self._steadying.reset()
        self._choice.reset()

    def set_parts(self, parts: Parts) -> None:
        """Which parts follow from now on. From any thread."""
        self._by_landmarks.set_parts(parts)

    def calibrate(self) -> None:
        """Fix the window anew at the next confident frame. From any thread."""
        self._locator.calibrate()

    @property
    def window(self) -> Window | None:
        """See ``Locator.window``."""
        return self._locator.window

    def prepare(self, source: Source) -> BodySubject:
        n = len(source.mask)
        metric = source.framing.window.to_units(metric_depth(source.pose).landmarks)
        held = NO_HANDS if self._hands is None else self._hands.of_photo(source)
        pinned = hold_head(pin_photo(in_pixels(metric, n), held))
        edge = lower_edge(source)
        if edge is not None and (source.framing.half or source.desk is not None):
            pinned = hang_denied(hang_legs(pinned, edge), edge, held, source.mask > INSIDE)
            pinned = hang_arms(pinned, edge, held)
        view = in_view(source)
        of_photo = self._template, self._rig, pinned, source.mask, held, view
        fit = fit_body(*of_photo)
        fits = fit is not None
        if fit is None:
            fit = fit_body(*of_photo, anyhow=True)
        fitted, hands, notes = None, None, [TOO_SMALL]
        if fit is not None:
            body = make_body(source, fit, self._face(source))
            alone = source.framing.unit is Bone.HEAD
            half = source.framing.half
            stays = body.covered, body.at_face
            sideways = Sideways.of(fit.stance.points, half)
            showing = shown_by(
                fit,
                view,
                half,
                *stays,
                head_alone=alone,
                sideways=sideways.hides_arms,
                at_table=source.desk is None and arms_at_table(source.pose.landmarks),
                fits=fits,
            )
            body = showing.without_hidden(body)
            bounds = Bounds.of(source, fit, grounded=showing.grounded, measured=showing.measured)
            fitted = Fitted(body, showing, bounds, Tether.of(source, fit), sideways)
            notes = [] if showing.note is None else [showing.note]
            if self._hands is not None and not showing.stays:
                shapes = self._hands.shapes
                moved = without(held, body.at_face)
                hands = make_hands(body, self._rig.at_rest.inverse, moved, shapes, in_photo(source))
        return BodySubject(
            source,
            Later(lambda: self._by_landmarks.source_surface(source)),
            proportions(source.pose),
            fitted,
            hands,
            drawn=fitted is not None,
            notes=tuple(notes),
        )

    def _face(self, source: Source) -> Array | None:
        """``[478, 3]``: the points of the photo's face in pixels of its window."""
        face = (
            None if self._faces is None else self._faces.find(source.photo, source.pose.landmarks)
        )
        if face is None:
            return None
        return in_pixels(source.framing.window.to_units(face.points), len(source.mask))

    def follow(
        self,
        frame: Picture,
        time_s: float,
        subject: Subject,
        *,
        mirrored: bool = False,
        found: Found | None = None,
    ) -> Driving | None:
        assert isinstance(subject, BodySubject), "subjects are of the driver's own kind"
        fitted = subject.fitted
        with self._recorder.measure(Step.POSE):
            located = self._locator.locate(
                frame,
                time_s,
                subject,
                mirrored=mirrored,
                metric=fitted is not None,
                slack=BUST_SLACK if fitted is not None and fitted.showing.bust else SLACK,
                eased=True,
                refined=True,
            )
        if located is None:
            self._steadying.lost(time_s)
            return None
        if found is not None:
            found(located.in_frame, self._locator.person)
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self._steadying.seen_in_mirror()
        if located.calibrated:
            self._slipping.reset()
            self._steadying.calibrated(time_s)
        following = self._by_landmarks.shares.follow(time_s)
        if fitted is None:
            return self._by_landmarks.understand(located, subject, following)
        body, showing = fitted.body, fitted.showing
        stance = body.fit.stance
        shape = frame.shape[0], frame.shape[1]
        believed = belief(located, shape)
        seen = believed * showing.landmarks
        held = NO_HANDS
        # Arms without hands need them too: they say where the wrists are.
        if self._hands is not None and max(following[Part.ARMS], following[Part.HANDS]) == 0.0:
            self._hands.reset()
        elif self._hands is not None and subject.hands is not None:
            with self._recorder.measure(Step.HANDS):
                turned = self._locator.turned_deg
                held = self._hands.follow(
                    frame, located.in_frame, seen, time_s, turned_deg=turned, mirrored=mirrored
                )
        # A hand that is not seen is not looked for; its arm is where it is guessed.
        seen = np.maximum(seen, hidden_by_body(located, shape) * showing.landmarks)
        seen = self._arms.believe(seen, located.in_frame, shape, held, time_s)
        held = on_their_arms(held, seen)
        pinned = held if not self._locator.turned_deg else NO_HANDS
        seen_to_slip = self._pen.shares.meanwhile(
            lambda: self._slipping.follow(located, believed, pinned)
        )
        with self._recorder.measure(Step.IUV), seen_to_slip as slipping:
            window = self._locator.window
            scale = 0.0 if window is None else len(subject.source.mask) / window.side
            steady, held = self._steadying.steady(
                located, subject.source, fitted, seen, held, pinned, scale, time_s
            )
            told = Followed.of(self._rig, stance, steady, seen, held, following)
            kept, seen = told.kept, told.seen
            hands = told.hands
            if subject.hands is not None:
                hands = subject.hands.on_the_way(hands, self._choice.at(time_s))
            transforms = self._rig.transforms(stance, kept.landmarks, told.belief, hands)
            size = scale / kept.scale
            transforms = sized(transforms, stance.points, told.hands, body.fit.hands, size)
            transforms = carried(transforms, stance, body.holding)
            held = kept_shut(told.hands, body.holding)
            transforms = kept.scaled(showing.carry(transforms, stance, kept.landmarks))
            slips, slipped = None, slipping.read()
            if slipped is not None and not showing.stays:
                slips = self._slipping.moves(slipped, scale, transforms, following)
            if subject.hands is None:
                drawn = self._pen.draw(body, transforms, seen, slips)
            else:
                how = transforms, seen, held, self._choice.at(time_s)
                drawn = subject.hands.draw(body, *how, self._pen, slips)
            moves = anchor_moves(stance, transforms, len(subject.source.mask))
        size = self._by_landmarks.size
        return Driving(
            Later(lambda: body.surface(transforms, seen, size)),
            located.in_frame,
            drawn=replace(drawn, moves=moves),
            turned_deg=self._locator.turned_deg,
            person=self._locator.person,
        )
