"""The settings of a Hadoop cluster of one node, and those with which Spark uses it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from ethlogs_devnet.ports import LOOPBACK

HOST = "localhost"
"""The node's name, for a Kerberos principal is one of a host by name."""
STREAMING_QUEUE = "streaming"
RESTRICTED_QUEUE = "restricted"
OTHER_USER = "nobody-else"
"""The only user of the restricted queue; it administers YARN too, for an administrator may do everything."""
LOG_FOLDER = "/app-logs"

Properties = dict[str, str]
Site = Mapping[str, Mapping[str, str]]
"""Properties by the name of their file without -site.xml, as ``{"yarn": {"yarn.acl.enable": "false"}}``."""

_NODE_MEMORY_MB = 6144
_NODE_VCORES = 8
_HEARTBEAT_MS = 200
_NOBODY = " "


class HadoopPorts(NamedTuple):
    """The ports of the four daemons."""

    namenode: int
    namenode_http: int
    datanode: int
    datanode_http: int
    datanode_http_internal: int
    datanode_ipc: int
    resourcemanager: int
    resourcemanager_scheduler: int
    resourcemanager_tracker: int
    resourcemanager_admin: int
    resourcemanager_http: int
    nodemanager: int
    nodemanager_localizer: int
    nodemanager_http: int


@dataclass(frozen=True)
class Node:
    """What the settings are built from: the data's folder, the ports, and the user who runs the daemons."""

    data: Path
    ports: HadoopPorts
    user: str

    @property
    def containers(self) -> Path:
        """The folder in which YARN's containers work."""
        return self.data / "nm-local"


def scratch_folder(data: Path) -> Path:
    """Return the folder of temporary files: Hadoop's own, and the daemons' java.io.tmpdir."""
    return data / "tmp"


def build_site(node: Node, extra: Site) -> dict[str, Properties]:
    """Return the properties of each file; ``extra`` comes on top of them, or replaces some."""
    own = {
        "core": _build_core(node),
        "hdfs": _build_hdfs(node),
        "yarn": _build_yarn(node),
        "capacity-scheduler": _build_queues(node.user),
    }
    return merge_sites(own, extra)


def merge_sites(site: Site, extra: Site) -> dict[str, Properties]:
    """Return the properties of both; those of ``extra`` replace others of the same name."""
    return {name: {**site.get(name, {}), **extra.get(name, {})} for name in [*site, *(extra.keys() - site)]}


def site_file(name: str) -> str:
    """Return the name of the file that Hadoop reads these properties from."""
    return f"{name}.xml" if name == "capacity-scheduler" else f"{name}-site.xml"


def to_xml(properties: Mapping[str, str]) -> str:
    """Return the text of a Hadoop settings file."""
    rows = "".join(
        f"  <property><name>{escape(name)}</name><value>{escape(value)}</value></property>\n"
        for name, value in properties.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<configuration>\n{rows}</configuration>\n'


def to_spark_defaults(properties: Mapping[str, str]) -> str:
    """Return the text of a spark-defaults.conf."""
    return "".join(f"{name} {value}\n" for name, value in properties.items())


def _build_core(node: Node) -> Properties:
    return {
        "fs.defaultFS": f"hdfs://{HOST}:{node.ports.namenode}",
        "hadoop.tmp.dir": str(scratch_folder(node.data)),
        # whoever looks at a web page without a name is this user, not a stranger who may see nothing
        "hadoop.http.staticuser.user": node.user,
        f"hadoop.proxyuser.{node.user}.hosts": "*",
        f"hadoop.proxyuser.{node.user}.groups": "*",
    }


def _build_hdfs(node: Node) -> Properties:
    ports = node.ports
    return {
        "dfs.namenode.name.dir": (node.data / "nn").as_uri(),
        "dfs.datanode.data.dir": (node.data / "dn").as_uri(),
        "dfs.namenode.rpc-address": f"{HOST}:{ports.namenode}",
        "dfs.namenode.rpc-bind-host": LOOPBACK,
        "dfs.namenode.http-address": f"{HOST}:{ports.namenode_http}",
        "dfs.namenode.http-bind-host": LOOPBACK,
        "dfs.datanode.address": f"{LOOPBACK}:{ports.datanode}",
        "dfs.datanode.http.address": f"{LOOPBACK}:{ports.datanode_http}",
        "dfs.datanode.http.internal-proxy.port": str(ports.datanode_http_internal),
        "dfs.datanode.ipc.address": f"{LOOPBACK}:{ports.datanode_ipc}",
        "dfs.datanode.hostname": HOST,
        "dfs.datanode.shared.file.descriptor.paths": str(scratch_folder(node.data)),
        **_HDFS,
    }


def _build_yarn(node: Node) -> Properties:
    ports = node.ports
    return {
        "yarn.resourcemanager.hostname": HOST,
        "yarn.resourcemanager.bind-host": LOOPBACK,
        "yarn.resourcemanager.address": f"{HOST}:{ports.resourcemanager}",
        "yarn.resourcemanager.scheduler.address": f"{HOST}:{ports.resourcemanager_scheduler}",
        "yarn.resourcemanager.resource-tracker.address": f"{HOST}:{ports.resourcemanager_tracker}",
        "yarn.resourcemanager.admin.address": f"{HOST}:{ports.resourcemanager_admin}",
        "yarn.resourcemanager.webapp.address": f"{HOST}:{ports.resourcemanager_http}",
        "yarn.nodemanager.hostname": HOST,
        "yarn.nodemanager.bind-host": LOOPBACK,
        "yarn.nodemanager.address": f"{HOST}:{ports.nodemanager}",
        "yarn.nodemanager.localizer.address": f"{HOST}:{ports.nodemanager_localizer}",
        "yarn.nodemanager.webapp.address": f"{HOST}:{ports.nodemanager_http}",
        "yarn.nodemanager.local-dirs": str(node.containers),
        "yarn.nodemanager.log-dirs": str(node.data / "nm-logs"),
        # by default below /tmp, in one folder for all clusters of a user: the second one dies at its start
        "yarn.node-attribute.fs-store.root-dir": (node.data / "node-attributes").as_uri(),
        "yarn.node-labels.fs-store.root-dir": (node.data / "node-labels").as_uri(),
        **_YARN,
    }


def _build_queues(user: str) -> Properties:
    queues = {"default": (20, user), STREAMING_QUEUE: (70, user), RESTRICTED_QUEUE: (10, OTHER_USER)}
    root = "yarn.scheduler.capacity.root"
    properties = {
        f"{root}.queues": ",".join(queues),
        # a queue's users are its own and those of the queues above it
        f"{root}.acl_submit_applications": _NOBODY,
        f"{root}.acl_administer_queue": _NOBODY,
        "yarn.scheduler.capacity.maximum-am-resource-percent": "1.0",
        "yarn.scheduler.capacity.node-locality-delay": "-1",
    }
    for queue, (percent, users) in queues.items():
        properties |= {
            f"{root}.{queue}.capacity": str(percent),
            f"{root}.{queue}.maximum-capacity": "100",
            f"{root}.{queue}.user-limit-factor": "100",
            f"{root}.{queue}.acl_submit_applications": users,
            f"{root}.{queue}.acl_administer_queue": _NOBODY,
        }
    return properties


_HDFS = {
    "dfs.replication": "1",
    "dfs.permissions.enabled": "true",
    "dfs.webhdfs.enabled": "true",
    "dfs.namenode.datanode.registration.ip-hostname-check": "false",
    # out of safe mode as soon as the one DataNode has told of its blocks
    "dfs.namenode.safemode.min.datanodes": "1",
    "dfs.namenode.safemode.extension": "0",
    "dfs.namenode.safemode.recheck.interval": "50",
    # a process that is killed loses nothing that the operating system has
    "dfs.namenode.edits.noeditlogchannelflush": "true",
    "dfs.namenode.resource.du.reserved": "0",
    "dfs.namenode.handler.count": "4",
    "dfs.namenode.service.handler.count": "2",
    "dfs.datanode.handler.count": "2",
}
_YARN = {
    "yarn.acl.enable": "true",
    "yarn.admin.acl": OTHER_USER,
    "yarn.resourcemanager.scheduler.class": (
        "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler"
    ),
    "yarn.resourcemanager.am.max-attempts": "3",
    "yarn.scheduler.minimum-allocation-mb": "128",
    "yarn.scheduler.maximum-allocation-mb": str(_NODE_MEMORY_MB),
    "yarn.scheduler.minimum-allocation-vcores": "1",
    "yarn.scheduler.maximum-allocation-vcores": str(_NODE_VCORES),
    "yarn.nodemanager.resource.memory-mb": str(_NODE_MEMORY_MB),
    "yarn.nodemanager.resource.cpu-vcores": str(_NODE_VCORES),
    # a real cluster may end a container that takes more memory than it asked for; here none is ended
    "yarn.nodemanager.vmem-check-enabled": "false",
    "yarn.nodemanager.pmem-check-enabled": "false",
    "yarn.nodemanager.container-executor.class": (
        "org.apache.hadoop.yarn.server.nodemanager.DefaultContainerExecutor"
    ),
    "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.9",
    "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": str(_HEARTBEAT_MS),
    "yarn.nodemanager.heartbeat.interval-ms": str(_HEARTBEAT_MS),
    "yarn.log-aggregation-enable": "true",
    "yarn.nodemanager.remote-app-log-dir": LOG_FOLDER,
    "yarn.timeline-service.enabled": "false",
}
DAEMON_FILES = {
    # the classes of LocalFiles.java
    "fs.file.impl": "LocalFiles",
    "fs.AbstractFileSystem.file.impl": "LocalFiles$ByContext",
}
"""What the daemons alone are given: how they reach local files."""
SPARK_DEFAULTS = {
    # the master process and the executors listen on the loopback address only
    "spark.yarn.appMasterEnv.SPARK_LOCAL_IP": LOOPBACK,
    "spark.executorEnv.SPARK_LOCAL_IP": LOOPBACK,
    "spark.driver.memory": "512m",
    "spark.driver.memoryOverhead": "384m",
    "spark.executor.memory": "512m",
    "spark.executor.memoryOverhead": "384m",
    # Java's own choice on two cores is a collector of many threads, which costs a twentieth of a start
    "spark.driver.extraJavaOptions": "-XX:+UseSerialGC",
    "spark.executor.extraJavaOptions": "-XX:+UseSerialGC",
    "spark.yarn.report.interval": "500ms",
    "spark.yarn.scheduler.heartbeat.interval-ms": "500",
    "spark.yarn.scheduler.initial-allocation.interval": "100ms",
}
LOG4J = """log4j.rootLogger=WARN,console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{HH:mm:ss,SSS} %p %c{1} %m%n
log4j.logger.org.apache.hadoop.yarn.server.resourcemanager.RMAuditLogger=INFO
log4j.logger.org.apache.hadoop.security.authentication.server.AuthenticationFilter=ERROR
"""
