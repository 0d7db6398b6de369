"""Submitting through Livy: a batch is created once, and watched until YARN has its application."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ethlogs.errors import (
    EthlogsError,
    HadoopError,
    KerberosError,
    LivyError,
    LivyUnavailableError,
    NotAuthorizedError,
    OutcomeUnknownError,
    SubmissionError,
)
from ethlogs.hadoop.applications import Application
from ethlogs.hadoop.client import Hadoop
from ethlogs.kerberos.spnego import build_headers
from ethlogs.livy.client import Batch, LivyClient, LivyEndpoint
from ethlogs.livy.errors import DUPLICATE
from ethlogs.livy.request import build_batch
from ethlogs.notify import Notify
from ethlogs.run.folder import RunFolder
from ethlogs.settings.submission import YarnOptions
from ethlogs.submission.applications import RUN_TAG
from ethlogs.submission.causes import find_reason
from ethlogs.submission.identity import Caller
from ethlogs.submission.submit_failure import build_submit_failure

_POLL_SECONDS = 1.0
_PATIENCE_SECONDS = 60.0
_LOOK = "look whether YARN has the application before you run the command again"
_GHOST_LOOKS = 3
"""How often a batch that is only a name is looked at: its spark-submit may be about to be started."""


@contextlib.contextmanager
def open_livy(options: YarnOptions, caller: Caller) -> Iterator[LivyClient | None]:
    """Yield the client of ``--livy-url``, ``None`` where it is not given.

    Raises
    ------
    SettingsError
        When it is not a URL that can be used.
    """
    if options.livy_url is None:
        yield None
        return
    endpoint = LivyEndpoint.of(options.livy_url, options.livy_ca_file)
    # With --proxy-user the keytab is for Kafka alone, and the cluster sees the user's ticket.
    ticket = contextlib.nullcontext() if options.proxy_user else caller.ticket_for_pages()
    with ticket, contextlib.closing(LivyClient(endpoint, build_headers)) as client:
        yield client


def build_run_batch(argv: list[str], configured: dict[str, str], run: str) -> dict[str, Any]:
    """Return the batch of a run; its name is the application's, and nobody else uses it."""
    batch = build_batch(argv, configured)
    # A batch is asked for by its name, as a part of a path.
    return {**batch, "name": f"{batch['name']} {run}".replace("/", "-")}


@dataclass(frozen=True)
class LivyRoad:
    """The way of one run to YARN."""

    client: LivyClient
    hadoop: Hadoop
    notify: Notify
    submit_timeout_seconds: float | None = None
    """How long a batch may lead to no application; ``None`` means without a limit."""

    def submit(self, batch: dict[str, Any], local: RunFolder) -> str:
        """Submit a batch of a name that nobody else uses; return the id of its application.

        Raises
        ------
        SubmissionError, KerberosError, NotAuthorizedError
            When it was refused, or its spark-submit failed.
        OutcomeUnknownError
            When nobody says whether it was taken.
        """
        created = self._create(batch)
        self.notify(f"Livy has taken the batch {created.id}: {created.name}")
        application = self._wait_for_application(created, local)
        if application.state == "FAILED" and application.attempt == 0:
            raise self._build_failure(created.id, local, application.diagnostics)
        return application.id

    def withdraw(self, name: str) -> None:
        """End a batch that is to lead to nothing."""
        with contextlib.suppress(EthlogsError):
            found = self.client.find(name)
            if found is not None:
                self.client.delete(found.id)

    def _create(self, batch: dict[str, Any]) -> Batch:
        """Create the batch once: after a lost answer it is looked for by its name before it is sent again."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self.client.create(batch)
            except LivyUnavailableError as exc:
                found = self._find_sent(batch["name"], deadline, exc)
                if found is not None:
                    return found
                if time.monotonic() > deadline:
                    raise
                self.notify(f"{exc}; asking again")
            except LivyError as exc:
                if DUPLICATE in str(exc):
                    found = self.client.find(batch["name"])
                    if found is not None and not found.is_ghost:
                        return found
                self._forget_ghost(batch["name"])
                raise
            except NotAuthorizedError:
                self._forget_ghost(batch["name"])
                raise

    def _find_sent(self, name: str, deadline: float, why: LivyUnavailableError) -> Batch | None:
        """Return the batch that the server took though nobody heard it say so.

        Raises
        ------
        OutcomeUnknownError
            When the server cannot be asked any more.
        """
        looks = 0
        while True:
            time.sleep(_POLL_SECONDS)
            try:
                found = self.client.find(name)
            except (LivyUnavailableError, KerberosError):
                if time.monotonic() > deadline:
                    raise OutcomeUnknownError(
                        f"it is unknown whether Livy accepted the batch {name}: {why}", hint=_LOOK
                    ) from why
                continue
            if found is None or not found.is_ghost:
                return found
            looks += 1
            if looks == _GHOST_LOOKS:
                self.client.delete(found.id)
                return None

    def _forget_ghost(self, name: str) -> None:
        """Delete what Livy remembers of a request that it has refused: a name, and nothing behind it."""
        with contextlib.suppress(EthlogsError):
            found = self.client.find(name)
            if found is not None and found.is_ghost:
                self.client.delete(found.id)

    def _wait_for_application(self, created: Batch, local: RunFolder) -> Application:
        """Wait for YARN to have the application, which has the run's tag whatever Livy may see of it.

        What goes wrong meanwhile with Livy, YARN or a ticket says nothing about the batch.
        """
        tag, answered = f"{RUN_TAG}{local.run}", time.monotonic()
        begun, state = answered, created.state
        while True:
            has_ended = False
            silence: EthlogsError | None = None
            try:
                batch = self._describe(created)
                has_ended = batch.has_ended
                if batch.state != state:
                    state = batch.state
                    self.notify(f"Livy's batch {created.id} is {state}")
            except (LivyError, KerberosError) as exc:
                silence = exc
            try:
                # After Livy's answer: what has ended there has its application here by now, or never.
                found = self.hadoop.applications.find(tag, alive_only=False)
                if found:
                    return found[0]
            except (HadoopError, KerberosError) as exc:
                silence = exc
            if silence is None and has_ended:
                raise self._build_failure(created.id, local, "")
            if silence is None:
                answered = time.monotonic()
            elif time.monotonic() - answered > _PATIENCE_SECONDS:
                raise OutcomeUnknownError(
                    f"the outcome of the Livy batch {created.name} is unknown: {silence}", hint=_LOOK
                ) from silence
            limit = self.submit_timeout_seconds
            if limit is not None and time.monotonic() - begun > limit:
                raise self._take_back(created, state, limit)
            time.sleep(_POLL_SECONDS)

    def _take_back(self, created: Batch, state: str, seconds: float) -> EthlogsError:
        """End a batch that leads to nothing; return the error that says so."""
        what = (
            f"Livy's batch {created.id} has led to no application within --submit-timeout {seconds:g}"
            f" seconds; Livy says that it is {state}"
        )
        try:
            self.client.delete(created.id)
        except EthlogsError as exc:
            return OutcomeUnknownError(f"{what}, and it could not be taken back: {exc}", hint=_LOOK)
        return SubmissionError(
            f"{what}. It was taken back",
            hint="Livy's own log says why its spark-submit does not come to YARN; try again, or wait longer",
        )

    def _describe(self, created: Batch) -> Batch:
        batch = self.client.describe(created.id)
        if batch is None or batch.name != created.name:
            raise LivyUnavailableError(f"Livy has forgotten the batch {created.id}: was it restarted?")
        return batch

    def _build_failure(self, batch_id: int, local: RunFolder, diagnostics: str) -> EthlogsError:
        """Return why a batch has no application, by Livy's log, which is kept in the run's folder here."""
        output = diagnostics
        with contextlib.suppress(LivyError):
            output = "\n".join([self.client.read_log(batch_id), diagnostics])
        local.log.touch(0o600)
        local.log.write_text(output)
        denied = self._build_denial(output)
        if denied is not None:
            return denied
        how = f"the spark-submit of Livy's batch {batch_id} failed"
        return build_submit_failure(how, output, self.hadoop.applications, local)

    def _build_denial(self, output: str) -> SubmissionError | None:
        """Return the error of a Livy that submits as itself, and may not read what is the user's alone."""
        reason = find_reason(output)
        if "Permission denied: user=" not in reason or f"user={self.hadoop.user}," in reason:
            return None
        return SubmissionError(
            f"Livy did not submit as {self.hadoop.user}: {reason}",
            hint="the run's files on HDFS are for you alone: ask for livy.impersonation.enabled, or submit as"
            " the user that this Livy runs batches as",
        )
