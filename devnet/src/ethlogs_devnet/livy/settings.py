"""The settings of a Livy server, and how it proves who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ethlogs_devnet.hadoop.settings import HOST
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import LIVY
from ethlogs_devnet.ports import LOOPBACK


@dataclass(frozen=True)
class LivyIdentity:
    """The principals of a Livy in a realm: one for those who call it, one for what it submits."""

    realm: str
    krb5_conf: Path
    web_keytab: Path
    keytab: Path

    @classmethod
    def of(cls, kdc: Kdc) -> Self:
        """Add the principals to a realm."""
        return cls(
            kdc.realm, kdc.krb5_conf, kdc.add_service(f"HTTP/{HOST}"), kdc.add_service(f"{LIVY}/{HOST}")
        )


def build_settings(port: int, identity: LivyIdentity | None) -> dict[str, str]:
    """Return the content of livy.conf: batches run on YARN, with Kerberos as whoever has sent them."""
    settings = {
        "livy.server.host": LOOPBACK,
        "livy.server.port": str(port),
        "livy.server.csrf-protection.enabled": "true",
        "livy.spark.master": "yarn",
        "livy.spark.deploy-mode": "cluster",
        "livy.server.yarn.poll-interval": "1s",
    }
    if identity is None:
        return settings
    return {
        **settings,
        "livy.impersonation.enabled": "true",
        "livy.server.auth.type": "kerberos",
        "livy.server.auth.kerberos.principal": f"HTTP/{HOST}@{identity.realm}",
        "livy.server.auth.kerberos.keytab": str(identity.web_keytab),
        "livy.server.launch.kerberos.principal": f"{LIVY}/{HOST}@{identity.realm}",
        "livy.server.launch.kerberos.keytab": str(identity.keytab),
    }


def to_text(settings: Mapping[str, str]) -> str:
    """Return the text of a livy.conf."""
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


LOG4J = """log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{HH:mm:ss,SSS} %p %c{1} %m%n
log4j.logger.org.apache.livy=INFO
"""
