"""The demo that ``make demo-secure`` runs inside the devnet: from a keytab to Kafka, Kerberos all the way."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from ethlogs.cancellation import StopSwitch
from ethlogs.kafka.client_config import consumer_config
from ethlogs.kafka.command_config import read_command_config
from ethlogs.kafka.stores import StoreFolder
from ethlogs.kerberos.keeper import kept_ticket
from ethlogs.settings import KafkaSettings, KerberosSettings
from scripts.demo import show, show_records
from scripts.demo_yarn import call, call_all, show_env_file
from scripts.page_commands import list_commands, read_file


def main() -> int:
    """Pack from a conda-env.yml, run 20 blocks as a principal with a keytab, and read some of them back."""
    kerberos = KerberosSettings(os.environ.pop("ETHLOGS_PRINCIPAL"), os.environ.pop("ETHLOGS_KEYTAB"))
    config = os.environ.pop("ETHLOGS_COMMAND_CONFIG")
    who = ("--principal", kerberos.principal, "--keytab", str(kerberos.keytab), "--command-config", config)
    show(f"Kafka's clients here log in by {config}:")
    show("".join(f"    {line}\n" for line in Path(config).read_text().splitlines()))
    show_env_file()
    status = call("ethlogs", "produce", *who, "--blocks", "20")
    if status:
        return status
    show("\nthe commands of docs/secured-cluster.md, with its ethlogs.toml, and ETHLOGS_BLOCKS=5 as an end:")
    status = call_page(kerberos, config)
    if status:
        return status
    show("\nthree records of the event-log topic, as a consumer with a ticket reads them, read_committed:")
    read_back(kerberos, Path(config))
    return call("ethlogs", "status", *who)


def call_page(kerberos: KerberosSettings, client_properties: str) -> int:
    """Run the page's commands with what is there now in its ethlogs.toml, and an end for its last one."""
    text = read_file("docs/secured-cluster.md", "4. The settings", "master")
    for written, here in (
        ("https://geth.example.com:8545", os.environ["ETHLOGS_NODE_URL"]),
        ("kafka1.example.com:9093,kafka2.example.com:9093", os.environ["ETHLOGS_BOOTSTRAP_SERVER"]),
        ("/etc/ethlogs/client.properties", client_properties),
        ("ethlogs@EXAMPLE.COM", kerberos.principal),
        ("/etc/ethlogs/ethlogs.keytab", str(kerberos.keytab)),
        # The devnet's node asks for no token.
        ('node-header-file = "/etc/ethlogs/node-headers"\n', ""),
    ):
        if written not in text:
            raise ValueError(f"docs/secured-cluster.md has no {written}")
        text = text.replace(written, here)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ethlogs.toml"
        file.write_text(text)
        os.environ.update(ETHLOGS_CONFIG=str(file), ETHLOGS_BLOCKS="5")
        try:
            return call_all(list_commands("docs/secured-cluster.md", "4. The settings"))
        finally:
            for name in ("ETHLOGS_CONFIG", "ETHLOGS_BLOCKS"):
                del os.environ[name]


def read_back(kerberos: KerberosSettings, client_properties: Path) -> None:
    """Read with the settings that produced."""
    with closing(StoreFolder()) as stores:
        config = read_command_config(client_properties, stores)
        kafka = KafkaSettings(os.environ["ETHLOGS_BOOTSTRAP_SERVER"], config.client)
        with kept_ticket(kerberos, kafka.hosts, StopSwitch(), lambda _notice: None):
            show_records(3, consumer_config(kafka, "read_committed"))


if __name__ == "__main__":
    sys.exit(main())
