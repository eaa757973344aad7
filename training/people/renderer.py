"""Draws posed people with OpenGL on EGL, in software (llvmpipe) or on a GPU.

Colours are exact averages over the supersamples; parts, U and V are computed per pixel from the
position on the neutral body and taken from the nearest sample, never averaged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

import numpy as np

from bunraku.errors import PIP, BunrakuError
from bunraku.training.people.anatomy import GROUPS, PARTS
from bunraku.training.people.body import Floats, Ints
from bunraku.training.people.shaders import FRAGMENT, SHADOW_FRAGMENT, SHADOW_VERTEX, VERTEX

LAYERS = ("skin", "top", "bottom", "shoes", "hair", "eyes", "brows", "hat", "skirt")
TOP, BOTTOM = 1, 2
_SHADOW_SIDE = 512


@dataclass(frozen=True)
class Look:
    """Everything about a person's surface that is not geometry."""

    textures: np.ndarray  # uint8 [9,s,s,4] one per layer, bottom row first
    tint: Floats  # [9,3,3] colour matrices
    gloss: Floats  # [9]
    cloth: Floats  # [9] which fabric a layer is made of: 0 none, 1 the first, 2 the second
    fabrics: np.ndarray  # uint8 [2,f,f,4] for top and bottom; alpha: how much of it shows
    fabric_scale: Floats  # [2,2] repeats per metre around and along
    detail: Floats  # [9] brings the texture's brightness to about 1
    print_: np.ndarray  # uint8 [p,p,4] picture on the chest, bottom row first
    print_box: Floats  # [4] centre x, z and half sizes on the neutral body, metres


@dataclass(frozen=True)
class Mesh:
    """Corners and triangles of a whole person, as the renderer wants them."""

    corner_vertex: Ints  # [c]
    texcoord: Floats  # [c,2]
    rest: Floats  # [c,3] position on the neutral body
    tag: Floats  # [c,4] layer, first group, second group, border
    triangles: Ints  # [t,3]


@dataclass(frozen=True)
class Light:
    """Two directional lights over an ambient gradient; the first one casts shadows."""

    direction: Floats  # [2,3] towards the light
    colour: Floats  # [2,3]
    ambient: Floats  # [2,3] from below, from above
    shadow: float = 0.0  # 0: shadows are not seen, 1: the first light does not reach them


Method = TypeVar("Method", bound=Callable[..., Any])


def _in_own_context(method: Method) -> Method:
    """OpenGL draws into whichever context was current last: make it this renderer's."""

    @wraps(method)
    def entered(self: Renderer, *arguments: Any, **options: Any) -> Any:
        with self._gl:
            return method(self, *arguments, **options)

    return cast(Method, entered)


class Renderer:
    """One OpenGL context that draws one person at a time into ``size`` x ``size`` pictures.

    Raises BunrakuError where no EGL is installed.
    """

    def __init__(self, frames: Floats, size: int = 256, supersampling: int = 2) -> None:
        try:
            import moderngl

            create: Any = moderngl.create_standalone_context
            self._gl = create(backend="egl")
        except ImportError as exc:
            raise BunrakuError(
                "Drawing people needs moderngl.", f"{PIP} install 'bunraku[train]'"
            ) from exc
        except Exception as exc:  # glcontext raises bare Exception where a library is missing
            raise BunrakuError(
                "Drawing people needs OpenGL through EGL, which is not installed here.",
                "On Debian and Ubuntu: sudo apt-get install libegl1 libgl1-mesa-dri",
            ) from exc
        self.size, self.supersampling = size, supersampling
        self._side = size * supersampling
        self._modern = moderngl
        gl: Any = self._gl
        self._program: Any = gl.program(vertex_shader=VERTEX, fragment_shader=FRAGMENT)
        self._shadow_program: Any = gl.program(
            vertex_shader=SHADOW_VERTEX, fragment_shader=SHADOW_FRAGMENT
        )
        self._shadow_map = gl.depth_texture((_SHADOW_SIDE, _SHADOW_SIDE))
        self._shadow_map.compare_func = "<="
        self._shadow_map.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._shadow_target = gl.framebuffer(depth_attachment=self._shadow_map)
        self._colour, self._iuv = (gl.texture((self._side, self._side), 4) for _ in range(2))
        depth = gl.depth_renderbuffer((self._side, self._side))
        self._target = gl.framebuffer([self._colour, self._iuv], depth)
        self._set("frames", frames.reshape(-1, 3))
        self._set("parts", np.array(PARTS))
        assert len(GROUPS) == len(frames)
        for unit, name in enumerate(("textures", "fabrics", "print_", "shadow_map")):
            self._program[name].value = unit
        self._owned: list[Any] = []

    def close(self) -> None:
        """Give the context back."""
        with self._gl:
            self._release()
        self._gl.release()

    @_in_own_context
    def load(self, mesh: Mesh, look: Look) -> None:
        """Make a person the one that is drawn from now on."""
        self._release()
        gl = self._gl
        self._corner_vertex = mesh.corner_vertex
        self._moving = gl.buffer(reserve=len(mesh.corner_vertex) * 24)
        fixed = np.concatenate([mesh.texcoord, mesh.rest, mesh.tag], 1).astype(np.float32)
        fixed_buffer = gl.buffer(fixed.tobytes())
        index = gl.buffer(mesh.triangles.astype(np.int32).tobytes())
        self._array = gl.vertex_array(
            self._program,
            [
                (self._moving, "3f 3f", "place", "normal"),
                (fixed_buffer, "2f 3f 4f", "texcoord", "rest", "tag"),
            ],
            index,
        )
        self._shadow_array = gl.vertex_array(
            self._shadow_program,
            [(self._moving, "3f 12x", "place"), (fixed_buffer, "20x 4f", "tag")],
            index,
        )
        textures = [_array_texture(gl, look.textures), _array_texture(gl, look.fabrics)]
        height, width = look.print_.shape[:2]
        textures.append(gl.texture((width, height), 4, look.print_.tobytes()))
        for unit, texture in enumerate(textures):
            texture.build_mipmaps()
            texture.filter = (self._modern.LINEAR_MIPMAP_LINEAR, self._modern.LINEAR)
            texture.use(unit)
        self._set("tint", look.tint.transpose(0, 2, 1))
        for name in ("gloss", "cloth", "fabric_scale", "detail", "print_box"):
            self._set(name, getattr(look, name))
        self._owned = [
            self._array,
            self._shadow_array,
            self._moving,
            fixed_buffer,
            index,
            *textures,
        ]

    @_in_own_context
    def light(self, light: Light) -> None:
        """Set the light of the pictures to come."""
        self._set("light", light.direction)
        self._set("light_colour", light.colour)
        self._set("ambient", light.ambient)
        self._set("shadow", light.shadow)
        self._sun_direction = light.direction[0]

    @_in_own_context
    def draw(
        self, vertices: Floats, normals: Floats, view: Floats, eye: Floats
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw the loaded person.

        ``vertices`` and ``normals`` [v,3] in metres, ``view`` [4,4] world to clip space, ``eye``
        [3]. Returns premultiplied colour with soft alpha, uint8 [size,size,4], and the hard IUV of
        every supersample, uint8 [size*ss,size*ss,3] (part, round 255 U, round 255 V).
        """
        corner = self._corner_vertex
        moving = np.concatenate([vertices[corner], normals[corner]], 1)
        self._moving.write(np.ascontiguousarray(moving, np.float32).tobytes())
        self._set("view", view.T)
        self._set("eye", eye)
        self._draw_shadow_map(vertices)
        self._target.use()
        self._gl.enable(self._modern.DEPTH_TEST)
        self._target.clear(0, 0, 0, 0)
        self._array.render()
        colour, iuv = (
            np.frombuffer(self._target.read(components=4, attachment=i), np.uint8).reshape(
                self._side, self._side, 4
            )[::-1]
            for i in range(2)
        )
        n = self.supersampling
        # Sums of strided slices are several times faster than a reduction over short axes.
        summed = np.full((self.size, self.size, 4), n * n // 2, np.uint16)
        for offset in range(n * n):
            summed += colour[offset // n :: n, offset % n :: n]
        return (summed // (n * n)).astype(np.uint8), iuv[..., :3]

    def _draw_shadow_map(self, vertices: Floats) -> None:
        back = self._sun_direction
        right = np.cross([0.31, 0.2, 0.93], back)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(back, right), -back])
        seen = vertices @ axes.T
        low, high = seen.min(0) - 0.05, seen.max(0) + 0.05
        sun = np.eye(4)  # world to 0..1 in all three axes of the map
        sun[:3, :3] = axes / (high - low)[:, None]
        sun[:3, 3] = -low / (high - low)
        for program in (self._program, self._shadow_program):
            program["sun"].write(np.ascontiguousarray(sun.T, np.float32).tobytes())
        self._gl.enable(self._modern.DEPTH_TEST)
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self._shadow_array.render()
        self._shadow_map.use(3)

    def _release(self) -> None:
        for owned in self._owned:
            owned.release()
        self._owned = []

    def _set(self, name: str, values: Any) -> None:
        self._program[name].write(np.ascontiguousarray(values, np.float32).tobytes())


def _array_texture(gl: Any, layers: np.ndarray) -> Any:
    count, height, width, channels = layers.shape
    return gl.texture_array((width, height, count), channels, layers.tobytes())
