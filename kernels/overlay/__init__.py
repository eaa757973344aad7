"""Overlaying: a small picture laid on a composed person, as a hand that is drawn by itself."""
