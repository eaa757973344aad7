"""WebRTC through aiortc: a peer connection with the lowest delay it can have."""
