"""What lies in deploy/ is read, its flags and files exist, and linters that are here agree.

No container engine and no systemd run in the tests: this is as far as they go.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from undercut.serving.exposure import check_exposure
from undercut.serving.options import ServeOptions

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
UNIT = (DEPLOY / "undercut.service").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def instructions() -> list[tuple[str, str]]:
    """Return the Dockerfile's instructions and what stands after them, lines joined."""
    lines = re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M).replace("\\\n", " ").splitlines()
    return [tuple(line.split(maxsplit=1)) for line in lines if line.strip()]


def said(name: str) -> list[str]:
    return [rest for kind, rest in instructions() if kind == name]


def served() -> dict[str, list[str]]:
    """Return every command that starts a server."""
    start = re.search(r"^ExecStart=(.+)$", UNIT, re.M).group(1)
    return {
        "Dockerfile": json.loads(said("CMD")[-1]),
        "compose.yaml": COMPOSE["services"]["server"]["command"],
        "undercut.service": shlex.split(start)[1:],
    }


@pytest.mark.parametrize("where", sorted(served()))
def test_the_commands_are_the_clis_and_may_listen_there(where):
    from undercut.cli.app import build

    words = served()[where]
    _, bound, _ = build().parse_args(words, exit_on_error=False, print_error=False)
    given = {}
    for model in bound.kwargs.values():
        if hasattr(model, "model_dump"):
            given |= model.model_dump(exclude_unset=True)
    options = ServeOptions(**{k: v for k, v in given.items() if k in ServeOptions.model_fields})
    assert str(options.host) in words and str(options.workspace) in words
    check_exposure(options)
    assert options.keys and not options.insecure


def test_what_the_image_is_made_of_is_there():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (extras,) = re.findall(r"\.\[([\w,]+)\]", DOCKERFILE)
    optional = project["optional-dependencies"]
    assert {"serve", "postgres"} <= set(extras.split(",")) <= set(optional)
    for extra in extras.split(","):
        assert not re.search(r"\b(torch|openvino|undercut\[train)", " ".join(optional[extra]))
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    for line in said("COPY"):
        if "--from" not in line:
            for name in line.split()[:-1]:
                assert (ROOT / name).exists() and f"!{Path(name)}\n" in ignored, name
    assert set(project["license-files"]) | {project["readme"]} <= set(said("COPY")[0].split())


def test_the_image_runs_as_nobody_and_knows_whether_it_is_well():
    kinds = [kind for kind, _ in instructions()]
    assert kinds.count("FROM") == 2 and kinds[-1] == "CMD"
    last = kinds[len(kinds) - kinds[::-1].index("FROM") - 1 :]
    assert "USER" in last and last.index("USER") < last.index("CMD")
    assert int(said("USER")[-1]) >= 1_000
    health = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    compile(health[-1], "HEALTHCHECK", "exec")
    from undercut.serving.routes import health as routes

    asked = re.search(r"http://127\.0\.0\.1:8000(/\w+)", health[-1]).group(1)
    assert f'"{asked}"' in Path(routes.__file__).read_text(encoding="utf-8")


def test_the_health_check_fails_where_nothing_answers():
    health = json.loads(said("HEALTHCHECK")[0].partition("CMD ")[2])
    code = health[-1].replace(":8000", ":1")
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode != 0


def test_compose_names_what_there_is():
    services, volumes = COMPOSE["services"], set(COMPOSE["volumes"])
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            written = {"./models", "./plans.toml"}  # the user's own, named on top of the file
            ok = source in volumes | written or (DEPLOY / source).is_file()
            assert ok, f"{name}: {volume}"
        assert set(service.get("depends_on", ())) <= set(services)
    server = services["server"]
    build = DEPLOY / server["build"]["context"]
    assert (build / server["build"]["dockerfile"]).samefile(DEPLOY / "Dockerfile")
    for port in server["ports"]:
        assert port.startswith("127.0.0.1:"), "only the proxy faces the world"
    assert "ports" not in services["db"]
    url = server["command"][server["command"].index("--database") + 1]
    db = services["db"]["environment"]
    assert url == f"postgresql://{db['POSTGRES_USER']}@db/{db['POSTGRES_DB']}"
    written = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert not re.search(r"PASSWORD: (?!\$\{\w+:\?)", written), "no password in the file"


def test_the_proxies_lead_to_the_port_and_let_bodies_pass():
    nginx, caddy = ((DEPLOY / n).read_text(encoding="utf-8") for n in ("nginx.conf", "Caddyfile"))
    for text in (nginx, caddy):
        assert text.count("{") == text.count("}") and "127.0.0.1:8000" in text
    assert "client_max_body_size 1m;" in nginx and ServeOptions().limits.body_bytes == 1 << 20
    for line in nginx.splitlines():
        line = line.strip()
        assert not line or line[0] == "#" or line[-1] in "{};", line
    assert "proxy_buffering off" in nginx and "flush_interval -1" in caddy  # streams


def test_the_unit_is_hardened():
    (service,) = re.findall(r"\[Service\]\n(.*?)\n\[Install\]", UNIT, re.S)
    kept = dict(re.findall(r"^(\w+)=(.*)$", service, re.M))
    for name, value in {
        "NoNewPrivileges": "yes", "ProtectSystem": "strict", "CapabilityBoundingSet": "",
        "PrivateTmp": "yes", "User": "undercut", "ProtectHome": "yes",
    }.items():  # fmt: skip
        assert kept[name] == value
    words = shlex.split(kept["ExecStart"])
    state = Path("/var/lib") / kept["StateDirectory"]
    assert Path(words[words.index("--workspace") + 1]) == state  # the only place it may write


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_systemd_finds_no_fault(tmp_path):
    unit = tmp_path / "undercut.service"
    unit.write_text(UNIT.replace("/opt/undercut/bin/undercut", sys.executable), encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True
    )
    assert done.returncode == 0 and "undercut.service" not in done.stderr, done.stderr


HADOLINT = shutil.which("hadolint") or shutil.which("hadolint", path=Path(sys.executable).parent)


@pytest.mark.skipif(HADOLINT is None, reason="no hadolint here")
def test_hadolint_finds_no_fault():
    done = subprocess.run([HADOLINT, str(DEPLOY / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
