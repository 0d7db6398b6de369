"""A real Prometheus and a real Alertmanager, with promtool."""

from __future__ import annotations

import json
import subprocess
import time
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from ethlogs_devnet.ports import find_free_ports

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
_START_SECONDS = 60.0


@cache
def tool(name: str) -> str:
    """The path of prometheus, promtool or alertmanager; fetched where the machine has none."""
    found = subprocess.run(
        [str(ROOT / "scripts" / "setup-monitoring")], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    return str(Path(found.stdout.strip()) / name)


def promtool(*arguments: str, stdin: str = "") -> str:
    """What promtool says of something that it takes."""
    done = subprocess.run(
        [tool("promtool"), *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Program:
    """One of the two programs, listening on a free port."""

    def __init__(self, name: str, folder: Path, *flags: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # where an Alertmanager that was unpacked finds its templates
        self._folder = Path(tool(name)).parent
        (self.port,) = find_free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [tool(name), f"--web.listen-address=127.0.0.1:{self.port}", *flags]
        self._log = folder / "log"

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, cwd=self._folder)
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/-/ready", timeout=5).ok
        except requests.ConnectionError:
            return False

    def get(self, path: str, **parameters: str) -> Any:
        """The JSON of an answer."""
        return requests.get(f"{self.url}{path}", params=parameters, timeout=10).json()


class Alertmanager(Program):
    """Takes alerts, and sends them nowhere."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / "alertmanager.yml"
        config.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        flags = (f"--config.file={config}", f"--storage.path={folder}/data", "--cluster.listen-address=")
        super().__init__("alertmanager", folder, *flags)

    def alerts(self) -> set[str]:
        """The names of the alerts that are active now."""
        return {alert["labels"]["alertname"] for alert in self.get("/api/v2/alerts", active="true")}


class Prometheus(Program):
    """Scrapes one exporter every second, and sends its alerts to one Alertmanager, where one is given."""

    def __init__(
        self, folder: Path, exporter_url: str, rules: Path | None = None, alertmanager: Program | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [{"job_name": "ethlogs", "static_configs": _targets(exporter_url)}],
            "rule_files": [str(rules)] if rules else [],
            "alerting": {
                "alertmanagers": [{"static_configs": _targets(alertmanager.url)}] if alertmanager else []
            },
        }
        config = folder / "prometheus.yml"
        config.write_text(json.dumps(content))  # JSON is YAML
        super().__init__(
            "prometheus", folder, f"--config.file={config}", f"--storage.tsdb.path={folder}/data"
        )

    def query(self, expression: str) -> list[Any]:
        """The samples that an expression has now."""
        answer = self.get("/api/v1/query", query=expression)
        assert answer["status"] == "success", answer
        result: list[Any] = answer["data"]["result"]
        return result


def _targets(url: str) -> list[dict[str, list[str]]]:
    return [{"targets": [urlsplit(url).netloc]}]
