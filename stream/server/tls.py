"""The server's certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

from cryptography import x509

from bunraku.errors import InputError
from bunraku.stream.server.options import Tls


def server_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate.

    :raises InputError: a file is missing, is not PEM, or the two do not belong together.
    """
    for path in (tls.cert, tls.key):
        _check_file(path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A function that gives no password, or OpenSSL would ask on the terminal.
        context.load_cert_chain(tls.cert, tls.key, password=lambda: "")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise InputError(
                f"The key {tls.key} does not belong to the certificate {tls.cert}.",
                "Give the pair that was made together.",
            ) from error
        raise InputError(
            f"{tls.cert} and {tls.key} are not a certificate and a key that can be used.",
            "Give PEM files; a key must have no password (openssl pkey -in key.pem -out bare.pem).",
        ) from error
    return context


def names_of(cert: Path) -> frozenset[str]:
    """The host names that a certificate is for, in small letters.

    :raises InputError: it cannot be read.
    """
    _check_file(cert)
    try:
        certificate = x509.load_pem_x509_certificate(cert.read_bytes())
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    except ValueError as error:
        raise InputError(f"{cert} is not a certificate.", "Give a PEM file.") from error
    return frozenset(name.casefold() for name in extension.value.get_values_for_type(x509.DNSName))


def _check_file(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}.") from error
