"""numpy and scipy on the processor, one thread: the runtime of linear models and CRFs."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="numpy",
    formats=("csr", "crf"),
    load="undercut.backends.numpy.session:load",
    summary="sparse rows times a dense weight table",
    requires=("numpy", "scipy", "safetensors"),
)
