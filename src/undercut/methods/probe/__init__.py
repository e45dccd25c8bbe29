"""The probe: a frozen pretrained encoder and a logistic regression on what it gives."""

from undercut.core.registry import MethodInfo, Way

PLUGIN = MethodInfo(
    name="probe",
    ways={
        "text-classification": Way(
            architecture="encoder",
            options="undercut.methods.probe.options:ProbeOptions",
            fit="undercut.methods.probe.fit:fit",
            estimate="undercut.methods.probe.fit:estimate",
            gain=0.30,
        ),
        "token-classification": Way(
            architecture="tagger",
            options="undercut.methods.probe.options:ProbeTaggingOptions",
            fit="undercut.methods.probe.fit:fit",
            estimate="undercut.methods.probe.fit:estimate",
            gain=0.05,
        ),
    },
    summary="frozen encoder with a logistic regression",
    rung=1,
    stack=True,
    needs_base=True,
    requires=("torch", "tokenizers", "safetensors", "onnx", "onnxruntime"),
    extra="train",
)
