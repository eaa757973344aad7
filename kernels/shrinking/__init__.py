"""Shrinking: a grey picture made smaller by less than half, its areas averaged."""
