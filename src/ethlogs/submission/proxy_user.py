"""``--proxy-user U``: what travels with the application is in U's hands, so it has to be U's own.

YARN puts the run's files into U's staging folder and U's container. Whoever finds another's keytab, password
or private key there becomes that other.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from ethlogs.errors import SettingsError
from ethlogs.kerberos.keytab import read_principals
from ethlogs.settings import KafkaSettings, KerberosSettings, RunSettings, display_url

_USER, _PASSWORD = "sasl.plain.username", "sasl.plain.password"
_CERTIFICATE, _KEY, _KEY_PASSWORD = "ssl.certfile", "ssl.keyfile", "ssl.password"


def check_secrets_of(user: str, settings: RunSettings) -> list[str]:
    """Refuse to hand ``user`` somebody else's secret; returns warnings about what nobody owns.

    A keytab is the user's own when each of its keys is of the principal ``user@REALM``, without an instance:
    the name that Hadoop's and Kafka's default rules shorten to ``user``. A password is when its user name is
    ``user``, a private key when its certificate's only common name is ``user``.

    Raises
    ------
    SettingsError
        With the reason.
    """
    if settings.kerberos is not None:
        _check_keytab(user, settings.kerberos)
    _check_password(user, settings.kafka)
    _check_private_key(user, settings.kafka)
    return _warn_of_tokens(user, settings)


def _check_keytab(user: str, kerberos: KerberosSettings) -> None:
    if kerberos.keytab is None:
        return
    _require_own_principal(user, kerberos.principal, f"--principal is {kerberos.principal}")
    try:
        content = Path(kerberos.keytab).read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"--keytab {kerberos.keytab} cannot be read: {exc.strerror}", hint="give a file that you can read"
        ) from exc
    realm = kerberos.principal.partition("@")[2]
    for principal in sorted(read_principals(content, kerberos.keytab)):
        owner = f"--keytab {kerberos.keytab} has a key of {principal}"
        _require_own_principal(user, principal, owner)
        # Of another realm it is another person, whatever the name.
        if realm and principal.partition("@")[2] != realm:
            raise _refusal(user, owner)


def _require_own_principal(user: str, principal: str, owner: str) -> None:
    if principal.partition("@")[0] != user:
        raise _refusal(user, owner)


def _check_password(user: str, kafka: KafkaSettings) -> None:
    client = dict(kafka.client)
    if _PASSWORD in client and client.get(_USER) != user:
        raise _refusal(user, f"the password for Kafka is that of {client.get(_USER) or 'an unnamed user'}")


def _check_private_key(user: str, kafka: KafkaSettings) -> None:
    client = dict(kafka.client)
    if _KEY not in client and _KEY_PASSWORD not in client and _CERTIFICATE not in client:
        return
    names = _read_common_names(client.get(_CERTIFICATE))
    if names != [user]:
        owner = f"CN={', CN='.join(names)}" if names else "a certificate without a common name"
        raise _refusal(user, f"the private key for Kafka is of {owner}")


def _read_common_names(certificate: str | None) -> list[str]:
    # Slow to load, and needed here alone.
    from cryptography import x509

    if certificate is None:
        return []
    try:
        # The first is the client's own, the others are its chain.
        own = x509.load_pem_x509_certificates(Path(certificate).expanduser().read_bytes())[0]
    except OSError as exc:
        raise SettingsError(
            f"the client certificate {certificate} cannot be read: {exc.strerror}",
            hint="give a file that you can read, by ssl.keystore.location in --command-config",
        ) from exc
    except ValueError as exc:
        raise SettingsError(
            f"the client certificate {certificate} is not PEM: {exc}",
            hint="openssl x509 -in FILE -text shows what it is",
        ) from exc
    return [str(name.value) for name in own.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]


def _warn_of_tokens(user: str, settings: RunSettings) -> list[str]:
    """A node's token names nobody, so it cannot be compared; without it there is no run."""
    shown = []
    if settings.node.headers or settings.node.host_headers:
        shown.append("the headers of --node-header-file")
    if any(_holds_secret(url) for url in settings.node.urls):
        shown.append("the whole --node-url")
    return [f"{user} can read {' and '.join(shown)}: --proxy-user hands them to the driver"] if shown else []


def _holds_secret(url: str) -> bool:
    return "…" in display_url(url) or bool(urlsplit(url).password)


def _refusal(user: str, owner: str) -> SettingsError:
    return SettingsError(
        f"{owner}, and --proxy-user {user} would hand it to {user}, who could then act as its owner",
        hint=f"give {user}'s own, or leave --proxy-user out",
    )
