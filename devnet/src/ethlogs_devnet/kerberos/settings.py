"""The settings of a separate Kerberos realm: its key server's, and its clients' krb5.conf."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ethlogs_devnet.ports import LOOPBACK

REALM = "ETHLOGS.TEST"
DAY_SECONDS = 86_400
LONGEST_SECONDS = 7 * DAY_SECONDS
"""The life of the longest tickets; those of a principal can be shorter."""
SHORTEST_SECONDS = 20


@dataclass(frozen=True)
class KdcFiles:
    """The folder of one realm and the files in it."""

    folder: Path

    @property
    def krb5_conf(self) -> Path:
        """What clients and servers read."""
        return self.folder / "krb5.conf"

    @property
    def kdc_conf(self) -> Path:
        """What the key server alone reads."""
        return self.folder / "kdc.conf"

    @property
    def database(self) -> Path:
        """The principals and their keys."""
        return self.folder / "principal"

    @property
    def keytabs(self) -> Path:
        """The folder of the principals' keytabs."""
        return self.folder / "keytabs"

    @property
    def ticket_cache(self) -> Path:
        """The ticket cache of whoever does not name another one."""
        return self.folder / "tickets"

    @property
    def log(self) -> Path:
        """What the key server wrote."""
        return self.folder / "kdc.log"

    def keytab(self, principal: str) -> Path:
        """The keytab of a principal, which is named without its realm."""
        return self.keytabs / f"{principal.replace('/', '_')}.keytab"

    def write(self, port: int) -> None:
        """Write the settings; only the user can look into the folder."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.keytabs.mkdir(exist_ok=True, mode=0o700)
        self.krb5_conf.write_text(build_krb5_conf(self, port))
        self.kdc_conf.write_text(build_kdc_conf(self, port))


def build_krb5_conf(files: KdcFiles, port: int) -> str:
    """Return the text of krb5.conf: this realm, no DNS, and none of the machine's caches and keytabs.

    Servers' names are taken as they are given, so ``localhost`` stays ``localhost``.
    """
    return _to_text(
        {
            "libdefaults": {
                "default_realm": REALM,
                "dns_lookup_kdc": "false",
                "dns_lookup_realm": "false",
                "dns_canonicalize_hostname": "false",
                "rdns": "false",
                "udp_preference_limit": "1",
                "forwardable": "true",
                # the key server gives the shorter ones
                "ticket_lifetime": f"{DAY_SECONDS}s",
                "renew_lifetime": f"{LONGEST_SECONDS}s",
                "default_ccache_name": f"FILE:{files.ticket_cache}",
                "default_keytab_name": f"FILE:{files.keytabs / 'none'}",
                "default_client_keytab_name": f"FILE:{files.keytabs / 'none'}",
            },
            "realms": {REALM: {"kdc": f"{LOOPBACK}:{port}"}},
            "domain_realm": {"localhost": REALM},
        }
    )


def build_kdc_conf(files: KdcFiles, port: int) -> str:
    """Return the text of kdc.conf: TCP on the loopback address, the database in the realm's folder."""
    return _to_text(
        {
            "kdcdefaults": {"kdc_listen": '""', "kdc_tcp_listen": f"{LOOPBACK}:{port}"},
            "realms": {
                REALM: {
                    "database_name": str(files.database),
                    "key_stash_file": str(files.folder / "stash"),
                    "acl_file": str(files.folder / "kadm5.acl"),
                    "max_life": f"{LONGEST_SECONDS}s",
                    "max_renewable_life": f"{LONGEST_SECONDS}s",
                    "default_principal_flags": "+preauth",
                }
            },
            "logging": {"default": "STDERR"},
        }
    )


def _to_text(sections: Mapping[str, Mapping[str, str | dict[str, str]]]) -> str:
    return "".join(f"[{name}]\n{_to_lines(section)}" for name, section in sections.items())


def _to_lines(section: Mapping[str, str | dict[str, str]], margin: str = "  ") -> str:
    lines = []
    for name, value in section.items():
        if isinstance(value, dict):
            lines += [f"{margin}{name} = {{\n", _to_lines(value, f"{margin}  "), f"{margin}}}\n"]
        else:
            lines.append(f"{margin}{name} = {value}\n")
    return "".join(lines)
