"""Proving a range of a stream: the ledger, the event-log topic and the chain, compared with each other."""

from ethlogs.verify.differences import Difference, Kind
from ethlogs.verify.run import VerifySettings, verify_stream
from ethlogs.verify.summary import Verification, format_verification

__all__ = ["Difference", "Kind", "Verification", "VerifySettings", "format_verification", "verify_stream"]
