"""Every Ethereum event log on a Kafka topic: complete, once, in order, and proven."""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = [
    "HexJsonEncoder",
    "Run",
    "__version__",
    "attach",
    "getTransactionsInBlock",
    "produceAllEventLogs",
    "runs",
    "submit",
]

if TYPE_CHECKING:
    from ethlogs.api import HexJsonEncoder, getTransactionsInBlock, produceAllEventLogs
    from ethlogs.notebook import Run, attach, runs, submit

_RUNS = ("Run", "attach", "runs", "submit")


def __getattr__(name: str) -> Any:
    """Load the API when it is first asked for: ``ethlogs --help`` must not wait for web3."""
    if name in _RUNS:
        from ethlogs import notebook

        return getattr(notebook, name)
    if name in __all__:
        from ethlogs import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the API too, which is not loaded yet."""
    return sorted({*globals(), *__all__})
