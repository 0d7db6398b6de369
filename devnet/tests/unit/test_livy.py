"""The settings and the command line of the devnet's Livy."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from ethlogs_devnet.devnet import Devnet
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.hadoop.cluster import HadoopCluster
from ethlogs_devnet.kafka.certificates import Authority
from ethlogs_devnet.livy.runtime import LivyFiles, LivyRuntime, Surroundings
from ethlogs_devnet.livy.server import LivyServer
from ethlogs_devnet.livy.settings import LivyIdentity, build_settings, to_text

IDENTITY = LivyIdentity(
    "ETHLOGS.TEST", Path("/realm/krb5.conf"), Path("/keytabs/http"), Path("/keytabs/livy")
)
OPEN = LivyRuntime("java", [Path("livy.jar")])
SECURED = LivyRuntime("java", [Path("livy.jar")], IDENTITY)
SURROUNDINGS = Surroundings(Path("/hadoop-conf"), Path("/spark"), Path("/spark-conf"))


@pytest.fixture
def files(tmp_path: Path) -> LivyFiles:
    return LivyFiles(tmp_path / "livy")


def test_an_open_livy_serves_the_loopback_address_and_asks_nobody_who_he_is() -> None:
    settings = build_settings(8998, None)
    assert settings["livy.server.host"] == "127.0.0.1"
    assert settings["livy.server.port"] == "8998"
    assert not [name for name in settings if "kerberos" in name or "impersonation" in name]
    assert "livy.spark.master = yarn\n" in to_text(settings)


def test_a_secured_livy_runs_batches_as_whoever_sent_them() -> None:
    settings = build_settings(8998, IDENTITY)
    assert settings["livy.impersonation.enabled"] == "true"
    assert settings["livy.server.auth.type"] == "kerberos"
    assert settings["livy.server.auth.kerberos.principal"] == "HTTP/localhost@ETHLOGS.TEST"
    assert settings["livy.server.auth.kerberos.keytab"] == "/keytabs/http"
    assert settings["livy.server.launch.kerberos.principal"] == "livy/localhost@ETHLOGS.TEST"
    assert settings["livy.server.launch.kerberos.keytab"] == "/keytabs/livy"


def test_all_that_livy_writes_is_below_its_own_folder(files: LivyFiles) -> None:
    files.write(build_settings(8998, None))
    environment = OPEN.environment(files, SURROUNDINGS)
    assert {path.name for path in files.folder.iterdir()} == {"conf", "tmp", "logs"}
    assert f"-Djava.io.tmpdir={files.scratch}" in OPEN.command(files, SURROUNDINGS)
    assert f"-Djava.io.tmpdir={files.scratch}" in environment["SPARK_SUBMIT_OPTS"]
    assert environment["LIVY_HOME"] == str(files.folder)


def test_no_setting_of_the_caller_becomes_one_of_every_batch(
    files: LivyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ETHLOGS_TOPIC", "PYSPARK_PYTHON", "SPARK_CONF_DIR", "KRB5CCNAME", "HADOOP_USER_NAME"):
        monkeypatch.setenv(name, "the caller's")
    environment = OPEN.environment(files, SURROUNDINGS)
    assert "the caller's" not in environment.values()
    assert environment["SPARK_CONF_DIR"] == "/spark-conf"
    assert environment["HADOOP_CONF_DIR"] == "/hadoop-conf"


def test_a_secured_livy_and_its_spark_submits_find_the_realm_and_keep_their_own_tickets(
    files: LivyFiles,
) -> None:
    option = "-Djava.security.krb5.conf=/realm/krb5.conf"
    environment = SECURED.environment(files, SURROUNDINGS)
    assert option in SECURED.command(files, SURROUNDINGS)
    assert option in environment["SPARK_SUBMIT_OPTS"]
    assert environment["KRB5_CONFIG"] == "/realm/krb5.conf"
    assert environment["KRB5CCNAME"] == f"FILE:{files.ticket_cache}"
    assert option not in OPEN.environment(files, SURROUNDINGS)["SPARK_SUBMIT_OPTS"]


def test_livy_without_yarn_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DevnetError, match="Livy submits to YARN") as refused:
        Devnet(tmp_path, livy=True)
    assert refused.value.hint == "give --yarn too"


def test_a_livy_with_an_authority_is_called_by_https_and_says_whom_to_trust(tmp_path: Path) -> None:
    cluster = cast(HadoopCluster, None)  # needed from its start on
    authority = Authority(tmp_path / "ca")
    server = LivyServer(tmp_path / "livy", cluster, authority=authority)
    assert server.url.startswith("https://localhost:")
    assert server.environment() == {
        "ETHLOGS_LIVY_URL": server.url,
        "ETHLOGS_LIVY_CA_FILE": str(authority.certificate),
    }
