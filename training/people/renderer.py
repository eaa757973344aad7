"""Draws posed people with OpenGL on EGL, in software (llvmpipe) or on a GPU.

Colours are exact averages over the supersamples; parts, U and V are computed per pixel from the
position on the neutral body and taken from the nearest sample, never averaged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bunraku.errors import BunrakuError
from bunraku.training.people.anatomy import GROUPS, PARTS
from bunraku.training.people.body import Floats, Ints

LAYERS = ("skin", "top", "bottom", "shoes", "hair", "eyes", "brows", "hat")
TOP, BOTTOM = 1, 2

_VERTEX = """#version 330
in vec3 place; in vec3 normal; in vec2 texcoord; in vec3 rest; in vec4 tag;
uniform mat4 view;
out vec3 N; out vec3 W; out vec2 T; out vec3 R; out float border;
flat out ivec3 kind;  // layer, first group, second group
void main() {
  gl_Position = view * vec4(place, 1); N = normal; W = place; T = texcoord; R = rest;
  kind = ivec3(tag.xyz + .5); border = tag.w;
}"""

_FRAGMENT = """#version 330
in vec3 N; in vec3 W; in vec2 T; in vec3 R; in float border; flat in ivec3 kind;
uniform sampler2DArray textures; uniform sampler2DArray fabrics; uniform sampler2D print_;
uniform vec3 frames[56]; uniform vec2 parts[14];
uniform mat3 tint[8]; uniform float gloss[8]; uniform vec2 fabric_scale[2]; uniform float detail[2];
uniform vec4 print_box;  // centre x, z and half sizes, metres on the neutral body
uniform vec3 light[2]; uniform vec3 light_colour[2]; uniform vec3 ambient[2]; uniform vec3 eye;
layout(location = 0) out vec4 colour; layout(location = 1) out vec4 iuv;
const float PI = 3.14159265;
void main() {
  int layer = kind.x;
  vec4 texel = texture(textures, vec3(T, layer));
  if (texel.a < .45) discard;
  int group = border >= 0. ? kind.y : kind.z;
  vec3 axis = frames[4 * group + 1], q = R - frames[4 * group];
  float qf = dot(q, frames[4 * group + 2]), qs = dot(q, frames[4 * group + 3]);
  float angle = atan(qs, qf), along = dot(q, axis);
  vec2 part = parts[group];
  bool front = abs(angle) < PI / 2.;
  float u = angle / (2. * PI) + .5;
  float rear = (angle < 0. ? angle + 2. * PI : angle) / PI - .5;
  if (part.x != part.y) u = front ? angle / PI + .5 : rear;
  iuv = vec4((front ? part.y : part.x) / 255., clamp(u, 0., 1.), clamp(along, 0., 1.), 1.);

  vec3 albedo = tint[layer] * texel.rgb;
  if (layer == 1 || layer == 2) {
    float folds = clamp(dot(texel.rgb, vec3(.333)) * detail[layer - 1], .25, 1.25);
    // Metres around and along the limb; derivatives by hand, as the angle jumps at the back.
    float size = inversesqrt(dot(axis, axis));
    float radius = group == 0 ? .16 : group < 8 ? .09 : .05;
    vec2 scale = fabric_scale[layer - 1];
    float r2 = max(qf * qf + qs * qs, 1e-6);
    vec2 dx = vec2((qf * dFdx(qs) - qs * dFdx(qf)) / r2 * radius, dFdx(along) * size) * scale;
    vec2 dy = vec2((qf * dFdy(qs) - qs * dFdy(qf)) / r2 * radius, dFdy(along) * size) * scale;
    vec3 at = vec3(vec2(angle * radius, along * size) * scale, layer - 1);
    vec4 cloth = textureGrad(fabrics, at, dx, dy);
    albedo = mix(albedo, cloth.rgb * folds, cloth.a);
    vec2 on_print = (R.xz - print_box.xy) / print_box.zw;
    if (layer == 1 && group == 0 && front && max(abs(on_print.x), abs(on_print.y)) < 1.) {
      vec4 ink = texture(print_, on_print * .5 + .5);
      albedo = mix(albedo, ink.rgb * folds, ink.a);
    }
  }
  albedo = clamp(albedo, 0., 1.); albedo *= albedo;
  vec3 n = normalize(N), v = normalize(eye - W);
  if (dot(n, v) < 0.) n = -n;
  vec3 energy = mix(ambient[0], ambient[1], n.z * .5 + .5);
  float shine = 0.;
  for (int i = 0; i < 2; i++) {
    energy += light_colour[i] * pow(max(dot(n, light[i]) * .75 + .25, 0.), 1.4);
    shine += pow(max(dot(n, normalize(light[i] + v)), 0.), 24.) * dot(light_colour[i], vec3(.33));
  }
  float rim = pow(1. - max(dot(n, v), 0.), 3.);
  vec3 lit = albedo * (1. - .25 * rim) + gloss[layer] * (shine * .6 + rim * .15) * .3;
  colour = vec4(sqrt(clamp(lit * energy, 0., 1.)), 1.);
}"""


@dataclass(frozen=True)
class Look:
    """Everything about a person's surface that is not geometry."""

    textures: np.ndarray  # uint8 [8,s,s,4] one per layer, bottom row first
    tint: Floats  # [8,3,3] colour matrices
    gloss: Floats  # [8]
    fabrics: np.ndarray  # uint8 [2,f,f,4] for top and bottom; alpha: how much of it shows
    fabric_scale: Floats  # [2,2] repeats per metre around and along
    detail: Floats  # [2] brings the texture's brightness to about 1
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
    """Two directional lights over an ambient gradient."""

    direction: Floats  # [2,3] towards the light
    colour: Floats  # [2,3]
    ambient: Floats  # [2,3] from below, from above


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
                "Drawing people needs moderngl.", "pip install 'bunraku[train]'"
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
        self._program: Any = gl.program(vertex_shader=_VERTEX, fragment_shader=_FRAGMENT)
        self._colour, self._iuv = (gl.texture((self._side, self._side), 4) for _ in range(2))
        depth = gl.depth_renderbuffer((self._side, self._side))
        self._target = gl.framebuffer([self._colour, self._iuv], depth)
        self._set("frames", frames.reshape(-1, 3))
        self._set("parts", np.array(PARTS))
        assert len(GROUPS) == len(frames)
        for unit, name in enumerate(("textures", "fabrics", "print_")):
            self._program[name].value = unit
        self._owned: list[Any] = []

    def close(self) -> None:
        """Give the context back."""
        self._release()
        self._gl.release()

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
        textures = [_array_texture(gl, look.textures), _array_texture(gl, look.fabrics)]
        height, width = look.print_.shape[:2]
        textures.append(gl.texture((width, height), 4, look.print_.tobytes()))
        for unit, texture in enumerate(textures):
            texture.build_mipmaps()
            texture.filter = (self._modern.LINEAR_MIPMAP_LINEAR, self._modern.LINEAR)
            texture.use(unit)
        self._set("tint", look.tint.transpose(0, 2, 1))
        for name in ("gloss", "fabric_scale", "detail", "print_box"):
            self._set(name, getattr(look, name))
        self._owned = [self._array, self._moving, fixed_buffer, index, *textures]

    def light(self, light: Light) -> None:
        """Set the light of the pictures to come."""
        self._set("light", light.direction)
        self._set("light_colour", light.colour)
        self._set("ambient", light.ambient)

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

    def _release(self) -> None:
        for owned in self._owned:
            owned.release()
        self._owned = []

    def _set(self, name: str, values: Any) -> None:
        self._program[name].write(np.ascontiguousarray(values, np.float32).tobytes())


def _array_texture(gl: Any, layers: np.ndarray) -> Any:
    count, height, width, channels = layers.shape
    return gl.texture_array((width, height, count), channels, layers.tobytes())
