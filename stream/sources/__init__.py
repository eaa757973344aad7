"""Where driving frames come from: cameras, files, streams, a test pattern."""
