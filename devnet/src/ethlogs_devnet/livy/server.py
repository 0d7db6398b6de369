"""One Livy (one process) in front of a Hadoop cluster, on the loopback address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ethlogs_devnet.hadoop.cluster import HadoopCluster
from ethlogs_devnet.hadoop.settings import HOST
from ethlogs_devnet.hadoop.sweeper import Sweeper, SweptProcess
from ethlogs_devnet.kafka.certificates import STORE_PASSWORD, Authority
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.livy.runtime import (
    LivyFiles,
    LivyRuntime,
    Surroundings,
    find_livy,
    find_spark_home,
    wait_until_started,
)
from ethlogs_devnet.livy.settings import LivyIdentity, build_settings
from ethlogs_devnet.ports import find_free_ports
from ethlogs_devnet.process import ServiceProcess


class LivyServer(SweptProcess):
    """A server of batches, with the same port for its whole life; a start forgets the batches before it.

    ``hadoop`` has been started before. ``extra_settings`` come on top of (or instead of) the devnet's own; a
    change counts from the next start. With ``kdc`` callers prove who they are (SPNEGO), and their batches
    run as them. With ``authority`` it speaks https, with a certificate of that authority.
    """

    name = "livy"

    def __init__(
        self,
        state_dir: Path,
        hadoop: HadoopCluster,
        extra_settings: dict[str, str] | None = None,
        *,
        kdc: Kdc | None = None,
        authority: Authority | None = None,
    ) -> None:
        self.files = LivyFiles(Path(state_dir).absolute())
        self.extra_settings = dict(extra_settings or {})
        self._hadoop = hadoop
        self._kdc = kdc
        self._authority = authority
        (self._port,) = find_free_ports(1)
        self._process = ServiceProcess(self.name, self.files.log)
        self._sweeper = Sweeper(self.files.folder)

    @property
    def url(self) -> str:
        """URL for clients."""
        return f"{'https' if self._authority else 'http'}://{HOST}:{self._port}"

    @property
    def ports(self) -> list[int]:
        """The port that it listens on."""
        return [self._port]

    def environment(self) -> dict[str, str]:
        """Return the settings that point ethlogs at it."""
        if self._authority is None:
            return {"ETHLOGS_LIVY_URL": self.url}
        return {"ETHLOGS_LIVY_URL": self.url, "ETHLOGS_LIVY_CA_FILE": str(self._authority.certificate)}

    def start(self) -> None:
        """Start it and wait until it serves."""
        runtime = self._find_runtime()
        surroundings = Surroundings(self._hadoop.conf_dir, find_spark_home(), self._hadoop.files.spark_conf)
        settings = {**build_settings(self._port, runtime.identity), **self._of_https(), **self.extra_settings}
        self.files.write(settings)
        environment = runtime.environment(self.files, surroundings)
        self._launch(runtime.command(self.files, surroundings), environment, wait_until_started)

    def _of_https(self) -> dict[str, str]:
        if self._authority is None:
            return {}
        self._authority.create()
        self._authority.issue(self.name, HOST)
        passwords = dict.fromkeys(("livy.keystore.password", "livy.key-password"), STORE_PASSWORD)
        return {"livy.keystore": str(self._authority.pkcs12(self.name)), **passwords}

    def _find_runtime(self) -> LivyRuntime:
        runtime = find_livy()
        return runtime if self._kdc is None else replace(runtime, identity=LivyIdentity.of(self._kdc))
