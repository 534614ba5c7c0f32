"""What runs over ssh without a person: the same bytes as with plain bash, and no guard is even asked.

The user `bare` has safeshell-login with a guard that notes each call and fails.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.live
DATA = bytes(range(256)) * 4096


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def both(host, *words, **options):
    """The same command with plain bash and with safeshell-login: output, messages and status must be the same."""
    plain, bare = host.ssh("plain", *words, **options), host.ssh("bare", *words, **options)
    assert (plain.returncode, sha(plain.stdout), plain.stderr) == (bare.returncode, sha(bare.stdout), bare.stderr), bare
    return bare


@pytest.mark.parametrize("protocol", ["-O", "-s"])
def test_scp_copies_both_ways(login_host, tmp_path, protocol):
    """scp by its own protocol and by sftp: what arrives has the same sha256, and the guard is not asked."""
    source = tmp_path / "data"
    source.write_bytes(DATA)
    for alias in ("plain", "bare"):
        up = login_host.run("scp", protocol, "-F", str(login_host.client), "-q", str(source), f"{alias}:up-data")
        assert (up.returncode, up.stderr) == (0, b"")
        down = tmp_path / f"down-{alias}"
        back = login_host.run("scp", protocol, "-F", str(login_host.client), "-q", "-p", f"{alias}:up*data", str(down))
        assert (back.returncode, back.stderr) == (0, b"")
        assert sha(down.read_bytes()) == sha(DATA)
    assert login_host.poison.read_text() == ""


def test_scp_copies_trees(login_host, tmp_path):
    """`scp -O -r` of a directory."""
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/file").write_bytes(DATA)
    done = login_host.run("scp", "-O", "-r", "-F", str(login_host.client), "-q", str(tmp_path / "tree"), "bare:")
    assert (done.returncode, done.stderr) == (0, b"")
    assert sha((login_host.home("bare") / "tree/sub/file").read_bytes()) == sha(DATA)
    assert login_host.poison.read_text() == ""


def test_sftp(login_host, tmp_path):
    """A batch of sftp: the same listing and the same file as with plain bash."""
    (tmp_path / "local").write_bytes(DATA)
    said = {}
    for alias in ("plain", "bare"):
        batch = f"put {tmp_path}/local by-sftp\nls -1 by-sftp\nget by-sftp {tmp_path}/got-{alias}\n"
        done = login_host.run("sftp", "-F", str(login_host.client), "-b", "-", alias, input=batch.encode())
        assert done.returncode == 0, done.stderr
        said[alias] = done.stdout.replace(alias.encode(), b"")
        assert sha((tmp_path / f"got-{alias}").read_bytes()) == sha(DATA)
    assert said["plain"] == said["bare"]
    assert login_host.poison.read_text() == ""


@pytest.mark.skipif(not shutil.which("rsync"), reason="rsync is not installed")
def test_rsync(login_host, tmp_path):
    """rsync there and back with --delete."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "data").write_bytes(DATA)
    (tree / "zwei worte").write_bytes(b"x")
    shell = f"ssh -F {login_host.client}"
    for alias in ("plain", "bare"):
        up = login_host.run("rsync", "-a", "--delete", "-e", shell, f"{tree}/", f"{alias}:copy/")
        assert (up.returncode, up.stderr, up.stdout) == (0, b"", b"")
        down = login_host.run("rsync", "-a", "-e", shell, f"{alias}:copy/", f"{tmp_path}/back-{alias}/")
        assert (down.returncode, down.stderr) == (0, b"")
        assert sha((tmp_path / f"back-{alias}/data").read_bytes()) == sha(DATA)
    assert login_host.poison.read_text() == ""


def test_git_clone_and_push(login_host, tmp_path):
    """git clone and push over ssh; the repository there ends with the commit of here."""
    env = {
        "GIT_SSH_COMMAND": f"ssh -F {login_host.client}",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    name = login_host.users["bare"]
    bare = login_host.home("bare") / "repo.git"
    subprocess.run(["runuser", "-u", name, "--", "git", "init", "-q", "--bare", str(bare)], check=True, cwd=bare.parent)
    work = tmp_path / "work"
    assert login_host.run("git", "clone", "-q", "bare:repo.git", str(work), env=env).returncode == 0
    (work / "file").write_bytes(DATA)
    steps = (
        ("add", "file"),
        ("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "one"),
        ("push", "-q", "origin", "HEAD:main"),
    )
    for step in steps:
        done = login_host.run("git", "-C", str(work), *step, env=env)
        assert done.returncode == 0, done.stderr
    again = tmp_path / "again"
    assert login_host.run("git", "clone", "-q", "-b", "main", "bare:repo.git", str(again), env=env).returncode == 0
    assert sha((again / "file").read_bytes()) == sha(DATA)
    done = login_host.run("git", "archive", "--remote=bare:repo.git", "main", env=env)
    assert done.returncode == 0
    assert DATA in done.stdout
    assert login_host.poison.read_text() == ""


ANSIBLE = (
    "/bin/sh -c 'echo ~USER && sleep 0'",
    "/bin/sh -c 'echo PLATFORM; uname; echo FOUND; command -v '\"'\"'python3.12'\"'\"'; command -v '\"'\"'python3'\"'\"'; echo ENDFOUND && sleep 0'",
    '/bin/sh -c \'( umask 77 && mkdir -p "` echo HOME/.ansible/tmp `"&& mkdir "` echo HOME/.ansible/tmp/ansible-tmp-1-2-3 `" && echo ansible-tmp-1-2-3="` echo HOME/.ansible/tmp/ansible-tmp-1-2-3 `" ) && sleep 0\'',
    "/bin/sh -c 'chmod u+rwx HOME/.ansible/tmp/ansible-tmp-1-2-3/ && sleep 0'",
    "/bin/sh -c '/usr/bin/python3 && sleep 0'",
    "/bin/sh -c 'rm -f -r HOME/.ansible/tmp/ansible-tmp-1-2-3/ > /dev/null 2>&1 && sleep 0'",
)


def test_ansible_steps(login_host):
    """The commands that ansible sends for a ping, its module by standard input (pipelining)."""
    for command in ANSIBLE:
        said = []
        for alias in ("plain", "bare"):
            text = command.replace("USER", login_host.users[alias]).replace("HOME", str(login_host.home(alias)))
            options = {"input": b"print('pong')\n"} if "python3 &&" in command else {}
            done = login_host.ssh(alias, text, **options)
            assert done.returncode == 0, (command, done)
            said.append((done.stdout.replace(str(login_host.home(alias)).encode(), b"~"), done.stderr))
        assert said[0] == said[1]
    assert not (login_host.home("bare") / ".ansible/tmp/ansible-tmp-1-2-3").exists()
    assert login_host.poison.read_text() == ""


@pytest.mark.parametrize("pipelining", ["True", "False"])
def test_ansible_itself(login_host, pipelining, tmp_path):
    """ansible's ping module: pong, and the guard is not asked."""
    program = shutil.which("ansible")
    if program is None:
        pytest.skip("ansible is not installed")
    inventory = tmp_path / "inventory"
    inventory.write_text("bare ansible_python_interpreter=/usr/bin/python3\n")
    env = {"ANSIBLE_PIPELINING": pipelining, "ANSIBLE_SSH_ARGS": f"-F {login_host.client}", "LC_ALL": "C.UTF-8"}
    env |= {"ANSIBLE_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    done = login_host.run(program, "-i", str(inventory), "-m", "ping", "bare", env=env)
    assert b'"ping": "pong"' in done.stdout, done
    assert login_host.poison.read_text() == ""


@pytest.mark.parametrize(
    "command",
    [
        "scp -t /tmp/x; echo ran",
        "scp -t $(echo ran)",
        "scp -t `echo ran`",
        "scp -o ProxyCommand=x -t y",
        "scp -S prog -f y",
        "scp file -t y",
        "rsync --server . && echo ran",
        "git-upload-pack 'a' | echo ran",
        "git-upload-pack\necho ran",
        "/usr/lib/openssh/sftp-server-not",
        "/tmp/evil/sftp-server",
        "/bin/sh -c 'rm -rf /data && sleep 0'",
        "/bin/sh -c '/bin/rm -rf /opt/python3 && sleep 0'",
        "/bin/sh -c '/usr/bin/python3 -c x && sleep 0'",
        "/bin/sh -c '/usr/bin/python3 /tmp/x.py && sleep 0'",
        "/bin/sh -c 'rm -f -r /a/.ansible/tmp/ansible-tmp-1/../../../.. > /dev/null 2>&1 && sleep 0'",
        "/bin/sh -c 'rm -f -r /data /a/.ansible/tmp/ansible-tmp-1/ > /dev/null 2>&1 && sleep 0'",
        "/bin/sh -c 'chmod u+x /etc /a/.ansible/tmp/ansible-tmp-1/ && sleep 0'",
        "/bin/sh -c 'sudo rm -rf /data /bin/sh -c '\"'\"'echo BECOME-SUCCESS-x ; /usr/bin/python3'\"'\"' && sleep 0'",
        "/bin/sh -c 'sudo -H -S -n -u root /bin/sh -c '\"'\"'echo BECOME-SUCCESS-x ; rm -rf /data'\"'\"' && sleep 0'",
        "/bin/sh -c 'echo PLATFORM; uname; echo FOUND; rm -rf /data; echo ENDFOUND && sleep 0'",
        "/bin/sh -c 'echo ~; rm -rf /data && sleep 0'",
        "echo hello",
    ],
)
def test_what_only_looks_like_a_transport_is_judged(login_host, command):
    """A transport's command with anything beside it goes to the guard, which here notes the call and fails."""
    text = (
        command.replace("/data", "/nonexistent/data")
        .replace("/etc ", "/nonexistent/etc ")
        .replace("/opt/", "/nonexistent/")
    )
    login_host.ssh("bare", text, timeout=20)
    assert login_host.poison.read_text().startswith("login judge"), text


def test_become_is_ansible_s_own(login_host, tmp_path):
    """ansible's sudo wrapper around its own step passes without the guard; a stand-in called sudo shows what was run."""
    command = "/bin/sh -c 'sudo -H -S -n  -u root /bin/sh -c '\"'\"'echo BECOME-SUCCESS-abcdef ; /usr/bin/python3'\"'\"' && sleep 0'"
    login_host.put("bare", ".bashrc", "sudo() { echo sudo; }\n")
    done = login_host.ssh("bare", command, input=b"print('pong')\n")
    assert login_host.poison.read_text() == ""
    assert done.returncode in (0, 1, 127), done


@pytest.mark.parametrize("before", [("-n",), ("-T",), ()])
def test_no_byte_is_added_for_automation(login_host, before):
    """-n, -T and nothing: a user of the automation list gets stdout, stderr and status of the real shell."""
    name = login_host.users["bare"]
    login_host.settle(f"login: {{automation: [{name}]}}\n")
    settings = login_host.run(str(login_host.guard), "login", "settings")
    assert f"automation {login_host.ids('bare')[0]} {name}" in settings.stdout.decode()
    for text in (
        "echo x",
        "printf '\\0\\377\\033[31m'; echo err >&2; exit 3",
        "kill -9 $$",
        "kill -TERM $$",
        "exit 255",
    ):
        both(login_host, text, before=before)
    assert login_host.poison.read_text() == ""


def test_a_shell_without_a_terminal_reads_its_commands(login_host):
    """`ssh -T host <script`: the real shell as login shell reads standard input."""
    script = b"echo $0; shopt -q login_shell && echo login; exit 7\n"
    done = both(login_host, before=("-T",), input=script)
    assert (done.returncode, done.stdout) == (7, b"-bash\nlogin\n")
    assert login_host.poison.read_text() == ""


def test_forwarding_needs_no_shell(login_host):
    """`ssh -N -L`: bytes go through, no shell and no guard."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_server(("127.0.0.1", 0)) as free:
            local = free.getsockname()[1]
        child = subprocess.Popen(
            ["ssh", "-F", str(login_host.client), "-N", "-L", f"{local}:127.0.0.1:{server.getsockname()[1]}", "bare"],
            stdin=subprocess.DEVNULL,
        )
        try:
            for _ in range(100):
                try:
                    client = socket.create_connection(("127.0.0.1", local), 1)
                    break
                except OSError:
                    time.sleep(0.05)
            peer, _ = server.accept()
            client.sendall(DATA[:5000])
            received = b""
            while len(received) < 5000:
                received += peer.recv(65536)
            assert sha(received) == sha(DATA[:5000])
            client.close()
            peer.close()
        finally:
            child.terminate()
            child.wait(10)
    assert login_host.poison.read_text() == ""


def test_control_master(login_host, tmp_path):
    """A second command over one master connection."""
    socket_path = login_host.folder / "cm"
    before = ("-o", "ControlMaster=auto", "-o", f"ControlPath={socket_path}-%n", "-o", "ControlPersist=20")
    name = login_host.users["bare"]
    login_host.settle(f"login: {{automation: [{name}]}}\n")
    login_host.run(str(login_host.guard), "login", "settings")
    for _ in range(2):
        assert both(login_host, "echo x", before=before).stdout == b"x\n"
    for alias in ("plain", "bare"):
        login_host.ssh(alias, before=("-O", "exit", "-o", f"ControlPath={socket_path}-%n"))
    assert login_host.poison.read_text() == ""


def test_standard_input_is_the_command_s_alone(login_host):
    """A megabyte of any bytes goes through `cat` unread by us; also where the guard judges."""
    for alias in ("plain", "bare", "person"):
        done = login_host.ssh(alias, "cat", input=DATA)
        assert sha(done.stdout) == sha(DATA), alias


def test_python_is_the_one_of_the_tests():
    """The harness itself: its Python can be started by every user."""
    from tests.live.loginhost import python_for_all, why_not

    if why := why_not():
        pytest.skip(why)
    assert python_for_all() in (sys.executable, "/usr/bin/python3")
