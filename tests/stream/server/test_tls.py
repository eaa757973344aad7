from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from tests.stream.server.certificates import make_certificate

from bunraku.errors import InputError
from bunraku.stream.server.options import Tls
from bunraku.stream.server.tls import names_of, server_context


def test_a_pair(tmp_path: Path) -> None:
    context = server_context(make_certificate(tmp_path))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_names(tmp_path: Path) -> None:
    assert names_of(make_certificate(tmp_path, "A.lan").cert) == {"a.lan"}
    assert names_of(make_certificate(tmp_path).cert) == frozenset()


def test_missing(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        server_context(Tls(tmp_path / "none.pem", pair.key))
    with pytest.raises(InputError, match="cannot be opened: No such file"):
        server_context(Tls(pair.cert, tmp_path / "none.pem"))


def test_not_a_pair(tmp_path: Path) -> None:
    one, other = make_certificate(tmp_path), make_certificate(tmp_path, stem="other")
    with pytest.raises(InputError, match="does not belong to the certificate"):
        server_context(Tls(one.cert, other.key))


def test_not_pem(tmp_path: Path) -> None:
    pair = make_certificate(tmp_path)
    pair.cert.write_text("not a certificate")
    with pytest.raises(InputError, match="Give PEM files"):
        server_context(pair)
    with pytest.raises(InputError, match="is not a certificate"):
        names_of(pair.cert)


def test_a_password_is_not_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must have no password"):
        server_context(make_certificate(tmp_path, password=b"secret"))
