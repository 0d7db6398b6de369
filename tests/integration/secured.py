"""A Kerberized estate as its people have it: each with a ticket cache, a keytab and a client.properties."""

from __future__ import annotations

import base64
import errno
import os
import secrets
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gssapi
import requests

from ethlogs_devnet import HadoopCluster, Kdc, SecureKafka, Way
from ethlogs_devnet.kerberos.users import USER
from tests.harness.commands import ETHLOGS
from tests.harness.streams import LOGINS, Stream

DAEMONS = "hadoop/localhost"
"""The principal of HDFS's superuser."""
_BLOCK_BYTES = 512
"""The unit of st_blocks, whatever the file system's blocks are."""
COMMAND_SECONDS = 300.0
"""A guard, for containers on a machine that does much else."""


@dataclass(frozen=True)
class Estate:
    """KDC, HDFS and YARN, Kafka, and the one archive of all runs."""

    kdc: Kdc
    cluster: HadoopCluster
    kafka: SecureKafka
    archive: Path
    folder: Path

    def new_stream(self) -> Stream:
        """A stream that no other test uses, as the administrator of Kafka reads it."""
        login = self.kafka.administrator.login
        LOGINS[login["bootstrap_servers"]] = login
        return Stream(login["bootstrap_servers"], f"eth_{secrets.token_hex(4)}")

    def of(self, user: str = USER, way: Way = Way(), *, keytab: bool = True) -> dict[str, str]:  # noqa: B008
        """A user's settings: Kafka by ``way``, the cluster by keytab or by the ticket of ``kinit``."""
        settings = {
            **self.cluster.environment(),
            **self.kdc.environment(self.cache(user)),
            "ETHLOGS_MASTER": "yarn",
            "ETHLOGS_ENV_ARCHIVE": str(self.archive),
            "ETHLOGS_BOOTSTRAP_SERVER": self.kafka.address(way.protocol),
            "ETHLOGS_COMMAND_CONFIG": str(self.kafka.client_properties(user, way)),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
            "SPARK_LOCAL_IP": "127.0.0.1",
        }
        if keytab:
            settings["ETHLOGS_PRINCIPAL"] = self.kdc.full_name(user)
            settings["ETHLOGS_KEYTAB"] = str(self.kdc.keytab(user))
        return settings

    def cache(self, user: str) -> Path:
        """A user's ticket cache, which may not be there."""
        return self.folder / f"tickets-of-{user}"

    def kinit_as(self, user: str, kind: str) -> str:
        """Obtain a ticket into a new cache of a kind of MIT's; return the cache's name for KRB5CCNAME."""
        name = f"{user}-{secrets.token_hex(4)}"
        if kind == "DIR":
            (self.folder / name).mkdir(mode=0o700)
        cache = f"KEYRING:user:{name}" if kind == "KEYRING" else f"{kind}:{self.folder / name}"
        keytab = str(self.kdc.keytab(user))
        self._run_mit("kinit", "-k", "-t", keytab, "-c", cache, self.kdc.full_name(user))
        return cache

    def list_tickets(self, cache: str) -> str:
        """What klist says of a cache."""
        return self._run_mit("klist", "-c", cache)

    def _run_mit(self, *command: str) -> str:
        env = {**os.environ, **self.kdc.environment()}
        return subprocess.run(command, env=env, capture_output=True, text=True, check=True, timeout=30).stdout

    def command(self, where: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of ethlogs, to its end."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ETHLOGS_", "KRB5"))}
        return subprocess.run(
            [str(ETHLOGS), *arguments],
            env={**kept, **where},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    def ask(self, user: str, url: str, method: str = "GET", **request: Any) -> requests.Response:
        """A request to a web page of the cluster, with a new ticket of the user (SPNEGO, RFC 4559)."""
        cache = self.folder / f"web-{secrets.token_hex(4)}"
        self.kdc.kinit(user, cache)
        token = base64.b64encode(_first_token(cache)).decode()
        cache.unlink()
        headers = {"Authorization": f"Negotiate {token}"}
        return requests.request(method, url, headers=headers, timeout=30, **request)

    def hdfs(
        self, user: str, path: str, operation: str, method: str = "GET", **request: Any
    ) -> requests.Response:
        """A request to WebHDFS."""
        url = f"{self.cluster.namenode_http}/webhdfs/v1{path}?op={operation}"
        return self.ask(user, url, method, **request)

    def walk(self, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every path below one on HDFS with its status, as the superuser sees it; some may go meanwhile."""
        answer = self.hdfs(DAEMONS, path, "LISTSTATUS")
        if answer.status_code == requests.codes.not_found:
            return
        for status in answer.json()["FileStatuses"]["FileStatus"]:
            below = f"{path.rstrip('/')}/{status['pathSuffix']}"
            yield below, status
            if status["type"] == "DIRECTORY":
                yield from self.walk(below)

    def application(self, application: str) -> dict[str, Any]:
        """What the ResourceManager says of an application."""
        url = f"{self.cluster.webapp}/ws/v1/cluster/apps/{application}"
        found: dict[str, Any] = self.ask(DAEMONS, url).json()["app"]
        return found


def _first_token(cache: Path) -> bytes:
    credentials = gssapi.Credentials(usage="initiate", store={"ccache": f"FILE:{cache}"})
    name = gssapi.Name("HTTP@localhost", name_type=gssapi.NameType.hostbased_service)
    spnego = gssapi.OID.from_int_seq("1.3.6.1.5.5.2")
    return bytes(gssapi.SecurityContext(name=name, creds=credentials, mech=spnego, usage="initiate").step())


def walk_files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; Path.rglob fails where one of the folders goes meanwhile."""
    for parent, _folders, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


class Secrets:
    """What must be found nowhere: texts, and the keys of a keytab in each form that a program writes."""

    def __init__(self, keytab: Path, *texts: str) -> None:
        content = keytab.read_bytes()
        # the last entry ends with its key and the key's number, 4 bytes
        key = content[-20:-4]
        first, last = -(-(len(content) - 20) // 3) * 3, (len(content) - 4) // 3 * 3
        in_base64 = base64.b64encode(content[first:last])
        self._forms = [key, key.hex().encode(), key.hex().upper().encode(), in_base64]
        self._forms += [text.encode() for text in texts]

    def are_in(self, content: bytes) -> bool:
        """Whether one of them is."""
        return any(form in content for form in self._forms)

    def files_below(self, folder: Path) -> list[Path]:
        """The files in which one of them is; what goes meanwhile is gone."""
        return [path for path in walk_files(folder) if self._is_in_file(path)]

    def command_lines(self) -> list[str]:
        """The running processes in whose command line one of them is."""
        lines = [path / "cmdline" for path in Path("/proc").iterdir() if path.name.isdigit()]
        return [str(path) for path in lines if self._is_in_file(path)]

    def _is_in_file(self, path: Path) -> bool:
        try:
            return not path.is_symlink() and path.is_file() and any(map(self.are_in, _written_parts(path)))
        except OSError:
            return False


def _written_parts(path: Path) -> Iterator[bytes]:
    """What has been written into a file, without its holes: Kafka's indexes are 20 MB of them a partition."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        if status.st_blocks * _BLOCK_BYTES >= status.st_size:
            yield file.read()
            return
        end = 0
        while end < status.st_size:
            try:
                begin = os.lseek(file.fileno(), end, os.SEEK_DATA)
            except OSError as exc:
                if exc.errno == errno.ENXIO:  # there is nothing but a hole up to the end
                    return
                raise
            end = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            yield os.pread(file.fileno(), end - begin, begin)
