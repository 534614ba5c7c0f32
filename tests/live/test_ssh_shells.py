"""safe-ssh followed into bash, zsh, fish and dash as login shells, over a real sshd: the same for each.

What must not live here: what does not depend on the login shell (test_ssh_follow), slow and full-screen
sessions (test_ssh_screens).
"""

import shutil

import pexpect
import pytest

from tests.live.sshshells import SHELLS, Far, output

pytestmark = pytest.mark.live


@pytest.fixture(params=SHELLS)
def far(request, _ssh_host, tmp_path):
    """A person, and an account there with this login shell."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    person = Far(_ssh_host, tmp_path / "home").settle(request.param)
    yield person
    person.close()


def test_its_own_start_files_and_exit_status(far):
    """A login shell with the person's own files, its environment and umask; the exit status comes back; nothing is left there."""
    child = far.enter()
    assert output(child, "echo $FROM_RC $FROM_PROFILE") == "rc profile"
    assert output(child, "echo $SHELL") == shutil.which(far.shell)
    if far.shell == "dash":
        assert output(child, "umask") == "0027"
        assert output(child, "l victims") == "a  b"
    child.send("exit 7\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 7
