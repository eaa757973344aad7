"""Where the person is: MediaPipe's pose networks, tracked and smoothed."""

from bunraku.runtime.pose.detector import Detection
from bunraku.runtime.pose.landmarks import Pose
from bunraku.runtime.pose.networks import PoseNetworks
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.segmenter import Segmenter
from bunraku.runtime.pose.tracker import PoseTracker

__all__ = [
    "Detection",
    "Pose",
    "PoseNetworks",
    "PoseTracker",
    "Roi",
    "Segmenter",
]
