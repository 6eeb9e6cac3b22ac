"""A Docker engine of the tests' own, with an image made from the installed turnserver.

Root only, by hand, in a folder of its own: no registry, no bridge, no firewall rules.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Self

import docker
import docker.errors

from suite.reaper import Reaper

NEEDED = ("dockerd", "containerd", "runc", "turnserver", "ldd")
IMAGE = "parley-turnserver:installed"
READY_S = 90.0
STOP_S = 60.0
FLAGS = (
    "--bridge=none --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false "
    "--userland-proxy=false --storage-driver=overlay2 --exec-opt native.cgroupdriver=cgroupfs"
)

EMPTYING = """
import sys, time, docker
with_engine = docker.DockerClient(base_url=sys.argv[1], timeout=60)
while found := with_engine.containers.list(all=True, ignore_removed=True):
    for container in found:
        try:
            container.remove(force=True)
        except docker.errors.APIError:  # somebody else is at it
            time.sleep(0.1)
"""


def why_not() -> str:
    """Why no engine can be started here; empty where it can."""
    if os.geteuid() != 0:
        return "a Docker engine of our own needs root"
    missing = [name for name in NEEDED if shutil.which(name) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


class EngineFailed(Exception):
    """The engine did not start; the last lines of its log say why."""


class Engine:
    """The engine as a context manager; `host` is what DOCKER_HOST is to be."""

    def __init__(self) -> None:
        self._reaper = Reaper()
        self.folder = Path(tempfile.gettempdir()) / f"parley-docker-{os.urandom(4).hex()}"
        self.host = f"unix://{self.folder}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        folder = self.folder
        paths = f"--data-root {folder}/data --exec-root {folder}/exec --pidfile {folder}/docker.pid"
        argv = [str(shutil.which("dockerd")), "-H", self.host, *paths.split(), *FLAGS.split()]
        self._reaper.folder(folder)
        self._reaper.command(["sh", "-c", _unmounting(folder)])
        self._reaper.command(["sh", "-c", f"kill -9 $(cat {folder}/exec/containerd/containerd.pid)"])
        self._reaper.process(argv)
        self._reaper.command([sys.executable, "-c", EMPTYING, self.host])  # what it runs outlives it
        folder.mkdir(mode=0o700)
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(argv, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + READY_S
        while True:
            try:
                with contextlib.closing(docker.DockerClient(base_url=self.host, timeout=60)) as client:
                    client.ping()
                return self
            except (docker.errors.DockerException, OSError):
                if self._process.poll() is not None or time.monotonic() > end:
                    tail = (folder / "log").read_text(errors="replace").splitlines()[-2:]
                    self.__exit__()
                    raise EngineFailed(f"dockerd did not start: {' | '.join(tail)}") from None
                time.sleep(0.05)

    def __exit__(self, *_: object) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            # A turnserver does not hear the engine's TERM, and outlives an engine that is killed.
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run([sys.executable, "-c", EMPTYING, self.host], timeout=STOP_S, check=False)
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            if process.poll() is None:
                process.kill()
                process.wait()
        subprocess.run(["sh", "-c", _unmounting(self.folder)], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
        self._reaper.close()

    def make_image(self) -> str:
        """An image of the installed turnserver and the libraries it needs, and nothing else."""
        program = str(shutil.which("turnserver"))
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for file in {program, *re.findall(r"(/\S+) \(0x", told)}:
                tar.add(os.path.realpath(file), arcname=file)
            for name in ("tmp", "etc"):
                made = tarfile.TarInfo(name)
                made.type, made.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(made)
        repository, _, tag = IMAGE.partition(":")
        with contextlib.closing(docker.DockerClient(base_url=self.host, timeout=120)) as client:
            client.api.import_image_from_data(archive.getvalue(), repository=repository, tag=tag)
        return IMAGE

    def containers(self) -> list[str]:
        """The names of all containers there are, running or not."""
        with contextlib.closing(docker.DockerClient(base_url=self.host, timeout=60)) as client:
            return [container.name for container in client.containers.list(all=True, ignore_removed=True)]


def _unmounting(folder: Path) -> str:
    """A command that unmounts what is mounted within the folder."""
    return f"awk '$2 ~ \"^{folder}/\" {{ print $2 }}' /proc/mounts | sort -r | xargs -r -n 1 umount -l"
