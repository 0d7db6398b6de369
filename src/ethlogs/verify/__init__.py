"""Proving a range of a stream: the ledger, the event-log topic and the chain, compared with each other."""

from ethlogs.verify.run import Verification, VerifySettings, verify_stream

__all__ = ["Verification", "VerifySettings", "verify_stream"]
