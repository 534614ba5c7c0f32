"""Letting one other user into a private directory, by access lists: only root may give a file away.

Sent as it stands to hosts where a python3 is, so it imports the standard library only and runs on old ones.
What must not live here: anything else. The format is that of Linux, include/uapi/linux/posix_acl_xattr.h.
"""

import os
import struct
import sys

_NAME = "system.posix_acl_access"
_VERSION, _NOBODY = 2, 0xFFFFFFFF
_OWNER, _USER, _GROUP, _MASK, _OTHER = 1, 2, 4, 0x10, 0x20


def grant(directory: str, uid: int) -> None:
    """Owner and `uid` may read and write the files in it and change the directory; nobody else. Raises OSError."""
    for name in os.listdir(directory):
        os.setxattr(directory + "/" + name, _NAME, acl(uid, 6))
    os.setxattr(directory, _NAME, acl(uid, 7))


def acl(uid: int, bits: int) -> bytes:
    """An access list: these permission bits for the owner and one user."""
    entries = (
        (_OWNER, bits, _NOBODY),
        (_USER, bits, uid),
        (_GROUP, 0, _NOBODY),
        (_MASK, bits, _NOBODY),
        (_OTHER, 0, _NOBODY),
    )
    return struct.pack("<I", _VERSION) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


if __name__ == "__main__":
    grant(sys.argv[2], int(sys.argv[1]))
