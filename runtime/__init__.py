"""Engines, identities and the stage graph: a photo and frames in, pictures out.
No torch is imported here."""
