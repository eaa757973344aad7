"""The IUV net: landmarks and a person mask become a complete IUV map.

It sees no colours, so what it learns on synthetic people holds on photos. The mask helps for the
source; on the driving side it would leak the driver's outline, so the net works without one too.
Ours, not the paper's: docs/architecture.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.kernels import join_channels
from bunraku.networks.layers import ConvBlock, ResidualBlock, up2
from bunraku.spec.landmarks import LANDMARKS, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from bunraku.spec.surface import CHANNELS, SCORE, SCORES, U, V

SIDE = 128
"""Side of the IUV map that comes out."""

BONES = (
    (11, 12), (23, 24), (11, 23), (12, 24), (11, 13), (13, 15), (12, 14), (14, 16), (15, 19),
    (15, 17), (16, 20), (16, 18), (15, 21), (16, 22), (23, 25), (25, 27), (24, 26), (26, 28),
    (27, 31), (28, 32), (29, 31), (30, 32), (7, 8), (0, 7), (0, 8), (9, 10), (2, 5),
)  # fmt: skip
"""Pairs of BlazePose landmarks that are drawn as soft bones."""


@dataclass(frozen=True)
class IuvOptions:
    """Widths of the IUV net, in channels."""

    encoder: tuple[int, int, int, int] = (32, 64, 112, 160)
    """At 64, 32, 16 and 8 pixels."""
    latent: int = 256
    """Width of the vector that all landmarks together become."""
    decoder: int = 48
    """At 64 pixels, before the heads."""


class Iuv(NamedTuple):
    """The net's outputs before they become P; [B, 25 / 24 / 24, n, n]."""

    parts: Tensor
    """Part logits."""
    u: Tensor
    v: Tensor

    def densepose(self) -> Tensor:
        """P [B, 73, n, n]: one-hot scores of the likeliest part, U and V within [0, 1].

        Scores stay hard on purpose. Between an arm and the torso behind it, mixed scores mix
        coordinates that are far apart in the photo, and the warp draws rings of all that lies
        between them.
        """
        scores = (self.parts >= self.parts.amax(1, keepdim=True)).to(self.parts.dtype)
        return torch.cat([scores, self.u.clamp(0.0, 1.0), self.v.clamp(0.0, 1.0)], 1)

    def hard(self) -> Tensor:
        """The same as a hard map [B, 3, n, n] (networks.densepose): part, its U and its V."""
        part = self.parts.argmax(1, keepdim=True)
        chart = (part - 1).clamp(min=0)
        uv = (maps.gather(1, chart).clamp(0.0, 1.0) for maps in (self.u, self.v))
        return torch.cat([part.to(self.u.dtype), *uv], 1)


def torso_length(landmarks: Tensor) -> Tensor:
    """Shoulder middle to hip middle in window units, within reason: [B, 33, 4] → [B]."""
    middle = landmarks[:, LEFT_SHOULDER, :2] + landmarks[:, RIGHT_SHOULDER, :2]
    middle = middle - landmarks[:, LEFT_HIP, :2] - landmarks[:, RIGHT_HIP, :2]
    length: Tensor = (middle * 0.5).norm(dim=-1)
    return length.clamp(0.08, 0.8)


def bone_maps(landmarks: Tensor, side: int = SIDE // 2) -> Tensor:
    """Soft pictures of the bones.

    Args:
        landmarks: [B, 33, 4]: x, y, z in window units, visibility.
        side: of the maps, in pixels.

    Returns:
        [B, 4 · bones, side, side]: nearness; depth, position along and position across the bone,
        each weighted by the nearness. The last two are close to what V and U are to become.
    """
    first, second = torch.tensor(BONES, device=landmarks.device).unbind(1)
    centres = (torch.arange(side, device=landmarks.device, dtype=torch.float32) + 0.5) / side
    a, b = landmarks[:, first], landmarks[:, second]
    ax, ay = a[..., 0, None, None], a[..., 1, None, None]
    dx, dy = (b - a)[..., 0, None, None], (b - a)[..., 1, None, None]
    px, py = centres[None, None, None, :] - ax, centres[None, None, :, None] - ay
    square = dx * dx + dy * dy + 1e-5
    along = (px * dx + py * dy) / square
    on_bone = along.clamp(0.0, 1.0)
    distance = (px - on_bone * dx) ** 2 + (py - on_bone * dy) ** 2
    scale = torso_length(landmarks)[:, None, None, None]
    seen = 0.25 + 0.75 * torch.minimum(a[..., 3], b[..., 3])[..., None, None]
    near = torch.exp(-distance / (2.0 * (0.16 * scale) ** 2)) * seen
    depth = (a[..., 2, None, None] + (b - a)[..., 2, None, None] * on_bone) / scale
    across = (px * dy - py * dx) / (square.sqrt() * 0.3 * scale)
    return torch.cat(
        [
            near,
            near * torch.tanh(depth),
            near * (along * 2.0 - 1.0).clamp(-2.0, 2.0),
            near * across.clamp(-2.0, 2.0),
        ],
        1,
    )


def landmark_vector(landmarks: Tensor) -> Tensor:
    """Landmarks about the hips in torso lengths, the hips' place, the length: [B, 135]."""
    hips = (landmarks[:, LEFT_HIP, :3] + landmarks[:, RIGHT_HIP, :3]) * 0.5
    hips = torch.cat([hips[:, :2], torch.zeros_like(hips[:, 2:])], 1)
    scale = torso_length(landmarks)[:, None]
    relative = ((landmarks[..., :3] - hips[:, None]) / scale[:, None]).clamp(-6.0, 6.0) * 0.5
    return torch.cat([relative.flatten(1), landmarks[..., 3], hips[:, :2], scale], 1)


class IuvNet(nn.Module):
    """A U-Net over bone maps, steered at every depth by the landmarks as one vector."""

    def __init__(self, options: IuvOptions | None = None) -> None:
        super().__init__()
        self.options = o = options or IuvOptions()
        c1, c2, c3, c4 = o.encoder
        self.stem = ConvBlock(4 * len(BONES) + 4 + 2, c1, kernel=1)
        self.enter = ConvBlock(c1, c1)
        self.down2 = nn.Sequential(ConvBlock(c1, c2, 2), ConvBlock(c2, c2))
        self.down4 = nn.Sequential(ConvBlock(c2, c3, 2), ConvBlock(c3, c3))
        self.down8 = nn.Sequential(ConvBlock(c3, c4, 2), ConvBlock(c4, c4))
        self.latent = nn.Sequential(
            nn.Linear(LANDMARKS * 4 + 3, o.latent),
            nn.ReLU(),
            nn.Linear(o.latent, o.latent),
            nn.ReLU(),
        )
        self.steer2 = nn.Linear(o.latent, 2 * c2)
        self.steer4 = nn.Linear(o.latent, 2 * c3)
        self.steer8 = nn.Linear(o.latent, 2 * c4)
        for steer in (self.steer2, self.steer4, self.steer8):
            nn.init.zeros_(steer.weight)
            nn.init.zeros_(steer.bias)
        self.think4, self.think8 = ResidualBlock(c3), ResidualBlock(c4)
        for block in (self.think4, self.think8):
            block.start_as_identity()
        self.deep = ConvBlock(c4, c4)
        self.lift4, self.up4 = nn.Conv2d(c4, c3, 1), ConvBlock(c3, c3)
        self.lift2, self.up2 = nn.Conv2d(c3, c2, 1), ConvBlock(c2, c2)
        self.lift1 = nn.Conv2d(c2, c1, 1)
        self.up1 = nn.Sequential(ConvBlock(c1, o.decoder), ConvBlock(o.decoder, o.decoder))
        self.head = nn.Conv2d(o.decoder, CHANNELS, 1)
        self.edge_features = nn.Conv2d(o.decoder, 8, 1)
        self.edge = nn.Sequential(ConvBlock(9, 16), nn.Conv2d(16, SCORES, 3, padding=1))

    def trunk(self, landmarks: Tensor, mask: Tensor) -> Tensor:
        """Features at 64 pixels, from landmarks [B, 33, 4] and mask [B, 1, 128, 128]."""
        batch, side = len(landmarks), SIDE // 2
        centres = (torch.arange(side, device=mask.device, dtype=torch.float32) + 0.5) / side
        centres = centres * 2.0 - 1.0
        place = torch.stack([centres[None].expand(side, side), centres[:, None].expand(side, side)])
        x = join_channels(
            [
                bone_maps(landmarks, side),
                F.pixel_unshuffle(mask, 2),
                place[None].expand(batch, -1, -1, -1),
            ]
        )
        latent = self.latent(landmark_vector(landmarks))
        x1 = self.enter(self.stem(x))
        x2 = steered(self.down2(x1), self.steer2(latent))
        x4 = steered(self.down4(x2), self.steer4(latent))
        x4 = self.think4(x4)
        x8 = self.deep(self.think8(steered(self.down8(x4), self.steer8(latent))))
        y = self.up4(up2(self.lift4(x8)) + x4)
        y = self.up2(up2(self.lift2(y)) + x2)
        features: Tensor = self.up1(up2(self.lift1(y)) + x1)
        return features

    def coarse(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        """The map at half size, 64 pixels, without the edge head: cheaper steps in training."""
        return self.split(self.head(self.trunk(landmarks, mask)).float())

    def forward(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        """The map at 128 pixels.

        Args:
            landmarks: float32 [B, 33, 4], BlazePose order: x, y, z in window units, visibility.
            mask: float32 [B, 1, 128, 128] in [0, 1]; all zero where there is none.
        """
        features = self.trunk(landmarks, mask)
        out = self.split(up2(self.head(features)).float())
        edge = self.edge(join_channels([up2(self.edge_features(features)), mask]))
        return Iuv(out.parts + edge.float(), out.u, out.v)

    @staticmethod
    def split(out: Tensor) -> Iuv:
        """[B, 73, n, n] → logits, U, V."""
        return Iuv(out[:, SCORE], out[:, U], out[:, V])


def steered(x: Tensor, steering: Tensor) -> Tensor:
    """Scale and shift the channels of x [B, c, h, w] by steering [B, 2 c]."""
    scale, shift = steering[:, :, None, None].chunk(2, 1)
    return x * (1.0 + scale) + shift
