"""The GLSL programs of the renderer: one that draws people, one that draws their shadow map."""

from __future__ import annotations

VERTEX = """#version 330
in vec3 place; in vec3 normal; in vec2 texcoord; in vec3 rest; in vec4 tag;
uniform mat4 view;
out vec3 N; out vec3 W; out vec2 T; out vec3 R; out float border;
flat out ivec3 kind;  // layer, first group, second group
void main() {
  gl_Position = view * vec4(place, 1); N = normal; W = place; T = texcoord; R = rest;
  kind = ivec3(tag.xyz + .5); border = tag.w;
}"""

FRAGMENT = """#version 330
in vec3 N; in vec3 W; in vec2 T; in vec3 R; in float border; flat in ivec3 kind;
uniform sampler2DArray textures; uniform sampler2DArray fabrics; uniform sampler2D print_;
uniform vec3 frames[56]; uniform vec2 parts[14];
uniform mat3 tint[9]; uniform float gloss[9]; uniform float cloth[9]; uniform float detail[9];
uniform vec2 fabric_scale[2];
uniform vec4 print_box;  // centre x, z and half sizes, metres on the neutral body
uniform sampler2DShadow shadow_map; uniform mat4 sun; uniform float shadow;
uniform vec3 light[2]; uniform vec3 light_colour[2]; uniform vec3 ambient[2]; uniform vec3 eye;
layout(location = 0) out vec4 colour; layout(location = 1) out vec4 iuv;
const float PI = 3.14159265;
float lit_share(vec3 normal) {  // of the main light, softened over a few texels of the map
  vec4 at = sun * vec4(W + normal * .015, 1);
  float sum = 0.;
  for (int i = 0; i < 4; i++) {
    vec2 offset = vec2(float(i % 2) - .5, float(i / 2) - .5) * .006;
    sum += texture(shadow_map, vec3(at.xy + offset, at.z));
  }
  return 1. - shadow * (1. - sum / 4.);
}
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
  int tile = int(cloth[layer] + .5) - 1;
  if (tile >= 0) {
    float folds = clamp(dot(texel.rgb, vec3(.333)) * detail[layer], .25, 1.25);
    // Metres around and along the limb; derivatives by hand, as the angle jumps at the back.
    float size = inversesqrt(dot(axis, axis));
    float radius = group == 0 ? .16 : group < 8 ? .09 : .05;
    vec2 scale = fabric_scale[tile];
    float r2 = max(qf * qf + qs * qs, 1e-6);
    vec2 dx = vec2((qf * dFdx(qs) - qs * dFdx(qf)) / r2 * radius, dFdx(along) * size) * scale;
    vec2 dy = vec2((qf * dFdy(qs) - qs * dFdy(qf)) / r2 * radius, dFdy(along) * size) * scale;
    vec3 at = vec3(vec2(angle * radius, along * size) * scale, tile);
    vec4 woven = textureGrad(fabrics, at, dx, dy);
    albedo = mix(albedo, woven.rgb * folds, woven.a);
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
    float share = i == 0 ? lit_share(n) : 1.;
    energy += light_colour[i] * pow(max(dot(n, light[i]) * .75 + .25, 0.), 1.4) * share;
    float mirrored = pow(max(dot(n, normalize(light[i] + v)), 0.), 24.);
    shine += mirrored * dot(light_colour[i], vec3(.33)) * share;
  }
  float rim = pow(1. - max(dot(n, v), 0.), 3.);
  vec3 lit = albedo * (1. - .25 * rim) + gloss[layer] * (shine * .6 + rim * .15) * .3;
  colour = vec4(sqrt(clamp(lit * energy, 0., 1.)), 1.);
}"""

SHADOW_VERTEX = """#version 330
in vec3 place; in vec4 tag;
uniform mat4 sun;
void main() {
  // Hair, eyes and brows are cards, whose shadows would be too large: they go out of view.
  bool card = tag.x > 3.5 && tag.x < 6.5;
  vec4 at = sun * vec4(place, 1);
  gl_Position = card ? vec4(2, 2, 2, 1) : vec4(at.xyz * 2. - 1., 1);
}"""

SHADOW_FRAGMENT = """#version 330
void main() {}"""
