"""Break-glass as a table: each fault times `ssh host true`, scp and an interactive login; all three must go on.

The faults are real: limits of the kernel, homes that are gone, files that cannot be read. What must not live
here: faults of the installation one by one (test_login_faults).
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

pytestmark = pytest.mark.live
DATA = bytes(range(256)) * 64
WRAPPER = '#!/bin/bash\n{limits}\nexec {stub} "$@"\n'


@pytest.fixture(scope="module")
def _matrix_host():
    from tests.live.loginhost import Host, why_not

    if why := why_not():
        pytest.skip(why)
    host = Host()
    try:
        host.wrapper = host._script("wrapper/safeshell-login", "")
        host.add("person", host.wrapper)
        (host.home("person") / ".bash_logout").unlink(missing_ok=True)  # it may start programs, and its status counts
        host.start()
        yield host
    finally:
        host.close()


@pytest.fixture
def host(_matrix_host):
    for left in _matrix_host.etc.iterdir():
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    limited(_matrix_host, "")
    kept = _matrix_host.guard.read_text()
    yield _matrix_host
    _matrix_host.guard.write_text(kept)


def limited(host, limits: str) -> None:
    host.wrapper.write_text(WRAPPER.format(limits=limits, stub=host.stub))


def ours(text: bytes) -> list[bytes]:
    return [line for line in text.replace(b"\r", b"").split(b"\n") if b"safeshell:" in line]


def goes_on(host, least: int = 1) -> None:
    """The three ways in: each works, scp adds nothing, the others say `least` to one line of ours and nothing else."""
    source, there = host.folder / "source", Path("/dev/shm", host.users["person"])
    source.write_bytes(DATA)
    done = host.run("scp", "-O", "-q", "-F", str(host.client), str(source), f"person:{there}")
    assert (done.returncode, without_home(done.stderr)) == (0, []), done
    assert there.read_bytes() == DATA
    there.unlink()
    done = host.ssh("person", "true")
    assert (done.returncode, done.stdout) == (0, b""), done
    assert least <= len(without_home(done.stderr)) <= 1, done
    assert without_home(done.stderr) == ours(done.stderr), done
    assert least <= len(ours(interactive(host))) <= 1


def without_home(said: bytes) -> list[bytes]:
    """Lines of standard error that are not sshd's own about a home directory."""
    return [line for line in said.splitlines() if b"home directory" not in line]


def interactive(host) -> bytes:
    """A login with a terminal; what came before its prompt answered."""
    child = host.terminal("person")
    child.expect(r"[$#] ")
    before = child.before
    child.send("printf it-%s-works 23\r")
    child.expect("it-23-works")
    before += child.before
    child.send("exit 4\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 4, before
    assert b"Traceback" not in before
    return before


@pytest.mark.parametrize("most", [1, 3])
def test_too_few_processes(host, most):
    """`ulimit -u`: from one process of the person's on (then the real shell itself may not start anything)."""
    limited(host, f"ulimit -u {most}")
    goes_on(host, least=0)


@pytest.mark.parametrize("megabytes", [15, 30, 60])
def test_too_little_memory(host, megabytes):
    """`ulimit -v`: the interpreter cannot start, or breaks while it judges."""
    limited(host, f"ulimit -v {megabytes * 1024}")
    goes_on(host, least=0)


@pytest.mark.parametrize("most", [13, 40])
def test_too_few_descriptors(host, most):
    """`ulimit -n`; with fewer than 13 /bin/sh itself reads no script."""
    limited(host, f"ulimit -n {most}")
    goes_on(host, least=0)


def test_no_file_may_grow(host):
    """`ulimit -f 0`, as with a quota that is used up: no audit, no cache."""
    limited(host, "ulimit -f 0")
    host.ssh("person", "true")
    for text in ("true", "echo x"):
        assert host.ssh("person", text).returncode == 0
    assert b"Traceback" not in interactive(host)


CONFIGURATIONS = {
    "syntax": lambda etc: (etc / "config.yaml").write_text("environments: [{name: x\n"),
    "no text": lambda etc: (etc / "config.yaml").write_bytes(bytes(range(256))),
    "a fault": lambda etc: (etc / "config.yaml").write_text("unlock: {max: forever}\n"),
    "not readable": lambda etc: (etc / "config.yaml").write_text("tint: false\n") and (etc / "config.yaml").chmod(0),
    "a directory": lambda etc: (etc / "config.yaml").mkdir(),
    "a link to nowhere": lambda etc: (etc / "config.yaml").symlink_to(etc / "nothing"),
    "a fault in conf.d": lambda etc: (etc / "conf.d").mkdir() or (etc / "conf.d/a.yaml").write_text("nonsense: [\n"),
    "a broken pack": lambda etc: (etc / "packs").mkdir() or (etc / "packs/own.yaml").write_text("commands: {x: [\n"),
}


@pytest.mark.parametrize("fault", sorted(CONFIGURATIONS))
def test_the_configuration(host, fault):
    """A configuration that cannot be used: one line says where; what destroys is refused all the same."""
    CONFIGURATIONS[fault](host.etc)
    goes_on(host, least=0 if fault == "a link to nowhere" else 1)
    victim = host.put("person", "victims/a", "precious\n")
    assert host.ssh("person", "rm -rf ~/victims").returncode == 126
    assert victim.exists()


def test_a_home_that_is_gone(host):
    """The home is not there, as before an automount."""
    home = host.home("person")
    home.rename(home.with_name("away"))
    try:
        goes_on(host, least=0)
    finally:
        home.with_name("away").rename(home)


@pytest.mark.parametrize("part", ["", ".local", ".local/state/safeshell"])
def test_a_home_that_is_not_the_person_s(host, part):
    """Nothing can be written to the home, or to the state in it."""
    place = host.home("person") / part
    place.mkdir(parents=True, exist_ok=True)
    owner = (place.stat().st_uid, place.stat().st_gid)
    os.chown(place, 0, 0)
    try:
        goes_on(host, least=0)
    finally:
        os.chown(place, *owner)


def test_files_where_directories_belong(host):
    """~/.local is a file."""
    shutil.rmtree(host.home("person") / ".local", ignore_errors=True)
    host.put("person", ".local", "x")
    try:
        goes_on(host, least=0)
    finally:
        (host.home("person") / ".local").unlink()


READ_ONLY = """
mount --bind "$1" /mnt && mount -t tmpfs -o mode=1777 tmpfs /tmp && mkdir "$1" && mount --move /mnt "$1" || exit 3
for place in /tmp /var/tmp /run/user; do
  mkdir -p "$place"
  [ "$place" = /tmp ] || mount -t tmpfs -o mode=1777 tmpfs "$place"
  mount -o remount,ro "$place"
done
[ -z "$2" ] || { mount -t tmpfs -o size=64k,mode=777 tmpfs "$2"; head -c 100000 /dev/zero >"$2/filler"; } 2>/dev/null
shift 2
exec "$@"
"""


@pytest.mark.parametrize("full", [False, True])
def test_no_place_for_temporary_files(host, full):
    """/tmp, /var/tmp and /run/user are read-only, the home is well or a full disk."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no mounts of our own can be made here")
    host.around = (
        "unshare",
        "-m",
        "sh",
        "-c",
        READ_ONLY,
        "x",
        str(host.folder),
        str(host.home("person")) if full else "",
    )
    host.restart()
    try:
        goes_on(host, least=0)
        done = host.ssh("person", "echo x")
        assert done.stdout == b"x\n"
    finally:
        host.around = ()
        host.restart()


INSTALLATION = {
    "Python is missing": lambda host, text: text.replace(str(host.python), "/nonexistent/python", 1),
    "a module is missing": lambda host, text: text.replace("import sys", "import sys, nonesuch", 1),
    "a module is broken": lambda host, text: text.replace("import sys", "import sys\nsys.modules['marshal'] = None", 1),
    "not a program": lambda host, text: "\0\1\2",
    "nothing in it": lambda host, text: "",
    "it dies at once": lambda host, text: "#!/bin/sh\nkill -SEGV $$\n",
    "it speaks and fails": lambda host, text: "#!/bin/sh\necho 'Traceback: nonsense' >&2; exit 1\n",
}


@pytest.mark.parametrize("fault", sorted(INSTALLATION))
def test_the_installation(host, fault):
    """The command safeshell is broken in one of the ways in which installations break: one line."""
    host.guard.write_text(INSTALLATION[fault](host, host.guard.read_text()))
    goes_on(host, least=0 if fault == "nothing in it" else 1)


def test_shfmt_is_missing(host):
    """The parser is gone: one line."""
    shfmt = host.python.parent / "shfmt"
    shfmt.rename(shfmt.with_name("shfmt.away"))
    try:
        goes_on(host)
    finally:
        shfmt.with_name("shfmt.away").rename(shfmt)


@pytest.fixture(params=["sh", "bash"])
def any_sh(host, request):
    """safeshell-login read by /bin/sh, and by bash as /bin/sh, where its guard says that it was called and waits."""
    called = host.folder / "called"
    called.unlink(missing_ok=True)
    guard = host._script("waits", f"#!/bin/sh\n: >{called}\nexec sleep 30\n")
    stub = host.make_stub(f"any-{request.param}/safeshell-login", guard)
    if request.param == "bash":
        stub.write_text(stub.read_text().replace("#!/bin/sh", "#!/bin/bash --posix", 1))
    host.folder.chmod(0o777)
    yield stub, called
    host.folder.chmod(0o755)


def as_person(host, *argv: str, **options) -> subprocess.Popen[bytes]:
    uid, gid = host.ids("person")
    env = {"HOME": "/", "PATH": os.defpath, "SSH_CONNECTION": "x"}
    return subprocess.Popen(
        argv, env=env, cwd="/", user=uid, group=gid, extra_groups=[], start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_end_while_it_is_judged_is_a_no(host, any_sh, number):
    """The connection dies, or somebody kills the login: what was asked about does not run."""
    stub, called = any_sh
    child = as_person(host, str(stub), "-c", "echo ran")
    end = time.monotonic() + 20
    while not called.exists():
        assert time.monotonic() < end
        time.sleep(0.01)
    os.killpg(child.pid, number)
    out, _ = child.communicate(timeout=20)
    assert out == b""
    assert child.returncode in (-number, 128 + number)


def test_no_process_at_all(host, any_sh):
    """`ulimit -u 0`: nothing can be started, the shell that reads the script ends of it, and the command runs all the same."""
    stub, _ = any_sh
    child = as_person(host, "/bin/bash", "-c", f"ulimit -u 0; exec {stub} -c 'echo ran; exit 5'")
    out, said = child.communicate(timeout=60)
    assert (out, child.returncode) == (b"ran\n", 5)
    assert said.count(b"safeshell:") == 1
