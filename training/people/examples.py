"""Makes the example photo and the example clip, so that no real person's rights are touched.

python -m bunraku.training.people.examples OUT --assets ASSETS
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import typer
from PIL import Image
from scipy.spatial.transform import Rotation

from bunraku.runtime.cache import cache_folder
from bunraku.training.people.anatomy import Anatomy
from bunraku.training.people.arms import Gesture, move_arms
from bunraku.training.people.background import room
from bunraku.training.people.body import Floats, load_body
from bunraku.training.people.camera import Camera, ground_shadow, look_at
from bunraku.training.people.motion import Motion, read_bvh
from bunraku.training.people.person import Person, Tailor
from bunraku.training.people.poses import move_head, retarget, stand, to_front
from bunraku.training.people.renderer import Light, Renderer
from bunraku.training.people.wardrobe import Wardrobe

PHOTO_SIZE = (512, 768)
CLIP_SIZE = 512
CLIP_RATE = 25
CLIP_S = 6.0
_DANCE = "bvh_mit/examples_bvh_fair1_dab.bvh"
_DANCE_START_S = 1.4
_PHOTO_SEEDS = (13, 16)  # person, room
_CLIP_SEEDS = (20, 26)
_PHOTO_POSE_SEED = 24


def studio_light() -> Light:
    """Soft light from the front left, a weak lamp from the right."""
    direction = np.array([[0.55, -0.75, 0.75], [-0.7, -0.6, 0.35]])
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    colour = np.array([[0.74, 0.71, 0.66], [0.16, 0.17, 0.2]])
    ambient = np.array([[0.22, 0.2, 0.19], [0.44, 0.46, 0.5]])
    return Light(direction, colour, ambient, shadow=0.75)


class _Set:
    """A person in a room, ready to be drawn at one size."""

    def __init__(
        self, tailor: Tailor, seeds: tuple[int, int], size: int, supersampling: int
    ) -> None:
        self.person = tailor.make(np.random.default_rng(seeds[0]))
        self.light = studio_light()
        self.plate = room(np.random.default_rng(seeds[1]), size)
        self._renderer = Renderer(tailor.anatomy.frames, size, supersampling)
        plain = replace(self.person.look, print_=np.zeros((8, 8, 4), np.uint8))
        self._renderer.load(self.person.mesh, plain)
        self._renderer.light(self.light)

    def draw(self, vertices: Floats, normals: Floats, camera: Camera) -> np.ndarray:
        """The picture uint8 [size,size,3]."""
        rgba, _ = self._renderer.draw(vertices, normals, camera.view, camera.eye)
        size = rgba.shape[0]
        shade = Image.fromarray(ground_shadow(camera, self.light, vertices, 0.5))
        shade = shade.resize((size, size), Image.Resampling.BICUBIC)
        alpha = rgba[..., 3:] / 255.0
        plate = self.plate * (np.asarray(shade)[..., None] / 255.0)
        return np.asarray((rgba[..., :3] + plate * (1 - alpha) + 0.5).clip(0, 255), np.uint8)

    def close(self) -> None:
        """Give the context back."""
        self._renderer.close()


def _on_floor(person: Person, pose: Floats, root: Floats, smile: float) -> tuple[Floats, Floats]:
    actions = {"mouthSmileLeft": smile, "mouthSmileRight": smile}
    vertices, normals, _ = person.pose(pose, root, actions)
    lowest = vertices[person.mesh.corner_vertex, 2].min()
    return vertices - np.array([0, 0, lowest], np.float32), normals


def make_photo(tailor: Tailor, seeds: tuple[int, int] = _PHOTO_SEEDS) -> np.ndarray:
    """A person who stands in a room and looks at the camera, uint8 [768,512,3]."""
    width, height = PHOTO_SIZE
    scene = _Set(tailor, seeds, height, 4)
    try:
        rng = np.random.default_rng(_PHOTO_POSE_SEED)
        skeleton = scene.person.skeleton
        pose = stand(skeleton, rng)
        gestures = {".L": Gesture.HANG, ".R": Gesture.HANG}
        move_arms(skeleton, pose, gestures, rng, scene.person.torso)
        move_head(skeleton, pose, rng, 0.2)
        vertices, normals = _on_floor(scene.person, pose, np.zeros(3), 0.45)
        tall = float(vertices[scene.person.mesh.corner_vertex, 2].max())
        camera = look_at(np.array([0, 0, tall * 0.5]), tall * 0.58, 0.06, 26)
        picture = scene.draw(vertices, normals, camera)
    finally:
        scene.close()
    left = (height - width) // 2
    return picture[:, left : left + width]


def make_clip(
    tailor: Tailor, motion: Motion, seeds: tuple[int, int] = _CLIP_SEEDS
) -> list[np.ndarray]:
    """Someone else dances: frames uint8 [512,512,3] at 25 a second."""
    scene = _Set(tailor, seeds, CLIP_SIZE, 2)
    try:
        person = scene.person
        joints = person.skeleton.joints
        leg = float(joints[0, 2] - joints[:, 2].min())
        tall = float(np.ptp(person.vertices[:, 2]))
        camera = look_at(np.array([0, 0, tall * 0.52]), tall * 0.66, 0.05, 30)
        start = round(_DANCE_START_S / motion.frame_time_s)
        end = start + round(CLIP_S / motion.frame_time_s)
        origin = motion.travel[start:end].mean(0)
        ahead = to_front(retarget(person.skeleton, motion, start))
        frames = []
        for k in range(round(CLIP_S * CLIP_RATE)):
            at = (_DANCE_START_S + k / CLIP_RATE) / motion.frame_time_s
            pose, travel = _between_frames(person, motion, at)
            root = ahead @ (travel - origin) * leg * [1, 1, 0]
            vertices, normals = _on_floor(person, ahead @ pose, root, 0.3)
            frames.append(scene.draw(vertices, normals, camera))
    finally:
        scene.close()
    return frames


def _between_frames(person: Person, motion: Motion, at: float) -> tuple[Floats, Floats]:
    first = min(int(at), len(motion) - 2)
    share = min(at - first, 1.0)
    before, after = (
        Rotation.from_matrix(retarget(person.skeleton, motion, frame))
        for frame in (first, first + 1)
    )
    step = Rotation.from_rotvec((before.inv() * after).as_rotvec() * share)
    travel = motion.travel[first] * (1 - share) + motion.travel[first + 1] * share
    return np.asarray((before * step).as_matrix()), travel


def write_clip(path: Path, frames: list[np.ndarray]) -> None:
    """Frames as H.264 in an MP4."""
    with av.open(str(path), "w") as container:
        options = {"crf": "23", "preset": "slow"}
        stream = container.add_stream("libx264", rate=CLIP_RATE, options=options)
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, CLIP_RATE)
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


def make_examples(
    out: Annotated[Path, typer.Argument(help="Folder for photo.jpg and clip.mp4.")],
    assets: Annotated[Path, typer.Option(help="The generator's assets.")],
) -> None:
    """Make examples/photo.jpg and examples/clip.mp4."""
    out.mkdir(parents=True, exist_ok=True)
    anatomy = Anatomy(load_body(cache_folder()))
    tailor = Tailor(Wardrobe(anatomy, assets / "makehuman"))
    Image.fromarray(make_photo(tailor)).save(out / "photo.jpg", quality=92)
    write_clip(out / "clip.mp4", make_clip(tailor, read_bvh(assets / _DANCE)))


if __name__ == "__main__":
    typer.run(make_examples)
