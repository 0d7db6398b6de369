"""Identity of a command, to Kafka, to Kerberos and to the cluster."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError
from ethlogs.hadoop.client import Login
from ethlogs.kafka.client_config import names_file, uses_gssapi
from ethlogs.kafka.command_config import CommandConfig, read_client_settings
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kafka.tls_files import check_tls_files
from ethlogs.kerberos.keytab import check_keytab
from ethlogs.kerberos.package import require_gssapi
from ethlogs.notify import Notify
from ethlogs.private_files import describe_readers
from ethlogs.settings import KafkaOptions, KafkaSettings, KerberosOptions, KerberosSettings
from ethlogs.submission.checked import check_kafka
from ethlogs.submission.hdfs_keytab import fetch_keytab

_SERVICE_NAME = "sasl.kerberos.service.name"


@dataclass(frozen=True)
class Identity:
    """The connection to Kafka, and the Kerberos principal that it takes."""

    kafka: KafkaSettings
    kerberos: KerberosSettings | None
    """``None`` where the user's own ticket is used, if any."""

    @property
    def uses_gssapi(self) -> bool:
        """Whether Kafka is reached with a Kerberos ticket."""
        return uses_gssapi(self.kafka)

    @contextlib.contextmanager
    def ticket(self) -> Iterator[None]:
        """Hold a ticket while this process talks to Kafka."""
        if self.uses_gssapi:
            require_gssapi()
        if self.kerberos is None or not self.uses_gssapi:
            yield
            return
        from ethlogs.kerberos.keeper import kept_ticket

        with kept_ticket(self.kerberos, self.kafka.hosts, StopSwitch(), lambda _notice: None):
            yield


class Caller:
    """The user of one command. Files that it needs meanwhile are removed when it is closed."""

    def __init__(
        self,
        kerberos: KerberosOptions,
        notify: Notify,
        *,
        spark_submit: str | None = None,
        proxy_user: str | None = None,
    ) -> None:
        """``spark_submit`` names the Spark whose jars read a keytab from HDFS."""
        self._kerberos = kerberos
        self._notify = notify
        self._spark_submit = spark_submit
        self._proxy_user = proxy_user
        self._files = contextlib.ExitStack()
        self._keytab: str | None = None
        self._warned_of: set[str] = set()

    def __enter__(self) -> Caller:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.close()

    def identify(self, kafka: KafkaOptions, patience_seconds: float) -> Identity:
        """Build Kafka's and Kerberos' settings.

        ``--kafka-config`` overrides ``--command-config``, and the flags for Kerberos override both.

        Raises
        ------
        SettingsError
            When a setting is wrong, or one of principal and keytab is missing.
        """
        config = self._read_client_settings(kafka)
        client = dict(config.client)
        options = self._kerberos
        if options.service_name:
            client[_SERVICE_NAME] = options.service_name
        brokers = replace(kafka, bootstrap_server=kafka.bootstrap_server or config.bootstrap_servers)
        return Identity(
            check_kafka(brokers, tuple(client.items()), patience_seconds),
            self._build_kerberos(
                options.principal or config.principal,
                options.keytab or config.keytab,
                client.get(_SERVICE_NAME, KerberosSettings.service_name),
            ),
        )

    def log_in(self) -> Login:
        """Build the login to HDFS and YARN.

        With ``--proxy-user`` the keytab is for Kafka alone, and the cluster sees the user's ticket.
        """
        krb5_conf = self._kerberos.krb5_conf
        if self._proxy_user is not None:
            return Login(krb5_conf=krb5_conf, proxy_user=self._proxy_user)
        kerberos = self._own_kerberos()
        if kerberos is None:
            return Login(krb5_conf=krb5_conf)
        return Login(kerberos.principal, kerberos.keytab, krb5_conf)

    @contextlib.contextmanager
    def ticket_for_pages(self) -> Iterator[None]:
        """Hold a ticket of the keytab, if there is one, while this process reads the cluster's web pages."""
        kerberos = self._own_kerberos()
        if kerberos is None or importlib.util.find_spec("gssapi") is None:
            yield
            return
        from ethlogs.kerberos.keeper import kept_ticket

        with kept_ticket(kerberos, (), StopSwitch(), lambda _notice: None):
            yield

    def _own_kerberos(self) -> KerberosSettings | None:
        return self._build_kerberos(self._kerberos.principal, self._kerberos.keytab, "")

    def _build_kerberos(
        self, principal: str | None, keytab: str | None, service_name: str
    ) -> KerberosSettings | None:
        if principal is None and keytab is None:
            return None
        if principal is None or keytab is None:
            missing = "--principal" if principal is None else "--keytab"
            raise SettingsError(
                f"{missing} is not given",
                hint="--principal and --keytab go together; klist -kt shows whose keys it has",
            )
        krb5_conf = self._kerberos.krb5_conf
        keytab = self._keep_here(keytab)
        for flag, value in (("--keytab", keytab), ("--krb5-conf", krb5_conf)):
            if value is not None and not Path(value).is_file():
                raise SettingsError(f"{flag} {value} is not a file", hint="is the path right?", flag=flag)
        check_keytab(Path(keytab), principal)
        return KerberosSettings(
            principal,
            str(Path(keytab).absolute()),
            service_name,
            krb5_conf and str(Path(krb5_conf).absolute()),
        )

    def _keep_here(self, keytab: str) -> str:
        """Return the keytab's path on this machine; one on HDFS is fetched once.

        Spark's programs, Java's login and MIT's kinit read files of this machine alone.
        """
        if not keytab.startswith("hdfs:"):
            self._warn_of_readers("--keytab", keytab)
            return keytab
        if self._keytab is None:
            fetched = fetch_keytab(keytab, self._spark_submit, self._kerberos.krb5_conf, self._notify)
            self._keytab = self._files.enter_context(fetched)
        return self._keytab

    def _read_client_settings(self, kafka: KafkaOptions) -> CommandConfig:
        file = kafka.command_config
        folder = StoreFolder()
        self._files.callback(folder.close)
        config = read_client_settings(Path(file) if file else None, kafka.client, folder)
        check_tls_files(config.client)
        # Executors have other working folders than this command.
        client = tuple(
            (name, _absolute(value) if names_file(name) else value) for name, value in config.client
        )
        if config.ignored:
            names = ", ".join(config.ignored)
            self._notify(f"--command-config {file}: ignored (not connection settings): {names}")
        for warning in config.warnings:
            self._notify(f"warning: {warning}")
        key_file = dict(client).get("ssl.keyfile")
        if key_file is not None:
            self._warn_of_readers("ssl.keyfile", key_file)
        return replace(config, client=client)

    def _warn_of_readers(self, name: str, path: str) -> None:
        """Warn once, though HDFS and Kafka are each given the file."""
        warning = describe_readers(name, Path(path))
        if warning is not None and path not in self._warned_of:
            self._warned_of.add(path)
            self._notify(f"warning: {warning}")


def _absolute(path: str) -> str:
    return str(Path(path).absolute())
