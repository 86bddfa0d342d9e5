"""Writes certificates to a token: MODULE TOKEN PIN FILE...; `conftest` runs it."""

from __future__ import annotations

import sys
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkcs11 import Attribute, CertificateType, ObjectClass


def main(module: str, token: str, pin: str, *paths: str) -> None:
    session = pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin)
    for path in paths:
        certificate = x509.load_pem_x509_certificate(Path(path).read_bytes())
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.CERTIFICATE,
                Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                Attribute.TOKEN: True,
                Attribute.SUBJECT: certificate.subject.public_bytes(),
                Attribute.VALUE: certificate.public_bytes(Encoding.DER),
            }
        )
    session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
