"""anvil's archive is checked before anything of it is run."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from ethlogs_devnet.anvil.binary import check_integrity
from ethlogs_devnet.errors import DevnetError


def test_an_archive_of_other_content_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "anvil.tgz"
    archive.write_bytes(b"content")
    check_integrity(archive, base64.b64encode(hashlib.sha512(b"content").digest()).decode())
    archive.write_bytes(b"other content")
    with pytest.raises(DevnetError, match=r"anvil\.tgz is not what was asked for"):
        check_integrity(archive, base64.b64encode(hashlib.sha512(b"content").digest()).decode())
