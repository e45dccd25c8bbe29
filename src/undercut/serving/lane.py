"""A served name: the variant that answers, the one on trial, and who answers which request."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace

from undercut.serving.opened import Opened
from undercut.serving.releasing.record import Mode, in_trial
from undercut.serving.schemas import ModelInfo


@dataclass(frozen=True)
class Standing:
    """Who answers under a name at one moment; replaced as a whole.

    Attributes:
        live: what answers; ``None`` while it is unloaded.
        info: what is told about it, also while it is unloaded.
        candidate: what is on trial.
        mode: ``canary`` (it answers its share), ``shadow`` (it answers beside), or none.
        percent: share of the requests in the trial, 0 to 100.
        trial: name that the trial's pairs are kept under.
    """

    live: Opened | None
    info: ModelInfo
    candidate: Opened | None = None
    mode: Mode = ""
    percent: float = 0.0
    trial: str = ""

    @property
    def opened(self) -> list[Opened]:
        """Return what is open."""
        return [x for x in (self.live, self.candidate) if x is not None]


class Lane:
    """One served name."""

    def __init__(self, opened: Opened) -> None:
        self.name = opened.info.name
        self.now = Standing(opened, opened.info)
        self.used = time.monotonic()
        self.wanted = 0
        """Requests that waited for it to be loaded and are not answered yet."""
        self._lock = threading.Lock()
        self.embeds = opened.embedder is not None
        self.folder = opened.folder
        """Where what is live lies; ``None`` for a model that lies nowhere."""

    def stand(self, now: Standing) -> list[Opened]:
        """Let others answer from now on; return those that do not answer any more."""
        with self._lock:
            before, self.now = self.now, now
            if now.live is not None:
                self.folder = now.live.folder
                self.embeds = now.live.embedder is not None
        return [x for x in before.opened if x not in now.opened]

    def load(self, before: Standing, live: Opened | None) -> bool:
        """Load or unload what answers, unless somebody has changed it meanwhile."""
        with self._lock:
            if self.now is not before:
                return False
            self.now = replace(before, live=live)
            return True

    @property
    def versions(self) -> set[str]:
        """Return the versions that answer under this name."""
        now = self.now
        return {now.info.version} | {x.version for x in now.opened}


@dataclass
class Served:
    """The model that one request names, and, once it is chosen, the variant that answers it.

    Attributes:
        lane: the name.
        version: the version the request names, or its key may reach only; ``None`` for any.
        chosen: the variant that answers.
        refused: versions that failed on this request and are not asked again.
        key_id: the caller's key, which a canary is drawn by; without keys, the request is.
    """

    lane: Lane
    version: str | None = None
    chosen: Opened | None = None
    standing: Standing | None = None
    refused: set[str] = field(default_factory=set)
    key_id: str | None = None

    @property
    def info(self) -> ModelInfo:
        """Return what is told about the variant that answers; before that, about the usual one."""
        if self.chosen is not None:
            return self.chosen.info
        now = self.lane.now
        named = next((x for x in now.opened if x.version == self.version), None)
        return named.info if named else now.info

    @property
    def embeds(self) -> bool:
        """Whether the model has a vector of a text."""
        return self.lane.embeds

    def choose(self, request_id: str, *, usual: bool = False) -> Opened | None:
        """Choose who answers now; ``None`` when it must be loaded first.

        Args:
            request_id: decides whether a canary answers, where no key is asked for.
            usual: leave the trial out.
        """
        now = self.standing = self.lane.now
        self.lane.used = time.monotonic()
        candidate = now.candidate
        if candidate is not None and candidate.version not in self.refused:
            named = self.version == candidate.version
            drawn = not usual and now.mode == "canary" and self._drawn(now, request_id)
            if named or (self.version is None and drawn):
                self.chosen = candidate
                return candidate
        self.chosen = now.live
        return now.live

    def beside(self, request_id: str) -> Opened | None:
        """Return the variant that answers this request in the background, if it is in a trial."""
        now = self.standing
        if now is None or now.candidate is None or now.live is None or self.version is not None:
            return None
        if not self._drawn(now, request_id):
            return None
        return now.live if self.chosen is now.candidate else now.candidate

    def _drawn(self, now: Standing, request_id: str) -> bool:
        """Whether a request is in the trial: a canary by its key, a shadow by itself."""
        sticky = self.key_id if now.mode == "canary" else None
        return in_trial(now.trial, sticky or request_id, now.percent)
