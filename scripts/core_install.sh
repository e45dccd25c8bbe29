#!/bin/sh
# Install only the core in a clean environment, run `linear` end to end without torch, and print
# what it weighs. Fails above the limit.
set -eu
limit_mb=350
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/python" -m pip --disable-pip-version-check install --quiet -c "$top/constraints.txt" "$top"
site=$("$work/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
rm -rf "$site"/pip "$site"/pip-* "$site"/setuptools "$site"/setuptools-* "$site"/pkg_resources
cd "$work"
"$work/venv/bin/python" - <<'PY'
import importlib.util
heavy = [m for m in ("torch", "transformers", "onnxruntime", "fastapi", "matplotlib") if importlib.util.find_spec(m)]
assert not heavy, f"not core: {heavy}"
PY
"$work/venv/bin/undercut" --help > /dev/null
"$work/venv/bin/undercut" run "$top/examples/support/support_en.csv" \
  --test "$top/examples/support/test_en.csv" --json > run.json
"$work/venv/bin/undercut" predict support_en "where is my parcel" "我要退款"
"$work/venv/bin/python" - <<'PY'
import json
facts = json.load(open("run.json"))
print(f"linear on the embedded example: accuracy {facts['accuracy']:.3f}, "
      f"{facts['usd_per_1k'] * 1000:.3g} USD per million requests, run {facts['cost_usd']:.6f} USD")
assert facts["promoted"].startswith("linear"), facts["promoted"]
assert facts["accuracy"] > 0.55
PY
echo "installed sizes, MB:"
du -sm "$site"/* | sort -rn | head -12
total=$(du -sm "$site" | cut -f1)
echo "core install: $total MB (limit $limit_mb)"
[ "$total" -le "$limit_mb" ]
