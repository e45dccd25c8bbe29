"""The dummy runtime: one affine map, in numpy."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="dummy",
    formats=("dummy",),
    load="undercut.backends.dummy.session:load",
    summary="one affine map; ships so that every contract has a smallest case",
)
