"""Where finished frames go: windows, files, virtual cameras, streams."""
