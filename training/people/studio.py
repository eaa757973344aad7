"""One person's session: choose poses, camera, light and background, and take the pictures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from bunraku.errors import InputError
from bunraku.training.people.acting import pick_expression, pick_yaws
from bunraku.training.people.anatomy import LANDMARK_BONES, LANDMARK_PARTS, Anatomy
from bunraku.training.people.arms import move_arms, pick_gestures
from bunraku.training.people.background import from_picture, list_pictures, procedural
from bunraku.training.people.body import Floats, load_body
from bunraku.training.people.camera import (
    SHADE,
    Camera,
    frame_full,
    frame_half,
    ground_shadow,
    random_light,
)
from bunraku.training.people.motion import Motion, read_amc, read_bvh
from bunraku.training.people.person import Person, Tailor
from bunraku.training.people.poses import (
    face_front,
    move_head,
    move_torso,
    retarget,
    stand,
    turn,
)
from bunraku.training.people.records import IUV_SIZE, SIZE, Record
from bunraku.training.people.renderer import Renderer
from bunraku.training.people.sequences import between, follow
from bunraku.training.people.traits import Traits
from bunraku.training.people.wardrobe import Wardrobe

_HALF_SHARE = 0.45
_KINDS = ("stand", "mix", "motion", "still")
_KIND_SHARES = {False: (0.4, 0.25, 0.22, 0.13), True: (0.68, 0.22, 0.08, 0.02)}
"""By half-body: made-up poses, motion capture with made-up arms, motion capture, posed stills."""

_IN_ORDER_SHARE = 0.15
"""Of people whose frames follow each other in one clip of motion capture."""

# Its rest pose has every bone along one axis, which says nothing about where the limbs point.
_UNUSABLE = ("rokoko",)


class MotionLibrary:
    """Motion files of an assets folder, read when they are first used."""

    def __init__(self, assets: Path) -> None:
        self.clips = [
            path
            for pattern in ("cmu_mocap/*/*.amc", "cmu_mocap/*/*.amc.gz", "bvh_mit/*.bvh")
            for path in sorted(assets.glob(pattern))
            if not any(word in path.name for word in _UNUSABLE)
        ]
        self.stills = sorted(assets.glob("makehuman/poses/*.bvh")) or self.clips
        if not self.clips:
            raise InputError(f"The assets folder {assets} holds no motion (cmu_mocap, bvh_mit).")
        self.read = lru_cache(maxsize=None)(_read_motion)

    def subject(self, rng: np.random.Generator) -> list[Path]:
        """The clips of one folder: subjects are drawn alike, else those who only walk prevail."""
        folders = sorted({path.parent for path in self.clips})
        chosen = folders[int(rng.integers(len(folders)))]
        return [path for path in self.clips if path.parent == chosen]


def _read_motion(path: Path) -> Motion:
    if path.suffix == ".bvh":
        return read_bvh(path)
    skeleton = next(path.parent.glob("*.asf*"), None)
    if skeleton is None:
        raise InputError(f"{path.parent} holds no .asf skeleton for its .amc clips.")
    return read_amc(path, skeleton)


@dataclass(frozen=True)
class Take:
    """One frame before it is drawn."""

    vertices: Floats
    normals: Floats
    joints: Floats
    yaw: float


class Studio:
    """Everything that is set up once per process to photograph people.

    ``assets``: folder with makehuman/, cmu_mocap/ and bvh_mit/; ``cache``: where the body model
    is kept; ``backgrounds``: a folder of pictures, used for half of the people, or None;
    ``surface``: side of the IUV maps, one of ``records.IUV_SIZES``.
    """

    def __init__(
        self,
        assets: Path,
        cache: Path,
        backgrounds: Path | None = None,
        surface: int = IUV_SIZE,
    ) -> None:
        self.anatomy = Anatomy(load_body(cache))
        self.tailor = Tailor(Wardrobe(self.anatomy, assets / "makehuman"))
        self.motions = MotionLibrary(assets)
        self.pictures = list_pictures(backgrounds) if backgrounds else []
        self.renderer = Renderer(self.anatomy.frames, SIZE)
        self.surface = surface

    def photograph(self, seed: int, index: int, frames: int) -> Record:
        """Person ``index`` of ``seed``: the same arguments give the same record."""
        rng, half, person = _cast(self.tailor, seed, index)
        # By numbers of its own, so that the others are who they were.
        in_order = frames > 1 and np.random.default_rng([seed, index, 1]).random() < _IN_ORDER_SHARE
        pose = self._takes_in_order if in_order else self._takes
        takes = pose(rng, person, half, frames)
        camera = self._camera(rng, person, takes, half)
        light = random_light(rng)
        plate = (
            from_picture(rng, self.pictures[int(rng.integers(len(self.pictures)))], SIZE)
            if self.pictures and rng.random() < 0.5
            else procedural(rng, SIZE)
        )
        shadow = rng.uniform(0.2, 0.65)
        self.renderer.load(person.mesh, person.look)
        self.renderer.light(light)
        rgba = np.empty((frames, SIZE, SIZE, 4), np.uint8)
        iuv = np.empty((frames, self.surface, self.surface, 3), np.uint8)
        shade = np.full((frames, SHADE, SHADE), 255, np.uint8)
        landmarks = np.empty((frames, 33, 4), np.float32)
        for i, take in enumerate(takes):
            rgba[i], fine = self.renderer.draw(take.vertices, take.normals, camera.view, camera.eye)
            step = fine.shape[0] // self.surface
            iuv[i] = fine[step // 2 :: step, step // 2 :: step]
            landmarks[i] = self._landmarks(person, take, camera, fine)
            if not half:
                shade[i] = ground_shadow(camera, light, take.vertices, shadow)
        yaw = np.array([take.yaw for take in takes], np.float32)
        return Record(rgba, iuv, plate, shade, landmarks, yaw, half, seed, index, in_order)

    def _takes(
        self, rng: np.random.Generator, person: Person, half: bool, frames: int
    ) -> list[Take]:
        skeleton = person.skeleton
        kind = str(rng.choice(_KINDS, p=_KIND_SHARES[half]))
        yaws = pick_yaws(rng, frames)
        files = self.motions.stills if kind == "still" else self.motions.subject(rng)
        clip = self.motions.read(files[int(rng.integers(len(files)))])
        out = []
        for yaw in yaws:
            if kind == "stand":
                pose = stand(skeleton, rng)
            else:
                if kind == "still":  # files of one frame each
                    clip = self.motions.read(files[int(rng.integers(len(files)))])
                pose = face_front(retarget(skeleton, clip, int(rng.integers(len(clip)))))
            if kind in ("stand", "mix"):
                move_torso(skeleton, pose, rng, 1.0 if kind == "stand" else 0.5)
                gestures = pick_gestures(rng)
                if kind == "mix" and rng.random() < 0.4:
                    del gestures[".L" if rng.random() < 0.5 else ".R"]
                move_arms(skeleton, pose, gestures, rng, person.torso)
            move_head(skeleton, pose, rng, 0.6 if kind == "motion" else 1.0)
            out.append(_take(rng, person, pose, yaw, half))
        return out

    def _takes_in_order(
        self, rng: np.random.Generator, person: Person, half: bool, frames: int
    ) -> list[Take]:
        """A piece of one clip, seen from one side, by somebody whose face changes once."""
        skeleton = person.skeleton
        yaw = pick_yaws(rng, 1)[0]
        files = self.motions.subject(rng)
        clip = self.motions.read(files[int(rng.integers(len(files)))])
        faces = pick_expression(rng), pick_expression(rng)
        numbers = int(rng.integers(2**62))
        out = []
        for i, at in enumerate(follow(rng, len(clip), clip.frame_time_s, frames)):
            # What is chosen for a frame beside the clip is what was chosen for the first.
            same = np.random.default_rng(numbers)
            pose = face_front(retarget(skeleton, clip, at))
            move_head(skeleton, pose, same, 0.6)
            face = between(*faces, i / (frames - 1))
            out.append(_take(same, person, pose, yaw, half, face))
        return out

    def _camera(
        self, rng: np.random.Generator, person: Person, takes: list[Take], half: bool
    ) -> Camera:
        drawn = np.unique(person.mesh.corner_vertex[person.mesh.triangles])
        if not half:
            return frame_full(rng, [take.vertices[drawn] for take in takes])
        joints = person.skeleton.joints
        ground = joints[:, 2].min()
        top = float(person.vertices[drawn, 2].max() - ground)
        hips = float(person.skeleton.joint("upperleg01.L")[2] - ground)
        centre = np.mean([take.joints[0] for take in takes], 0)
        return frame_half(rng, top, hips, centre)

    def _landmarks(self, person: Person, take: Take, camera: Camera, iuv: np.ndarray) -> Floats:
        points = np.zeros((33, 3))
        skin = person.body_vertices
        for index, vertex in self.anatomy.landmark_vertices.items():
            points[index] = take.vertices[np.searchsorted(skin, vertex)]
        for index, bone in LANDMARK_BONES.items():
            points[index] = take.joints[self.anatomy.body.bone(bone)]
        xy, distance = camera.project(points)
        hips = distance[23:25].mean()
        out = np.zeros((33, 4), np.float32)
        out[:, :2] = xy
        out[:, 2] = (distance - hips) / hips * camera.focal / 2
        side = iuv.shape[0]
        reach = side // 56
        for index, parts in LANDMARK_PARTS.items():
            x, y = np.floor(xy[index] * side).astype(int)
            if 0 <= x < side and 0 <= y < side:
                around = iuv[
                    max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1, 0
                ]
                out[index, 3] = np.isin(around, parts).any()
        return out


def _take(
    rng: np.random.Generator,
    person: Person,
    pose: Floats,
    yaw: float,
    half: bool,
    face: dict[str, float] | None = None,
) -> Take:
    """Somebody in a pose that faces the front, turned and put on the ground; a face by chance."""
    skeleton = person.skeleton
    # From above, a turn to the person's own right is clockwise.
    pose = turn(np.array([0.0, 0, 1]), -yaw) @ pose
    height = skeleton.joints[0, 2] - skeleton.joints[:, 2].min()
    root = np.array([rng.normal() * 0.06, rng.normal() * 0.05, height])
    made = pick_expression(rng) if face is None else face
    vertices, normals, joints = person.pose(pose, root, made)
    ground = float(vertices[person.mesh.corner_vertex, 2].min())
    lift = rng.normal() * 0.012 if half else -ground
    shift = np.array([0, 0, lift], np.float32)
    return Take(vertices + shift, normals, joints + shift, yaw)


def traits_by(tailor: Tailor, seed: int, index: int) -> Traits:
    """What person ``index`` of ``seed`` is, without a picture."""
    return _cast(tailor, seed, index)[2].traits


def _cast(tailor: Tailor, seed: int, index: int) -> tuple[np.random.Generator, bool, Person]:
    """Numbers for all that follows, whether half of the person is in the picture, the person."""
    rng = np.random.default_rng([seed, index])
    half = bool(rng.random() < _HALF_SHARE)
    return rng, half, tailor.make(rng)
