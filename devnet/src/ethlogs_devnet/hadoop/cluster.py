"""HDFS and YARN (NameNode, DataNode, ResourceManager, NodeManager, one process) on the loopback address."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ethlogs_devnet.hadoop.kerberos import HadoopIdentity, build_secure_site
from ethlogs_devnet.hadoop.runtime import HadoopFiles, HadoopRuntime, find_user, wait_until_started
from ethlogs_devnet.hadoop.settings import (
    HOST,
    STREAMING_QUEUE,
    HadoopPorts,
    Node,
    Properties,
    Site,
    build_site,
    merge_sites,
)
from ethlogs_devnet.hadoop.sweeper import Sweeper, SweptProcess
from ethlogs_devnet.hadoop.warm import find_hadoop
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.users import PEOPLE
from ethlogs_devnet.ports import find_free_ports
from ethlogs_devnet.process import ServiceProcess


class HadoopCluster(SweptProcess):
    """A cluster of one node and its data, with the same ports for its whole life.

    ``state_dir`` keeps data, log and settings. ``extra_properties`` come on top of (or instead of) the
    devnet's own, by file: ``{"yarn": {"yarn.resourcemanager.am.max-attempts": "1"}}``; a change counts from
    the next start. HDFS keeps its files over a restart; YARN forgets its applications, and their containers
    end with it. With ``kdc``, which has to run, a ticket is needed for everything; its containers find the
    realm's krb5.conf as those of a node do that has one.
    """

    name = "hadoop"

    def __init__(
        self, state_dir: Path, extra_properties: Site | None = None, *, kdc: Kdc | None = None
    ) -> None:
        self.files = HadoopFiles(Path(state_dir).absolute())
        self.extra_properties = dict(extra_properties or {})
        self._kdc = kdc
        ports = HadoopPorts(*find_free_ports(len(HadoopPorts._fields)))
        self._node = Node(self.files.data, ports, find_user())
        self._process = ServiceProcess(self.name, self.files.log)
        self._sweeper = Sweeper(self._node.containers)

    @property
    def conf_dir(self) -> Path:
        """HADOOP_CONF_DIR of its clients."""
        return self.files.conf

    @property
    def namenode_http(self) -> str:
        """URL of the NameNode's web server, WebHDFS's too."""
        return f"http://{HOST}:{self._node.ports.namenode_http}"

    @property
    def webapp(self) -> str:
        """URL of the ResourceManager's web server."""
        return f"http://{HOST}:{self._node.ports.resourcemanager_http}"

    @property
    def user(self) -> str:
        """Who runs it: HDFS's superuser, who has the folder ``/user/NAME`` there."""
        return self._node.user

    @property
    def ports(self) -> list[int]:
        """The ports that it listens on."""
        return list(self._node.ports)

    def environment(self) -> dict[str, str]:
        """Return the settings that point Hadoop's clients, Spark and ethlogs at this cluster."""
        return {
            "HADOOP_CONF_DIR": str(self.conf_dir),
            "SPARK_CONF_DIR": str(self.files.spark_conf),
            "ETHLOGS_QUEUE": STREAMING_QUEUE,
        }

    def start(self) -> None:
        """Start it, with an empty HDFS if the data folder is new, and wait until HDFS and YARN serve."""
        runtime = self._find_runtime()
        self.files.write(self._build_site(runtime.identity))
        users = [self.user] if runtime.identity is None else [self.user, *PEOPLE]
        command = runtime.command(self.files, users)
        self._launch(command, runtime.environment(self.files), wait_until_started)

    def _find_runtime(self) -> HadoopRuntime:
        runtime = find_hadoop()
        if self._kdc is None:
            return runtime
        self.files.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        identity = HadoopIdentity.of(self._kdc, self.files.folder)
        identity.write_cookie_key()
        return replace(runtime, identity=identity)

    def _build_site(self, identity: HadoopIdentity | None) -> dict[str, Properties]:
        site = build_site(self._node, {})
        if identity is not None:
            site = merge_sites(site, build_secure_site(identity, self.user))
        return merge_sites(site, self.extra_properties)
