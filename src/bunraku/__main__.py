"""``bunraku`` and ``python -m bunraku``; what they do stands in :mod:`bunraku.commands.app`."""

from __future__ import annotations

import sys

from bunraku.commands.exits import EXIT_INTERRUPTED


def main() -> None:
    """Run the command line.

    It is imported here, as Ctrl-C may come while it is, too.
    """
    try:
        from bunraku.commands.app import run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("bunraku: interrupted\n")
        sys.exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    main()
