"""The driver's hands: where they are, how their fingers bend, and the photo's hands doing so."""
