"""Maps joined as a convolution wants them: its one input, with the channels innermost."""
