"""A ticket that is there for as long as a run lasts."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import gssapi
from gssapi.raw.misc import GSSError

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KerberosError
from ethlogs.kerberos.kinit import obtain_ticket
from ethlogs.kerberos.service_tickets import require_service_tickets, store_of
from ethlogs.kerberos.variables import set_variables
from ethlogs.settings import KerberosSettings
from ethlogs.temporary import make_temporary_folder

RENEWED_AT = 0.4
"""Of a ticket's lifetime: before half of it, so that there is time for a KDC that is away."""

_LONGEST_RETRY_SECONDS = 30.0
_ALARM = 0.5
"""Part of the lifetime left at the first failure after which the failure is reported again."""


@contextlib.contextmanager
def kept_ticket(
    settings: KerberosSettings, hosts: Iterable[str], stop: StopSwitch, notify: Callable[[str], None]
) -> Iterator[TicketKeeper]:
    """Hold a ticket of the keytab's principal in a private cache, which this process uses meanwhile.

    The cache has a ticket for the service on each of ``hosts`` too, so that a KDC that is away is not
    missed before they expire.

    A thread renews it. libkrb5 knows the keytab too and would renew it by itself (KRB5_CLIENT_KTNAME),
    so each of the two roads covers for the other.

    Raises
    ------
    KerberosError
        When no ticket can be had now. When a later one expires, ``stop`` ends the run with that error.
    """
    with make_temporary_folder("krb5", _place()) as folder:
        cache = Path(folder) / "tickets"
        variables = {
            "KRB5CCNAME": f"FILE:{cache}",
            "KRB5_CLIENT_KTNAME": f"FILE:{_keytab_of(settings).absolute()}",
        }
        if settings.krb5_conf is not None:
            variables["KRB5_CONFIG"] = str(Path(settings.krb5_conf).absolute())
        with set_variables(variables):
            keeper = TicketKeeper(settings, hosts, cache, stop, notify)
            keeper.begin()
            try:
                yield keeper
            finally:
                keeper.end()


def _place() -> str | None:
    """In a container its own folder, which YARN removes also where the driver was killed."""
    return str(Path.cwd()) if "CONTAINER_ID" in os.environ else None


class TicketKeeper:
    """Renews one ticket on its own thread, until it is ended or the ticket has expired."""

    def __init__(
        self,
        settings: KerberosSettings,
        hosts: Iterable[str],
        cache: Path,
        stop: StopSwitch,
        notify: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._hosts = frozenset(hosts)
        self._cache = cache
        self._stop = stop
        self._notify = notify
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="kerberos", daemon=True)
        self._expires_at = 0.0

    def begin(self) -> None:
        """Obtain the first ticket and begin to renew.

        Raises
        ------
        KerberosError
            When it cannot be had.
        """
        seconds = self._obtain()
        self._notify(f"Kerberos ticket for {self._settings.principal}, valid for {_duration(seconds)}")
        self._thread.start()

    def end(self) -> None:
        """Renew no more."""
        self._ended.set()
        self._thread.join()

    def cover(self, hosts: Iterable[str]) -> None:
        """Hold tickets for the service on these hosts too.

        Raises
        ------
        KerberosError
            With the name that was asked for, and what its failure means.
        """
        self._hosts |= frozenset(hosts)
        self._complete(self._cache)

    def _complete(self, cache: Path) -> None:
        require_service_tickets(self._settings.service_name, self._hosts, cache)

    def _obtain(self) -> float:
        settings = self._settings
        obtain_ticket(settings.principal, _keytab_of(settings), self._cache, self._complete)
        seconds = read_lifetime(self._cache)
        self._expires_at = time.monotonic() + seconds
        return seconds

    def _keep(self) -> None:
        while not self._ended.wait((self._expires_at - time.monotonic()) * RENEWED_AT):
            if not self._renew():
                return

    def _renew(self) -> bool:
        """Try until there is a new ticket; whether there is one before the old one has expired."""
        tries, alarm_seconds = 0, None
        while not self._ended.is_set():
            try:
                self._obtain()
            except KerberosError as exc:
                remaining = self._expires_at - time.monotonic()
                if remaining <= 0:
                    self._stop.fail(
                        KerberosError(
                            f"the ticket has expired and there is no new one: {exc}",
                            hint=f"{exc.hint}; what was committed stays, the same command resumes after it",
                        )
                    )
                    return False
                if alarm_seconds is None or remaining < alarm_seconds:
                    self._notify(f"the ticket cannot be renewed, it expires in {_duration(remaining)}: {exc}")
                    alarm_seconds = remaining * _ALARM
                tries += 1
                self._ended.wait(min(_LONGEST_RETRY_SECONDS, remaining, 0.5 * 2**tries))
            else:
                if tries:
                    self._notify("the ticket was renewed")
                return True
        return False


def _keytab_of(settings: KerberosSettings) -> Path:
    if settings.keytab is None:
        raise KerberosError(
            "Spark has put no keytab into this container", hint="give --keytab, or leave --proxy-user out"
        )
    return Path(settings.keytab)


def read_lifetime(cache: Path) -> float:
    """Seconds until the ticket in a cache expires.

    Raises
    ------
    KerberosError
        When there is none.
    """
    try:
        found = gssapi.Credentials(usage="initiate", store=store_of(cache)).lifetime
    except GSSError as exc:
        raise KerberosError(
            f"the ticket that kinit got cannot be used: {exc}",
            hint="klist shows it; is this machine's clock right?",
        ) from exc
    return float(found or 0)


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{seconds:.0f} seconds"
