"""TLS to a PostgreSQL server by libpq's settings: what is verified, which files are used.

Source: "SSL Support" of libpq's documentation. What must not live here: sockets, negotiation (postgresdial).
"""

from __future__ import annotations

import os
import ssl
import stat

from safeshell.gateways.postgrestarget import Host, Target
from safeshell.gateways.wireports import UpstreamError

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}


def context_of(target: Target) -> ssl.SSLContext:
    """The settings of one target. Raises UpstreamError for files that cannot be used."""
    words = target.words
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)  # libpq does not ask for it
    made.minimum_version = _version(words.get("ssl_min_protocol_version", ""), "TLSv1.2")
    if words.get("ssl_max_protocol_version"):
        made.maximum_version = _version(words["ssl_max_protocol_version"], "")
    if words.get("sslnegotiation") == "direct":
        made.set_alpn_protocols(["postgresql"])
    _roots(made, target)
    if words.get("sslcertmode") != "disable" and words.get("sslcert"):
        _own_certificate(made, target)
    return made


def server_name(target: Target, host: Host) -> str | None:
    """The name that is checked and sent; None where neither is wanted. Raises UpstreamError."""
    name = host.name
    if target.sslmode == "verify-full":
        if not name:
            raise UpstreamError("a host name must be given for a verified TLS connection, an address is not enough")
        return name
    return name if name and target.words.get("sslsni", "1") != "0" else None


def _version(text: str, default: str) -> ssl.TLSVersion:
    if (text or default) not in _VERSIONS:
        raise UpstreamError(f'"{text}" is no TLS version; known are {", ".join(_VERSIONS)}')
    return _VERSIONS[text or default]


def _roots(made: ssl.SSLContext, target: Target) -> None:
    """A root certificate that exists is heeded in every mode; verify-* cannot do without."""
    words = target.words
    path = words.get("sslrootcert", "")
    try:
        if path == "system":
            made.load_default_certs()
        elif path and os.path.exists(path):
            made.load_verify_locations(path)
        elif target.sslmode.startswith("verify-"):
            raise UpstreamError(f'root certificate file "{path}" does not exist')
        else:
            return
        _revoked(made, words.get("sslcrl", ""), words.get("sslcrldir", ""))
    except (OSError, ssl.SSLError) as fault:
        raise UpstreamError(f'could not read root certificate file "{path}": {fault}') from fault
    made.verify_mode = ssl.CERT_REQUIRED
    made.check_hostname = target.sslmode == "verify-full"
    made.hostname_checks_common_name = True


def _revoked(made: ssl.SSLContext, file: str, folder: str) -> None:
    if file and os.path.exists(file):
        made.load_verify_locations(cafile=file)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if folder:
        made.load_verify_locations(capath=folder)
        made.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def _own_certificate(made: ssl.SSLContext, target: Target) -> None:
    """The client's certificate; its key must be private, as libpq demands. Never prompts."""
    words = target.words
    certificate, key = words["sslcert"], words.get("sslkey", "")
    if not os.path.exists(certificate):
        return
    if key and not key.startswith("engine:"):
        _private(key)
    try:
        made.load_cert_chain(certificate, key or None, password=lambda: words.get("sslpassword", ""))
    except (OSError, ssl.SSLError) as fault:
        raise UpstreamError(f'could not load the certificate "{certificate}" with its key: {fault}') from fault


def _private(path: str) -> None:
    try:
        found = os.stat(path)
    except OSError as fault:
        raise UpstreamError(f'certificate present, but not private key file "{path}"') from fault
    others = 0o037 if found.st_uid == 0 else 0o077
    if not stat.S_ISREG(found.st_mode) or (stat.S_IMODE(found.st_mode) & others):
        raise UpstreamError(
            f'private key file "{path}" has group or world access; it must have permissions u=rw (0600) or less '
            "if owned by the current user, or u=rw,g=r (0640) or less if owned by root"
        )
