"""The head's guide: an affine map of the face takes the place of the charts in a sampled prior."""
