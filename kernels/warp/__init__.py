"""Flow warp times occlusion: the source's features moved to where the driver is (eq. 3)."""
