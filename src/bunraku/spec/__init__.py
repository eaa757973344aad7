"""What several rooms must agree on: surfaces, landmarks, engine tensors, manifests, stages.

Nothing of Bunraku is imported here, so that every room may import it.
"""
