"""The principals whose keys a keytab holds, read from the file itself (MIT's format, version 2)."""

from __future__ import annotations

import struct
from pathlib import Path

from ethlogs.errors import KerberosError, SettingsError

_VERSION = b"\x05\x02"
_SHOWN = 5


def read_principals(keytab: bytes, path: str) -> frozenset[str]:
    """Return each principal that has a key in the file, as ``NAME/INSTANCE@REALM``.

    Raises
    ------
    SettingsError
        When it is not a keytab.
    """
    if keytab[:2] != _VERSION:
        raise SettingsError(f"--keytab {path} is not a keytab", hint="klist -kt FILE lists the keys of one")
    principals, position = set(), 2
    try:
        while position + 4 <= len(keytab):
            (size,) = struct.unpack_from(">i", keytab, position)
            position += 4
            if position + abs(size) > len(keytab):
                raise struct.error("the file ends within an entry")
            if size > 0:
                principals.add(_parse_principal(keytab[position : position + size]))
            # A negative size is a hole that a removed key left.
            position += abs(size)
    except (struct.error, UnicodeDecodeError) as exc:
        raise SettingsError(
            f"--keytab {path} cannot be read: it is cut off", hint="copy it again from where it was made"
        ) from exc
    return frozenset(principals)


def check_keytab(path: Path, principal: str) -> None:
    """Refuse a file that holds no key of the principal, before anything is asked of a KDC.

    MIT's kinit looks for the KDC first, so it would name another cause.

    Raises
    ------
    SettingsError
        When it cannot be read, or is not a whole keytab.
    KerberosError
        When its keys are other principals'.
    """
    try:
        content = path.read_bytes()
    except OSError as exc:
        raise SettingsError(
            f"--keytab {path} cannot be read: {exc.strerror}", hint="may this user read it?"
        ) from exc
    owners = read_principals(content, str(path))
    # A principal without a realm is of the default one, which krb5.conf names.
    names = owners if "@" in principal else {owner.partition("@")[0] for owner in owners}
    if principal not in names:
        has = f"it has keys of {', '.join(sorted(owners)[:_SHOWN])}" if owners else "it has no key at all"
        raise KerberosError(
            f"--keytab {path} has no key of {principal}: {has}",
            hint="is --principal right, with its realm? klist -kt FILE lists the keys of a keytab",
        )


def _parse_principal(entry: bytes) -> str:
    (components,) = struct.unpack_from(">H", entry, 0)
    texts, position = [], 2
    for _ in range(components + 1):
        (length,) = struct.unpack_from(">H", entry, position)
        text = entry[position + 2 : position + 2 + length]
        if len(text) < length:
            raise struct.error("the entry ends within a name")
        texts.append(text.decode())
        position += 2 + length
    return f"{'/'.join(texts[1:])}@{texts[0]}"
