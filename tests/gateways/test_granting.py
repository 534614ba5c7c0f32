"""One other user gets into a private directory, and nobody else."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile

import pytest

from safeshell.gateways import granting
from safeshell.gateways.granting import grant

pytestmark = pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("runuser"), reason="other users need root")


@pytest.fixture
def folder():
    """A private directory with a file and a pipe, where everybody could go."""
    path = tempfile.mkdtemp(prefix="ss-grant-", dir="/tmp")
    with open(f"{path}/file", "w", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write("hello")
    os.mkfifo(f"{path}/pipe", 0o600)
    yield path
    shutil.rmtree(path)


def can(user: str, text: str) -> bool:
    return (
        subprocess.run(["runuser", "-u", user, "--", "sh", "-c", text], capture_output=True, check=False).returncode
        == 0
    )


@pytest.mark.parametrize("sent", [False, True])
def test_one_user_and_nobody_else(folder, sent):
    """That user reads, writes and removes there; another sees nothing. The same when its source is run elsewhere."""
    uid = pwd.getpwnam("nobody").pw_uid
    assert not can("nobody", f"cat {folder}/file")
    if sent:
        subprocess.run([sys.executable, "-IS", granting.__file__, str(uid), folder], check=True)
    else:
        grant(folder, uid)
    assert can("nobody", f"cat {folder}/file && test -w {folder}/pipe")
    assert not can("daemon", f"ls {folder}")
    assert not can("daemon", f"cat {folder}/file")
    assert can("nobody", f"rm {folder}/file {folder}/pipe")


def test_a_directory_that_is_not_there():
    """What cannot be done is an OSError."""
    with pytest.raises(OSError, match="No such file"):
        grant("/nonexistent/directory", 1)
