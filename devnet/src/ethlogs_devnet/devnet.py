"""geth and Kafka together; Kerberos, a Hadoop cluster and Livy where they are asked for."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Protocol

from ethlogs_devnet.conda.channel import find_channel, find_template, write_env_file
from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.geth.binary import find_geth
from ethlogs_devnet.geth.finality import Finality
from ethlogs_devnet.geth.genesis import ChainSpec
from ethlogs_devnet.geth.live_head import LiveHead
from ethlogs_devnet.geth.node import GethNode
from ethlogs_devnet.geth.ready_chain import find_chain
from ethlogs_devnet.hadoop.cluster import HadoopCluster
from ethlogs_devnet.hadoop.jars import HADOOP_VERSION
from ethlogs_devnet.hadoop.warm import find_hadoop
from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.jars import KAFKA_VERSION
from ethlogs_devnet.kafka.secure import SecureKafka
from ethlogs_devnet.kafka.warm import find_kafka
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.kerberos.programs import find_kerberos
from ethlogs_devnet.kerberos.settings import DAY_SECONDS
from ethlogs_devnet.kerberos.users import USER
from ethlogs_devnet.livy.jars import LIVY_VERSION
from ethlogs_devnet.livy.runtime import find_livy
from ethlogs_devnet.livy.server import LivyServer
from ethlogs_devnet.progress import Report, silent, step
from ethlogs_devnet.service import Service
from ethlogs_devnet.state import RunningService

_LONG_CHAIN = 300
"""Blocks that are copied for a reorg in some seconds."""


class DevnetService(RunningService, Protocol):
    """What a devnet asks of each of its services."""

    def environment(self) -> dict[str, str]:
        """The settings that point ethlogs at it."""

    def start(self) -> None:
        """Start it and wait until it serves."""

    def stop(self) -> None:
        """End it."""


def prepare(
    blocks: int,
    report: Report = silent,
    ready: Report = silent,
    *,
    yarn: bool = False,
    livy: bool = False,
    kerberos: bool = False,
) -> None:
    """Fetch or build what is not in the cache: geth, Kafka, Hadoop, Livy, the chain of ``blocks`` blocks.

    This may take minutes, once, which ``report`` is given; ``ready`` is given each part that is there.
    Kerberos has to be installed.
    """
    if kerberos:
        find_kerberos()
    with ThreadPoolExecutor() as pool:
        parts = [
            pool.submit(_prepare_chain, blocks, report, ready),
            pool.submit(_prepare_kafka, report, ready),
        ]
        if yarn:
            parts.append(pool.submit(_prepare_hadoop, report, ready))
        if livy:
            parts.append(pool.submit(_prepare_livy, report, ready))
        for part in parts:
            part.result()


def _prepare_chain(blocks: int, report: Report, ready: Report) -> None:
    with step(ready, "geth ready"):
        geth = find_geth(report)
    if blocks:
        with step(ready, f"chain of {blocks} blocks ready"):
            find_chain(blocks, ChainSpec(), geth)


def _prepare_kafka(report: Report, ready: Report) -> None:
    with step(ready, f"Kafka {KAFKA_VERSION} ready"):
        find_kafka(report)


def _prepare_hadoop(report: Report, ready: Report) -> None:
    with step(ready, f"Hadoop {HADOOP_VERSION} ready"):
        find_hadoop(report)


def _prepare_livy(report: Report, ready: Report) -> None:
    with step(ready, f"Livy {LIVY_VERSION} ready"):
        find_livy(report)


class Devnet(Service):
    """A real node and a real broker in one private folder.

    ``blocks`` is the length of the ready-made chain, ``block_seconds`` the time between blocks of the live
    head, whose safe and finalized blocks follow it (0: the chain stands still, and nothing is final),
    ``kafka_properties`` are extra broker settings, ``ipc`` opens geth's unix socket. ``yarn`` adds HDFS and
    YARN, and a conda channel of this machine's Python to pack from; ``livy`` adds a Livy in front of them,
    through which ethlogs then submits. ``kerberos`` adds a realm and secures Kafka, and HDFS and YARN where
    there are some; its people's tickets last ``ticket_seconds``, and Kafka's connections have to authenticate
    again before one has run out. Use it as a context manager, or ``start`` and ``stop``.
    """

    def __init__(
        self,
        state_dir: Path,
        blocks: int = 30,
        block_seconds: float = 0.0,
        kafka_properties: Mapping[str, str] | None = None,
        *,
        ipc: bool = False,
        yarn: bool = False,
        livy: bool = False,
        kerberos: bool = False,
        ticket_seconds: int = DAY_SECONDS,
        report: Report = silent,
    ) -> None:
        self.state_dir = Path(state_dir)
        self.geth = GethNode(self.state_dir / "geth", blocks, ipc=ipc)
        self.kdc = Kdc(self.state_dir / "kdc", ticket_seconds) if kerberos else None
        self.kafka = self._make_kafka(kafka_properties)
        self.hadoop = HadoopCluster(self.state_dir / "hadoop", kdc=self.kdc) if yarn else None
        self.livy = self._make_livy() if livy else None
        self._blocks = blocks
        self._report = report
        self.live_head = self._make_live_head(block_seconds)

    @property
    def services(self) -> list[DevnetService]:
        """All services, in the order in which they are named to people."""
        asked_for = (self.hadoop, self.livy, self.kdc)
        return [self.geth, self.kafka, *(service for service in asked_for if service is not None)]

    def reorg(self, depth: int) -> list[str]:
        """Replace the newest ``depth`` blocks by ``depth`` + 1 others; return their hashes, lowest first.

        Raises
        ------
        DevnetError
            When one of them is finalized, or the chain has not that many.
        """
        if self.geth.height() > _LONG_CHAIN:
            self.geth.copy_ahead(depth)
        with self.geth.standing_still():
            head, finalized = self.geth.height(), self.geth.finalized_height()
            if head - depth < finalized:
                raise DevnetError(
                    f"a reorg of {depth} blocks would replace block {head - depth + 1}, "
                    f"and block {finalized} is final",
                    hint=f"the deepest possible now is --depth {head - finalized}",
                )
            # two reorgs at one height need different salts
            return self.geth.reorg(depth, salt=secrets.randbelow(10**6) + 1)

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which ethlogs and Spark use these services."""
        of_services = [service.environment().items() for service in self.services]
        return {
            **dict(chain.from_iterable(of_services)),
            **self._of_user(),
            **self._of_packing(),
            "ETHLOGS_MASTER": "local[*]" if self.hadoop is None else "yarn",
            "SPARK_LOCAL_IP": "127.0.0.1",
            "ETHLOGS_DEVNET_STATE": str(self.state_dir),
        }

    def start(self) -> None:
        """Start all at once and wait until all serve; on an error nothing stays running."""
        self.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            secured = self.kdc is not None
            prepare(
                self._blocks,
                self._report,
                yarn=self.hadoop is not None,
                livy=self.livy is not None,
                kerberos=secured,
            )
            if self.kdc is not None:
                self._start_service(self.kdc)
            with ThreadPoolExecutor() as pool:
                packing = pool.submit(self._prepare_packing)
                list(pool.map(self._start_service, self._others))
                packing.result()
            if self.livy is not None:
                self._start_service(self.livy)
            if self.live_head is not None:
                self.live_head.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the live head, then the services."""
        if self.live_head is not None:
            self.geth.thaw()  # a frozen node would keep the live head waiting
            self.live_head.stop()
        if self.livy is not None:
            self.livy.stop()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda service: service.stop(), self._others))
        if self.kdc is not None:
            self.kdc.stop()

    @property
    def _others(self) -> list[DevnetService]:
        """The services that may need the key server, and that need no other."""
        return [service for service in self.services if service not in (self.kdc, self.livy)]

    def _make_live_head(self, block_seconds: float) -> LiveHead | None:
        return LiveHead(self.geth, block_seconds, finality=Finality()) if block_seconds > 0 else None

    def _make_kafka(self, properties: Mapping[str, str] | None) -> KafkaBroker:
        folder = self.state_dir / "kafka"
        if self.kdc is None:
            return KafkaBroker(folder, properties)
        # a connection has to be proven again while its ticket is valid, or the ticket's end is never met
        seconds = self.kdc.ticket_seconds * 3 // 4 if self.kdc.ticket_seconds < DAY_SECONDS else 0
        return SecureKafka(folder, self.kdc, properties, reauth_seconds=seconds)

    def _make_livy(self) -> LivyServer:
        if self.hadoop is None:
            raise DevnetError("Livy submits to YARN, and there is none", hint="give --yarn too")
        return LivyServer(self.state_dir / "livy", self.hadoop, kdc=self.kdc)

    def _of_user(self) -> dict[str, str]:
        if self.kdc is None:
            return {}
        return {
            "ETHLOGS_PRINCIPAL": self.kdc.full_name(USER),
            "ETHLOGS_KEYTAB": str(self.kdc.keytab(USER)),
        }

    def _of_packing(self) -> dict[str, str]:
        return {"ETHLOGS_ENV_FILE": str(self._env_file)} if self._env_file.exists() else {}

    def _prepare_packing(self) -> None:
        """Let ethlogs pack for YARN without the network's channels: from this machine's own Python."""
        if self.hadoop is None:
            return
        template = find_template()
        if template is None:
            self._report("ethlogs is not installed beside the devnet: ETHLOGS_ENV_FILE is not set")
            return
        with step(self._report, "conda channel of this machine's Python ready"):
            channel = find_channel(self._report)
        write_env_file(self._env_file, channel, template, kerberos=self.kdc is not None)

    @property
    def _env_file(self) -> Path:
        return self.state_dir.absolute() / "conda-env.yml"

    def _start_service(self, service: DevnetService) -> None:
        with step(self._report, f"{service.name} up"):
            service.start()
