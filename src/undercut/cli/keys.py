"""How the result of ``keys`` is shown."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console
from rich.text import Text

from undercut.cli.results import Result, table
from undercut.pipeline.report.format import clean


class KeysResult(Result):
    """Keys, a new secret, or the audit trail."""

    def to_json(self) -> dict[str, Any]:
        """Return what there is; a secret only where one was made."""
        told: dict[str, Any] = self.record.model_dump(mode="json")
        return {k: v for k, v in told.items() if v or k == "keys"}

    def show(self, console: Console) -> None:
        """Print the secret first: it is shown this once."""
        r = self.record
        if r.secret:
            key = r.keys[0]
            console.print(
                Text(f"API key '{clean(key.name)}' ({key.id}), shown this once; keep it:")
            )
            console.print(Text(f"  export UNDERCUT_API_KEY={r.secret}"), soft_wrap=True)
            return
        if r.acts:
            self._trail(console)
            return
        if not r.keys:
            console.print("No keys, or no acts. Make a key with: undercut keys create NAME")
            return
        shown = table("id", "name", "customer", "plan", "scopes", "models", "own limits", "state")
        for key in r.keys:
            limits = ", ".join(
                f"{name.replace('_', ' ')} {value}"
                for name, value in key.limits
                if value is not None
            )
            shown.add_row(
                key.id,
                Text(clean(key.name)),
                Text(clean(key.customer)),
                Text(clean(key.plan or "none")),
                " ".join(key.scopes),
                Text(clean(", ".join(key.models) or "all")),
                limits or "none",
                _state(key),
            )
        console.print(shown)

    def _trail(self, console: Console) -> None:
        shown = table("at", "who", "act", "on", "what")
        for act in self.record.acts:
            detail = json.dumps(act.detail, ensure_ascii=False) if act.detail else ""
            words = (act.actor, act.act, act.subject, detail)
            shown.add_row(act.at[:19].replace("T", " "), *(Text(clean(w)) for w in words))
        console.print(shown)


def _state(key: Any) -> str:
    if key.revoked_at:
        return f"revoked {key.revoked_at[:10]}"
    return f"until {key.expires_at[:10]}" if key.expires_at else "in force"
