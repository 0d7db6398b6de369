"""The settings of HDFS and YARN that let nobody in without a ticket."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ethlogs_devnet.hadoop.settings import HOST, STREAMING_QUEUE, Properties
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import LIVY, PEOPLE, USER, VISITOR
from ethlogs_devnet.private_files import write_private

_DAEMONS = f"hadoop/{HOST}"
"""Of all daemons, since each JVM has one."""
_WEB = f"HTTP/{HOST}"
_NODE_VARIABLES = "JAVA_HOME,HADOOP_CONF_DIR,PATH,LANG,TZ,KRB5_CONFIG,JDK_JAVA_OPTIONS"


@dataclass(frozen=True)
class HadoopIdentity:
    """What the daemons and their web pages prove themselves with, and the key of the pages' cookies."""

    realm: str
    krb5_conf: Path
    keytab: Path
    web_keytab: Path
    cookie_key: Path

    @classmethod
    def of(cls, kdc: Kdc, folder: Path) -> Self:
        """Add the daemons' principals and the people's to a realm."""
        for name in PEOPLE:
            kdc.add_principal(name)
        keytab, web_keytab = kdc.add_service(_DAEMONS), kdc.add_service(_WEB)
        return cls(kdc.realm, kdc.krb5_conf, keytab, web_keytab, folder / "cookie-key")

    def write_cookie_key(self) -> None:
        """Make a new one; cookies of an earlier start are of no use then."""
        write_private(self.cookie_key, secrets.token_hex(32))

    def environment(self) -> dict[str, str]:
        """Return the variables by which the node's programs and every Java on it find this krb5.conf."""
        return {
            "KRB5_CONFIG": str(self.krb5_conf),
            "JDK_JAVA_OPTIONS": f"-Djava.security.krb5.conf={self.krb5_conf}",
        }


def build_secure_site(identity: HadoopIdentity, user: str) -> dict[str, Properties]:
    """Return what goes over the settings of a cluster without security; ``user`` runs the daemons.

    The devnet's USER may submit to two of the queues and act for its VISITOR, who may submit to one.
    """
    return {
        "core": _build_core(identity, user),
        "hdfs": _build_hdfs(identity),
        "yarn": _build_yarn(identity),
        "capacity-scheduler": _build_queues(user),
    }


def _build_core(identity: HadoopIdentity, user: str) -> Properties:
    return {
        "hadoop.security.authentication": "kerberos",
        "hadoop.rpc.protection": "authentication",
        # tickets here may live for less than the minute after which a client logs in again at the earliest
        "hadoop.kerberos.min.seconds.before.relogin": "1",
        # the daemons are the user who runs them, whom HDFS's files are of
        "hadoop.security.auth_to_local": f"RULE:[2:$1@$0](hadoop@{identity.realm})s/.*/{user}/\nDEFAULT",
        # whom the operating system does not know
        "hadoop.user.group.static.mapping.overrides": ";".join(f"{name}={name}" for name in (*PEOPLE, LIVY)),
        f"hadoop.proxyuser.{USER}.hosts": "*",
        f"hadoop.proxyuser.{USER}.users": VISITOR,
        f"hadoop.proxyuser.{LIVY}.hosts": "*",
        f"hadoop.proxyuser.{LIVY}.users": ",".join(PEOPLE),
        "hadoop.http.filter.initializers": "org.apache.hadoop.security.AuthenticationFilterInitializer",
        "hadoop.http.authentication.type": "kerberos",
        "hadoop.http.authentication.kerberos.principal": f"{_WEB}@{identity.realm}",
        "hadoop.http.authentication.kerberos.keytab": str(identity.web_keytab),
        "hadoop.http.authentication.signature.secret.file": str(identity.cookie_key),
    }


def _build_hdfs(identity: HadoopIdentity) -> Properties:
    return {
        **_logins("dfs.namenode.kerberos.principal", "dfs.namenode.keytab.file", _DAEMONS, identity),
        **_logins("dfs.datanode.kerberos.principal", "dfs.datanode.keytab.file", _DAEMONS, identity),
        **_logins(
            "dfs.web.authentication.kerberos.principal",
            "dfs.web.authentication.kerberos.keytab",
            _WEB,
            identity,
        ),
        "dfs.block.access.token.enable": "true",
        "dfs.data.transfer.protection": "authentication",
        "dfs.http.policy": "HTTP_ONLY",
        # a DataNode wants TLS, or ports that are root's
        "ignore.secure.ports.for.testing": "true",
    }


def _build_yarn(identity: HadoopIdentity) -> Properties:
    properties = {"yarn.nodemanager.env-whitelist": _NODE_VARIABLES}
    for daemon in ("yarn.resourcemanager", "yarn.nodemanager"):
        web = f"{daemon}.webapp.spnego"
        properties |= _logins(f"{daemon}.principal", f"{daemon}.keytab", _DAEMONS, identity)
        properties |= _logins(f"{web}-principal", f"{web}-keytab-file", _WEB, identity)
    return properties


def _build_queues(user: str) -> Properties:
    queues = {"default": f"{user},{USER},{VISITOR}", STREAMING_QUEUE: f"{user},{USER}"}
    return {
        f"yarn.scheduler.capacity.root.{queue}.acl_submit_applications": users
        for queue, users in queues.items()
    }


def _logins(name: str, keytab_name: str, principal: str, identity: HadoopIdentity) -> Properties:
    keytab = identity.web_keytab if principal == _WEB else identity.keytab
    return {name: f"{principal}@{identity.realm}", keytab_name: str(keytab)}
