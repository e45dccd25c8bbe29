"""A real ``undercut serve`` process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit


class Live:
    """A server process; what it prints goes to files in ``place``."""

    def __init__(self, artefact: Path | str, place: Path, *options: str) -> None:
        self.place = place
        place.mkdir(parents=True, exist_ok=True)
        self._out, self._err = (place / "stdout").open("w"), (place / "stderr").open("w")
        command = [sys.executable, "-m", "undercut", "serve", str(artefact), "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--workspace", "ws", *options],
            cwd=place,
            stdout=self._out,
            stderr=self._err,
        )
        deadline = time.monotonic() + 300  # far more than it takes: no test is timed
        while not (found := re.search(r"at (https?://\S+)", self.stderr)):
            assert self.process.poll() is None and time.monotonic() < deadline, self.stderr
            time.sleep(0.02)
        self.url = found.group(1)
        secret = re.search(r"uc_[\w-]{43}", self.stderr)
        self.key = secret.group() if secret else ""
        self.address = (urlsplit(self.url).hostname, urlsplit(self.url).port)

    @property
    def stderr(self) -> str:
        return (self.place / "stderr").read_text(encoding="utf-8")

    @property
    def stdout(self) -> str:
        return (self.place / "stdout").read_text(encoding="utf-8")

    def socket(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=10)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are; return everything until the server closes."""
        with self.socket() as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            found = b""
            while part := s.recv(65_536):
                found += part
            return found

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self._out.close()
            self._err.close()
