"""The Hadoop settings of the devnet."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from ethlogs_devnet.hadoop.runtime import HadoopFiles, HadoopRuntime
from ethlogs_devnet.hadoop.settings import (
    OTHER_USER,
    SPARK_DEFAULTS,
    HadoopPorts,
    Node,
    Properties,
    build_site,
    site_file,
    to_spark_defaults,
    to_xml,
)

PORTS = HadoopPorts(*range(20_001, 20_001 + len(HadoopPorts._fields)))
NODE = Node(Path("/data"), PORTS, "somebody")


@pytest.fixture
def site() -> dict[str, Properties]:
    return build_site(NODE, {})


def test_each_port_is_used_once_and_each_address_is_the_loopback_one(site: dict[str, Properties]) -> None:
    addresses = [
        value
        for name in ("hdfs", "yarn")
        for key, value in site[name].items()
        if key.endswith("address") or key.endswith("proxy.port")
    ]
    assert sorted(int(address.rpartition(":")[2]) for address in addresses) == list(PORTS)
    hosts = {address.rpartition(":")[0] for address in addresses}
    hosts |= {value for name in site for key, value in site[name].items() if key.endswith("bind-host")}
    assert hosts == {"localhost", "127.0.0.1", ""}
    assert site["core"]["fs.defaultFS"] == f"hdfs://localhost:{PORTS.namenode}"


def test_the_user_may_submit_to_two_of_three_queues_and_administers_none(site: dict[str, Properties]) -> None:
    queues = site["capacity-scheduler"]
    root = "yarn.scheduler.capacity.root"

    assert queues[f"{root}.queues"] == "default,streaming,restricted"
    submitters = {name: queues[f"{root}.{name}.acl_submit_applications"] for name in ("default", "streaming")}
    assert submitters == {"default": "somebody", "streaming": "somebody"}
    assert queues[f"{root}.restricted.acl_submit_applications"] == OTHER_USER
    assert queues[f"{root}.acl_submit_applications"] == " "
    administrators = {value for key, value in queues.items() if key.endswith("acl_administer_queue")}
    assert administrators == {" "}
    assert (site["yarn"]["yarn.acl.enable"], site["yarn"]["yarn.admin.acl"]) == ("true", OTHER_USER)


def test_the_queues_capacities_add_up(site: dict[str, Properties]) -> None:
    queues = site["capacity-scheduler"]
    assert sum(int(value) for key, value in queues.items() if key.endswith(".capacity")) == 100


FOLDERS = {
    "core": ["hadoop.tmp.dir"],
    "hdfs": [
        "dfs.namenode.name.dir",
        "dfs.datanode.data.dir",
        "dfs.datanode.shared.file.descriptor.paths",
    ],
    "yarn": [
        "yarn.nodemanager.local-dirs",
        "yarn.nodemanager.log-dirs",
        "yarn.node-attribute.fs-store.root-dir",
        "yarn.node-labels.fs-store.root-dir",
    ],
}
"""Where the daemons write; by default some are below /tmp, one folder for all of a user's clusters."""


@pytest.mark.parametrize(("name", "folder"), [(name, folder) for name in FOLDERS for folder in FOLDERS[name]])
def test_a_cluster_writes_below_its_own_folder(site: dict[str, Properties], name: str, folder: str) -> None:
    assert Path(site[name][folder].removeprefix("file://")).is_relative_to(NODE.data)


def test_the_daemons_temporary_files_are_below_the_clusters_own_folder(tmp_path: Path) -> None:
    files = HadoopFiles(tmp_path)
    runtime = HadoopRuntime("java", [])
    (option,) = (word for word in runtime.command(files, []) if word.startswith("-Djava.io.tmpdir="))
    files.write({})
    folder = Path(option.partition("=")[2])
    assert folder.is_dir()
    assert folder.is_relative_to(tmp_path)


def test_jars_come_before_the_folders_of_settings_which_an_archive_of_classes_cannot_cover(
    tmp_path: Path,
) -> None:
    files = HadoopFiles(tmp_path)
    command = HadoopRuntime("java", [Path("devnet.jar"), Path("hadoop.jar")]).command(files, [])
    class_path = command[command.index("-cp") + 1]
    assert class_path == f"devnet.jar:hadoop.jar:{files.daemon_conf}:{files.conf}"


def test_extra_properties_replace_and_add() -> None:
    extra = {"yarn": {"yarn.acl.enable": "false", "new": "1"}, "mapred": {"other": "2"}}
    site = build_site(NODE, extra)

    assert (site["yarn"]["yarn.acl.enable"], site["yarn"]["new"]) == ("false", "1")
    assert site["mapred"] == {"other": "2"}
    assert site["hdfs"] == build_site(NODE, {})["hdfs"]


def test_files_have_the_names_that_hadoop_reads(site: dict[str, Properties]) -> None:
    names = ["core-site.xml", "hdfs-site.xml", "yarn-site.xml", "capacity-scheduler.xml"]
    assert [site_file(name) for name in site] == names


def test_settings_files_are_xml_whatever_the_values_hold() -> None:
    properties = {"a": "1 < 2 & 3", "empty": " ", "lines": "RULE:[2:$1]\nDEFAULT"}
    # written by to_xml, not fetched from anywhere
    found = ElementTree.fromstring(to_xml(properties).encode()).iter("property")  # noqa: S314
    assert {item.findtext("name"): item.findtext("value") for item in found} == properties


def test_spark_defaults_are_names_and_values() -> None:
    lines = to_spark_defaults(SPARK_DEFAULTS).splitlines()
    assert "spark.executorEnv.SPARK_LOCAL_IP 127.0.0.1" in lines
    assert all(len(line.split()) == 2 for line in lines)
