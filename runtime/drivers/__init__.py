"""What drives the photo: from frames of a moving person to surfaces in the photo's window.

One folder a driver, behind one protocol; no torch is imported here.
"""
