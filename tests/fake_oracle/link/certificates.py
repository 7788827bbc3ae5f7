"""Certificates for the stand-in and its clients, made when they are needed, and wallet folders.

A wallet as python-oracledb takes it in thin mode is a folder with one file: the certificates to
trust and, for mutual TLS, a certificate and its key (impl/thin/transport.pyx: create_ssl_context).
"""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

WALLET_FILE: Final = "ewallet.pem"
LOOPBACK: Final = ("localhost", "127.0.0.1")
_DAY: Final = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def pem(self, password: str | None = None) -> bytes:
        """Both, the key encrypted where there is a password."""
        encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            encryption = serialization.BestAvailableEncryption(password.encode())
        key = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
        )
        return _pem(self.certificate) + key


class Authority:
    """A certificate authority of its own: what trusts one trusts no other."""

    def __init__(self, name: str = "Stand-in Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        builder = _builder(self._name, self._name, self._key.public_key(), -1, 1)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        builder = builder.add_extension(_usage(signs_certificates=True), True)
        self._certificate = builder.sign(self._key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return _pem(self._certificate)

    def issue(
        self,
        name: str = LOOPBACK[0],
        also: Sequence[str] = LOOPBACK,
        *,
        days: tuple[int, int] = (-1, 1),
    ) -> Identity:
        """An identity for a server, or a client.

        also: what else it is called, host names and addresses. days: from when to when it is valid,
        counted from now.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(name), self._name, key.public_key(), *days)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        # Python 3.13 and later take no certificate that lacks one of these.
        for extension, is_critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage(signs_certificates=False), True),
            (x509.ExtendedKeyUsage(purposes), False),
            (issuer, False),
            (x509.SubjectAlternativeName([_general(each) for each in also]), False),
        ):
            if also or not isinstance(extension, x509.SubjectAlternativeName):
                builder = builder.add_extension(extension, is_critical)
        return Identity(builder.sign(self._key, hashes.SHA256()), key)

    def wallet(
        self, folder: Path, client: Identity | None = None, password: str | None = None
    ) -> Path:
        """Make the folder a wallet that trusts this authority; returns the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        known = b"" if client is None else client.pem(password)
        (folder / WALLET_FILE).write_bytes(known + self.pem)
        return folder


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    first_day: int,
    last_day: int,
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + first_day * _DAY)
        .not_valid_after(now + last_day * _DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), False)
    )


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Stand-in")
    return x509.Name([organization, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
