"""numpy and scipy on the processor, one thread: the runtime of linear models."""

from undercut.core.types import BackendInfo

PLUGIN = BackendInfo(
    name="numpy",
    formats=("csr",),
    load="undercut.backends.numpy.session:load",
    summary="sparse rows times a dense weight table",
    requires=("numpy", "scipy", "safetensors"),
)
