"""Certificates for servers of tests: of an authority of ours, self-signed, out of date, for another address."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Authority:
    """A key that signs certificates; its own is in `file`, for whoever is to trust it."""

    key: Key
    name: x509.Name
    file: Path

    @classmethod
    def make(cls, folder: Path) -> Authority:
        """A new one."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("An authority of the tests")
        own = _builder(name, name, key, days=1).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), True
        )
        file = folder / "authority.pem"
        file.write_bytes(_pem(own.sign(key, hashes.SHA256())))
        return cls(key, name, file)

    def server(self, folder: Path, *, address: str = "127.0.0.1", days: int = 1) -> ssl.SSLContext:
        """What a server at `address` shows; `days` from now it ends, or has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _for(address, _builder(_name(address), self.name, key, days=days))
        return _context(folder, made.sign(self.key, hashes.SHA256()), key)


def self_signed(folder: Path, *, address: str = "127.0.0.1") -> ssl.SSLContext:
    """What a server shows that vouches for itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name(address)
    return _context(folder, _for(address, _builder(name, name, key, days=1)).sign(key, hashes.SHA256()), key)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, *, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
    )


def _for(address: str, builder: x509.CertificateBuilder) -> x509.CertificateBuilder:
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    return builder.add_extension(names, critical=False)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _context(folder: Path, certificate: x509.Certificate, key: Key) -> ssl.SSLContext:
    file = folder / f"{certificate.serial_number}.pem"
    own = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(own + _pem(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
