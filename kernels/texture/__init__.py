"""Texture sampling: a 24-part atlas looked up at an IUV map (the paper's eq. 6 and 7)."""
