"""numpy and scipy on the processor, one thread: linear models, hashed ones and CRFs."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="numpy",
    formats=("csr", "crf", "hashed", "static"),
    load="undercut.backends.numpy.session:load",
    summary="sparse rows times a dense weight table",
    requires=("numpy", "scipy", "safetensors"),
)
