"""The JVM in which Hadoop's own clients run."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway

from ethlogs.errors import HadoopError, KerberosError, SettingsError
from ethlogs.hadoop.applications import Applications
from ethlogs.hadoop.errors import mapped_errors
from ethlogs.hadoop.gateway import InterruptibleGateway, silence_py4j
from ethlogs.hadoop.hdfs import HdfsFiles
from ethlogs.hadoop.patience import IMPATIENT
from ethlogs.krb5_conf import find_javas_file
from ethlogs.temporary import find_temporary_place

_CONF_DIRS = ("HADOOP_CONF_DIR", "YARN_CONF_DIR")
"""What names the folder of Hadoop's *-site.xml, in the order in which Spark looks."""
_JAVA_OPTIONS = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xmx512m",
    "-Djava.net.preferIPv4Stack=true",
)
_NOT_NEEDED = {
    # Its client needs jars that Spark does not bring, and nothing here is asked of it.
    "yarn.timeline-service.enabled": "false",
}


@dataclass(frozen=True)
class Login:
    """The identity for the cluster; without a keytab, that of whoever has a ticket or is logged in here."""

    principal: str | None = None
    keytab: str | None = None
    krb5_conf: str | None = None
    proxy_user: str | None = None
    """The user to act for."""


class Hadoop:
    """HDFS and YARN as one user sees them."""

    def __init__(self, gateway: JavaGateway, login: Login) -> None:
        jvm = gateway.jvm
        with mapped_errors("reading Hadoop's configuration"):
            self._configuration = jvm.org.apache.hadoop.yarn.conf.YarnConfiguration()
            for name, value in {**_NOT_NEEDED, **IMPATIENT}.items():
                self._configuration.set(name, value)
            security = jvm.org.apache.hadoop.security.UserGroupInformation
            security.setConfiguration(self._configuration)
        _log_in(security, login)
        with mapped_errors("reading who this user is"):
            self.is_secured = bool(security.isSecurityEnabled())
            self.user = str(security.getCurrentUser().getShortUserName())
        self._gateway = gateway
        self._files: HdfsFiles | None = None
        self._applications: Applications | None = None

    @property
    def files(self) -> HdfsFiles:
        """HDFS."""
        if self._files is None:
            self._files = HdfsFiles(self._gateway, self._configuration)
        return self._files

    @property
    def applications(self) -> Applications:
        """YARN."""
        if self._applications is None:
            self._applications = Applications(self._gateway, self._configuration)
        return self._applications


def is_cluster_configured(environment: Mapping[str, str]) -> bool:
    """Return whether this machine says where a cluster is."""
    return any(environment.get(variable) for variable in _CONF_DIRS)


def find_conf_dir(environment: Mapping[str, str]) -> Path:
    """HADOOP_CONF_DIR, else YARN_CONF_DIR.

    Raises
    ------
    SettingsError
        When neither is set, or it is not a folder with a core-site.xml.
    """
    for variable in _CONF_DIRS:
        text = environment.get(variable)
        if not text:
            continue
        if not (Path(text) / "core-site.xml").is_file():
            raise SettingsError(
                f"{variable}={text} has no core-site.xml", hint="set it to the folder of Hadoop's *-site.xml"
            )
        return Path(text)
    raise _no_cluster("; a run on this machine needs --master local[*]")


def require_cluster(environment: Mapping[str, str], instead: str) -> None:
    """Check that this machine says where a cluster is; ``instead`` ends the hint.

    Raises
    ------
    SettingsError
        When it does not.
    """
    if not is_cluster_configured(environment):
        raise _no_cluster(instead)


def _no_cluster(instead: str) -> SettingsError:
    return SettingsError(
        "neither HADOOP_CONF_DIR nor YARN_CONF_DIR says where the cluster is",
        hint=f"export HADOOP_CONF_DIR=/etc/hadoop/conf{instead}",
    )


def _log_in(security: Any, login: Login) -> None:
    """With the keytab, else with the ticket that is there: without one YARN is waited for for 15 minutes."""
    if login.keytab is not None:
        with mapped_errors(f"logging in as {login.principal}"):
            security.loginUserFromKeytab(login.principal, login.keytab)
    elif bool(security.isSecurityEnabled()) and not bool(security.getCurrentUser().hasKerberosCredentials()):
        raise KerberosError(
            "the cluster asks for Kerberos, and there is no valid ticket in a FILE cache",
            hint="kinit, or give --principal and --keytab",
        )
    if login.proxy_user is not None:
        # Java's way, doAs, takes a block of Java; this JVM acts for nobody else anyway.
        with mapped_errors(f"acting for {login.proxy_user}"):
            security.setLoginUser(security.createProxyUser(login.proxy_user, security.getLoginUser()))


@contextlib.contextmanager
def open_hadoop(spark_home: Path, java: str, conf_dir: Path, login: Login = Login()) -> Iterator[Hadoop]:
    """Start the JVM on this Spark's jars (1 to 2 seconds); it ends with the block, or with this process.

    Raises
    ------
    HadoopError
        When it does not start.
    KerberosError
        When the cluster asks for a ticket and there is none.
    """
    silence_py4j()
    jar = next(iter(sorted((spark_home / "jars").glob("py4j-*.jar"))), None)
    if jar is None:
        raise SettingsError(
            f"there are no jars of Spark in {spark_home}",
            hint="give --spark-submit the path of a whole Spark",
        )
    with tempfile.TemporaryFile(dir=find_temporary_place()) as complaints:
        gateway, process = _launch(
            jar, f"{conf_dir}{os.pathsep}{spark_home}/jars/*", java, _java_options(login), complaints
        )
        try:
            yield Hadoop(gateway, login)
        finally:
            gateway.close(keep_callback_server=False, close_callback_server_connections=True)
            process.stdin.close()
            process.wait()


def java_krb5_options(krb5_conf: str | None, environment: Mapping[str, str]) -> list[str]:
    """Java knows nothing of KRB5_CONFIG."""
    found = krb5_conf or find_javas_file(environment)
    return [f"-Djava.security.krb5.conf={found}"] if found else []


def _java_options(login: Login) -> list[str]:
    return [*_JAVA_OPTIONS, *java_krb5_options(login.krb5_conf, os.environ)]


def _launch(
    jar: Path, class_path: str, java: str, options: list[str], complaints: Any
) -> tuple[JavaGateway, Any]:
    try:
        port, token, process = launch_gateway(
            jarpath=str(jar),
            classpath=class_path,
            javaopts=options,
            die_on_exit=True,
            java_path=java,
            create_new_process_group=True,
            enable_auth=True,
            redirect_stderr=complaints,
            return_proc=True,
        )
    except (OSError, ValueError) as exc:
        complaints.seek(0)
        text = complaints.read().decode(errors="replace").strip()[-300:]
        raise HadoopError(
            f"the JVM of Hadoop's client does not start: {text or exc}",
            hint=f"does {java} -version work, and is the Spark of --spark-submit whole?",
        ) from exc
    parameters = GatewayParameters(port=port, auth_token=token, auto_convert=True)
    return InterruptibleGateway(gateway_parameters=parameters), process
