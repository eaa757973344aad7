"""The subcommands of ``bunraku``, one module each; heavy imports stand inside the functions."""
