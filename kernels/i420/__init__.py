"""I420, the planes of bytes that cameras give and video encoders take, from and to RGB."""
