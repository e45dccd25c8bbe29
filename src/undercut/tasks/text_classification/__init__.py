"""Text classification: one text in, one label of a fixed set out."""

from undercut.core.registry import TaskInfo

PLUGIN = TaskInfo(
    name="text-classification",
    summary="one label of a fixed set for every text",
    load="undercut.tasks.text_classification.task:TextClassification",
    row="undercut.tasks.text_classification.shown:row",
    dump="undercut.tasks.text_classification.shown:dump",
    lines="undercut.tasks.text_classification.shown:lines",
    said="undercut.tasks.text_classification.shown:said",
    rival=True,
)
