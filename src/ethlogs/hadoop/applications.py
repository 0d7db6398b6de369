"""Applications of YARN: found by tag, described, ended; their drivers' logs."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from ethlogs.errors import HadoopError
from ethlogs.hadoop.errors import mapped_errors
from ethlogs.temporary import make_temporary_folder

ENDED = frozenset({"FINISHED", "FAILED", "KILLED"})
_ALIVE = ("NEW", "NEW_SAVING", "SUBMITTED", "ACCEPTED", "RUNNING")
_LOG_FILES = ("stderr", "stdout")
"""Spark's, then the driver's own: the last lines say how the driver ended."""
_HTTP_SECONDS = 5.0
_WHO_ASKS = 401
_ROOT, _FIXED_QUEUES = "root", "CapacityScheduler"


@dataclass(frozen=True)
class Application:
    """An application as the ResourceManager describes it."""

    id: str
    name: str
    user: str
    queue: str
    state: str
    """YARN's state, like ``ACCEPTED``."""
    final: str
    """``SUCCEEDED``, ``FAILED``, ``KILLED`` or ``UNDEFINED``."""
    diagnostics: str
    tracking_url: str
    attempt: int
    """The number of the current attempt, from 1; 0 where there is none yet."""
    started: float
    """Seconds since the epoch."""
    tags: frozenset[str]

    @property
    def ended(self) -> bool:
        """Whether it has ended, however."""
        return self.state in ENDED


@dataclass(frozen=True)
class Queue:
    """A queue of the scheduler; shares are of the whole cluster, 0 to 1."""

    name: str
    state: str
    capacity: float
    used: float


class Applications:
    """The ResourceManager's client."""

    def __init__(self, gateway: Any, configuration: Any) -> None:
        self._gateway = gateway
        self._jvm = gateway.jvm
        self._configuration = configuration
        with mapped_errors("opening YARN"):
            self._client = self._jvm.org.apache.hadoop.yarn.client.api.YarnClient.createYarnClient()
            self._client.init(configuration)
            self._client.start()

    def check(self) -> int:
        """Ask the ResourceManager for the number of its active nodes: it is there, and lets us ask."""
        with mapped_errors("asking YARN's ResourceManager"):
            return int(self._client.getYarnClusterMetrics().getNumNodeManagers())

    def find(self, tag: str, *, alive_only: bool = True) -> list[Application]:
        """Applications with a tag, the newest first."""
        records = self._jvm.org.apache.hadoop.yarn.api.records.YarnApplicationState
        request = self._jvm.org.apache.hadoop.yarn.api.protocolrecords.GetApplicationsRequest.newInstance()
        with mapped_errors("asking YARN for applications"):
            tags = self._jvm.java.util.HashSet()
            tags.add(tag)
            request.setApplicationTags(tags)
            if alive_only:
                states = self._jvm.java.util.EnumSet.noneOf(self._java_class(records))
                for name in _ALIVE:
                    states.add(getattr(records, name))
                request.setApplicationStates(states)
            found = [self._to_application(report) for report in self._client.getApplications(request)]
        return sorted(found, key=lambda application: (application.started, application.id), reverse=True)

    def describe(self, application_id: str) -> Application:
        """One application.

        Raises
        ------
        HadoopError
            When the ResourceManager does not know it.
        """
        with mapped_errors(f"asking YARN about {application_id}"):
            return self._to_application(self._client.getApplicationReport(self._id(application_id)))

    def describe_queue(self, name: str) -> Queue | None:
        """A queue, ``None`` where there is none of that name."""
        with mapped_errors(f"asking YARN about the queue {name}"):
            info = self._client.getQueueInfo(name)
            if info is None:
                return None
            return Queue(
                str(info.getQueueName()),
                str(info.getQueueState()),
                float(info.getCapacity()),
                float(info.getCurrentCapacity()),
            )

    def queue_names(self) -> list[str]:
        """All leaf queues."""
        with mapped_errors("asking YARN for its queues"):
            return sorted(str(q.getQueueName()) for q in self._client.getAllQueues())

    def has_fixed_queues(self) -> bool:
        """Return whether there are no queues but those that are configured: not where YARN does not say."""
        with mapped_errors("asking YARN for its scheduler"):
            return str(self._client.getQueueInfo(_ROOT).getSchedulerType()) == _FIXED_QUEUES

    def may_submit(self, queue: str) -> bool:
        """Return whether this user may submit to a queue, by its ACLs.

        A scheduler may give names without the queues above, or know of no rights: refused is only who has
        none on any queue of that name.
        """
        with mapped_errors(f"asking YARN for the rights on the queue {queue}"):
            rights = [
                [str(right) for right in acl.getUserAcls()]
                for acl in self._client.getQueueAclsInfo()
                if str(acl.getQueueName()).rpartition(".")[2] == queue.rpartition(".")[2]
            ]
        return not rights or any("SUBMIT_APPLICATIONS" in own for own in rights)

    def kill(self, application_id: str, why: str) -> None:
        """End it at once."""
        with mapped_errors(f"ending {application_id}"):
            self._client.killApplication(self._id(application_id), why)

    def limit_lifetime(self, application_id: str, seconds: float) -> None:
        """Let YARN end it after so long, whoever still watches it; also while it waits for a container."""
        with mapped_errors(f"limiting the lifetime of {application_id}"):
            records = self._jvm.org.apache.hadoop.yarn.api.records
            ends = self._jvm.java.time.OffsetDateTime.now(self._jvm.java.time.ZoneOffset.UTC)
            pattern = self._jvm.java.time.format.DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSZ")
            limits = self._jvm.java.util.HashMap()
            limits.put(
                records.ApplicationTimeoutType.LIFETIME, ends.plusSeconds(int(seconds)).format(pattern)
            )
            protocol = self._jvm.org.apache.hadoop.yarn.api.protocolrecords
            self._client.updateApplicationTimeouts(
                protocol.UpdateApplicationTimeoutsRequest.newInstance(self._id(application_id), limits)
            )

    def driver_container(self, application_id: str) -> str | None:
        """The id of the container in which the current attempt's driver runs."""
        with mapped_errors(f"asking YARN for the driver's container of {application_id}"):
            attempt = self._client.getApplicationReport(self._id(application_id))
            attempt_id = attempt.getCurrentApplicationAttemptId()
            if attempt_id is None:
                return None
            container = self._client.getApplicationAttemptReport(attempt_id).getAMContainerId()
            return None if container is None else str(container.toString())

    def attempt_diagnostics(self, application_id: str, attempt: int) -> str:
        """Return what YARN says about how an attempt ended, empty where it says nothing."""
        with mapped_errors(f"asking YARN about attempt {attempt} of {application_id}"):
            records = self._jvm.org.apache.hadoop.yarn.api.records
            attempt_id = records.ApplicationAttemptId.newInstance(self._id(application_id), attempt)
            report = self._client.getApplicationAttemptReport(attempt_id)
            return str(report.getDiagnostics() or "").strip()

    def log_url(self, application_id: str) -> str | None:
        """Return where a browser shows the driver's log while it runs."""
        container = self.driver_container(application_id)
        if container is None:
            return None
        with mapped_errors(f"asking YARN for the log of {application_id}"):
            records = self._jvm.org.apache.hadoop.yarn.api.records
            report = self._client.getContainerReport(records.ContainerId.fromString(container))
            return None if report.getLogUrl() is None else str(report.getLogUrl())

    def read_live_log(
        self, application_id: str, introduce: Callable[[str], dict[str, str]] = lambda _url: {}
    ) -> dict[str, str] | None:
        """Return the files of the driver's output so far; ``None`` where its NodeManager does not give them.

        ``introduce`` makes the headers for a page that wants to know who asks.
        """
        container = self.driver_container(application_id)
        url = self.log_url(application_id)
        if container is None or url is None:
            return None
        base = url.split("/node/")[0]
        texts: dict[str, str] = {}
        try:
            for name in _LOG_FILES:
                page = f"{base}/ws/v1/node/containers/{container}/logs/{name}"
                answer = requests.get(page, timeout=_HTTP_SECONDS)
                if answer.status_code == _WHO_ASKS:
                    answer = requests.get(page, headers=introduce(page), timeout=_HTTP_SECONDS)
                if answer.ok:
                    texts[name] = strip_frame(answer.content)
        except requests.RequestException:
            return None
        return texts or None

    def read_aggregated_log(self, application_id: str) -> str | None:
        """The drivers' output of all attempts after the end; ``None`` while it is not there."""
        application = self.describe(application_id)
        with make_temporary_folder("log") as folder:
            with mapped_errors(f"reading the aggregated log of {application_id}"):
                self._dump_logs(application, folder)
            files = sorted(Path(folder).rglob("container_*_000001*"))
            texts = [strip_frame(file.read_bytes()) for file in files if file.is_file()]
        return "".join(texts) or None

    def _dump_logs(self, application: Application, folder: str) -> None:
        aggregation = self._jvm.org.apache.hadoop.yarn.logaggregation
        helper = aggregation.LogCLIHelpers()
        helper.setConf(self._configuration)
        wanted = aggregation.ContainerLogsRequest()
        wanted.setAppId(self._id(application.id))
        wanted.setAppOwner(application.user)
        wanted.setOutputLocalDir(folder)
        wanted.setBytes(1 << 62)
        types = self._jvm.java.util.HashSet()
        for name in _LOG_FILES:
            types.add(name)
        wanted.setLogTypes(types)
        wanted.setAppFinished(True)
        helper.dumpAllContainersLogs(wanted)

    def _java_class(self, python_class: Any) -> Any:
        return python_class._java_lang_class

    def _id(self, application_id: str) -> Any:
        try:
            with mapped_errors(f"reading the id {application_id}"):
                return self._jvm.org.apache.hadoop.yarn.api.records.ApplicationId.fromString(application_id)
        except HadoopError as exc:
            raise HadoopError(
                f"{application_id!r} is not an application id",
                hint="they look like application_1700000000000_0001",
            ) from exc

    def _to_application(self, report: Any) -> Application:
        attempt = report.getCurrentApplicationAttemptId()
        tags = report.getApplicationTags()
        return Application(
            id=str(report.getApplicationId().toString()),
            name=str(report.getName()),
            user=str(report.getUser()),
            queue=str(report.getQueue()),
            state=str(report.getYarnApplicationState().toString()),
            final=str(report.getFinalApplicationStatus().toString()),
            diagnostics=str(report.getDiagnostics() or "").strip(),
            tracking_url=str(report.getTrackingUrl() or ""),
            # YARN reports -1 to a user without the right to view the application
            attempt=0 if attempt is None else max(0, int(attempt.getAttemptId())),
            started=report.getStartTime() / 1000,
            tags=frozenset(str(tag) for tag in tags or ()),
        )


def strip_frame(answer: bytes) -> str:
    """Return what is in the files of a log, without what Hadoop puts around each of them.

    Each file is taken by its length: YARN's collected log adds a line feed to it, a NodeManager does not.
    """
    texts, place = [], 0
    while head := _FILE_HEAD.search(answer, place):
        place = head.end() + int(head["length"])
        texts.append(answer[head.end() : place])
    # an older NodeManager puts nothing around a running container's file
    return (b"".join(texts) if place else answer).decode(errors="replace")


_FILE_HEAD = re.compile(rb"^LogLength:(?P<length>\d+)\nLog ?Contents:\n", re.MULTILINE)
