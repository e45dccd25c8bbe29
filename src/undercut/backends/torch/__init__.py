"""torch on the processor: the reference every other runtime is compared with."""

from undercut.core.registry import BackendInfo

PLUGIN = BackendInfo(
    name="torch",
    formats=("torch",),
    load="undercut.backends.torch.session:load",
    summary="PyTorch in float32, the reference",
    requires=("torch", "safetensors"),
    extra="train",
    lanes=True,
)
