"""A container to type into: real podman with a root made of this machine's own programs, nothing downloaded.

What must not live here: assertions; a stand-in for podman.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

PROGRAMS = (
    "awk",
    "bash",
    "cat",
    "chmod",
    "chown",
    "find",
    "getent",
    "grep",
    "head",
    "id",
    "kill",
    "ls",
    "mkdir",
    "mkfifo",
    "mktemp",
    "rm",
    "sed",
    "sh",
    "sleep",
    "stty",
    "touch",
)
CONTAINERS = '[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n'
STORAGE = '[storage]\ndriver = "vfs"\ngraphroot = "{0}/graph"\nrunroot = "{0}/run"\n'


class Box:
    """One running container, `prod-web-1`; `environ` leads podman to it. `stop` takes all of it away."""

    name = "prod-web-1"

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ss-box-", dir="/var/tmp"))
        (self.folder / "containers.conf").write_text(CONTAINERS)
        (self.folder / "storage.conf").write_text(STORAGE.format(self.folder))
        self.environ = {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
        }
        self.root = self.folder / "root"
        self._furnish()
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        limits = ["--ulimit", f"nofile={files}:{files}", "--ulimit", "nproc=1000:1000"]
        self.started = self.podman(
            "run", "-d", "--name", self.name, "--network", "none", *limits, "--rootfs", str(self.root), "sleep", "3000"
        )
        self.works = self.started.returncode == 0 and self.podman("exec", self.name, "id").returncode == 0

    def _furnish(self) -> None:
        for name in ("tmp", "etc", "proc", "dev", "sys", "run", "root", "usr", "srv/victims"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        (self.root / "tmp").chmod(0o1777)
        (self.root / "etc/passwd").write_text("root:x:0:0::/root:/bin/bash\napp:x:1500:1500::/srv:/bin/bash\n")
        (self.root / "etc/group").write_text("root:x:0:\napp:x:1500:\n")
        (self.root / "root/.bashrc").write_text("PS1='home$ '\n")
        (self.root / "root/.bash_profile").write_text(". ~/.bashrc\n")
        (self.root / "srv/.bashrc").write_text("PS1='home$ '\n")
        (self.root / "srv/victims/a").write_text("precious\n")
        for path in (self.root / "srv", *(self.root / "srv").rglob("*")):
            os.chown(path, 1500, 1500)
        for program in PROGRAMS:
            self._install(program)

    def _install(self, program: str) -> None:
        found = Path(shutil.which(program) or f"/bin/{program}").resolve()
        (self.root / "bin").mkdir(exist_ok=True)
        shutil.copy2(found, self.root / "bin" / program)
        told = subprocess.run(["ldd", str(found)], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+)", told):
            target = self.root / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                shutil.copy2(Path(library).resolve(), target)

    def podman(self, *words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **self.environ}
        return subprocess.run(["podman", *words], env=env, capture_output=True, text=True, check=False, timeout=60)

    def stop(self) -> None:
        self.podman("rm", "-f", "-t", "0", self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
