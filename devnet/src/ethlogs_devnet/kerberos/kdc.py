"""A separate Kerberos realm: an MIT key server on the loopback address, principals, keytabs, tickets."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from ethlogs_devnet.errors import DevnetError
from ethlogs_devnet.kerberos.programs import (
    create_database,
    find_program,
    realm_environment,
    run_kadmin,
    run_kinit,
)
from ethlogs_devnet.kerberos.settings import DAY_SECONDS, LONGEST_SECONDS, REALM, SHORTEST_SECONDS, KdcFiles
from ethlogs_devnet.ports import find_free_ports
from ethlogs_devnet.process import ServiceProcess
from ethlogs_devnet.service import OneProcess

_START_SECONDS = 20.0
_STARTED = "commencing operation"


class Kdc(OneProcess):
    """A key server process and its database, with the same port for its whole life.

    ``state_dir`` keeps database, keytabs, log and settings. ``ticket_seconds`` is the life of the tickets of
    principals that are added without a life of their own. Principals can be added, and keys changed, while
    it runs and while it does not; they are named without the realm, like ``kafka/localhost``.
    """

    name = "kdc"
    realm = REALM

    def __init__(self, state_dir: Path, ticket_seconds: int = DAY_SECONDS) -> None:
        self.files = KdcFiles(Path(state_dir).absolute())
        self.ticket_seconds = _checked(ticket_seconds)
        (self._port,) = find_free_ports(1)
        self._process = ServiceProcess(self.name, self.files.log)
        self._written = False
        self._lock = threading.Lock()  # services that start at once add their principals at once

    @property
    def krb5_conf(self) -> Path:
        """What KRB5_CONFIG and Java's ``java.security.krb5.conf`` have to name."""
        return self.files.krb5_conf

    @property
    def ports(self) -> list[int]:
        """The port that it listens on."""
        return [self._port]

    def environment(self, ticket_cache: Path | None = None) -> dict[str, str]:
        """Return the settings that point Kerberos's clients at this realm, with a separate ticket cache."""
        cache = ticket_cache or self.files.ticket_cache
        return {"KRB5_CONFIG": str(self.krb5_conf), "KRB5CCNAME": f"FILE:{cache}"}

    def full_name(self, principal: str) -> str:
        """Return a principal's name with the realm."""
        return f"{principal}@{self.realm}"

    def add_principal(self, name: str, max_life: int | None = None) -> Path:
        """Add a principal with random keys, whose tickets last ``max_life`` seconds; return its keytab.

        One that is there keeps its keys and is given the new life.
        """
        life = f"{_checked(self.ticket_seconds if max_life is None else max_life)} sec"
        with self._lock:
            self._prepare()
            keytab = self.files.keytab(name)
            if keytab.exists():
                run_kadmin(self.files, "modprinc", "-maxlife", life, name)
            else:
                run_kadmin(self.files, "addprinc", "-randkey", "-maxlife", life, name)
                self._write_keytab(name)
        return keytab

    def add_service(self, name: str) -> Path:
        """Add a principal of a server, which does not have to care about its ticket's end."""
        return self.add_principal(name, LONGEST_SECONDS)

    def keytab(self, name: str) -> Path:
        """Return the keytab of a principal that was added; it is 0600."""
        path = self.files.keytab(name)
        if not path.exists():
            raise DevnetError(f"there is no principal {name}")
        return path

    def change_key(self, name: str, *, into_keytab: bool = True) -> None:
        """Give a principal new keys (the next kvno), with which alone it can log in from now on.

        Without ``into_keytab`` its keytab stays as it is, and is of no use any more.
        """
        with self._lock:
            run_kadmin(self.files, "cpw", "-randkey", self._known(name))
            if into_keytab:
                self._write_keytab(name)

    def kinit(self, name: str, ticket_cache: Path | None = None) -> Path:
        """Obtain a ticket for a principal from its keytab; return the ticket cache."""
        cache = ticket_cache or self.files.ticket_cache
        run_kinit(self.files, name, self.keytab(name), cache)
        return cache

    def start(self) -> None:
        """Start it, with a new realm if the folder is new, and wait until it serves."""
        with self._lock:
            self._prepare()
        self._process.start([find_program("krb5kdc"), "-n"], realm_environment(self.files))
        self._wait_until_started()

    def _prepare(self) -> None:
        if not self._written:
            self.files.write(self._port)
            self._written = True
        if not self.files.database.exists():
            create_database(self.files)

    def _known(self, name: str) -> str:
        self.keytab(name)
        return name

    def _write_keytab(self, name: str) -> None:
        """Write the keys as they are now, in one step: a server may be reading its keytab."""
        final = self.files.keytab(name)
        temporary = final.with_suffix(".new")
        temporary.unlink(missing_ok=True)
        run_kadmin(self.files, "ktadd", "-k", str(temporary), "-norandkey", name)
        temporary.rename(final)

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while _STARTED not in self._process.new_output():
            if not self._process.is_alive():
                raise self._process.failure("ended while it was starting")
            if time.monotonic() > deadline:
                self._process.kill()
                raise self._process.failure(f"was not ready within {_START_SECONDS:.0f} s")
            time.sleep(0.01)


def _checked(seconds: int) -> int:
    if not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
        raise DevnetError(f"tickets last {SHORTEST_SECONDS} s to {LONGEST_SECONDS} s, not {seconds} s")
    return seconds
