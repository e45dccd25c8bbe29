"""Token classification: a text in, the entities in it out, each with its characters and type."""

from undercut.core.registry import TaskInfo

PLUGIN = TaskInfo(
    name="token-classification",
    summary="entities in every text, such as names and places, with their character offsets",
    load="undercut.tasks.token_classification.task:TokenClassification",
    recognise="undercut.tasks.token_classification.reading.recognise:recognise",
    read="undercut.tasks.token_classification.reading.read:read",
    inputs="undercut.tasks.token_classification.reading.unlabelled:inputs",
    check="undercut.tasks.token_classification.checks:check",
    answer="undercut.tasks.token_classification.prediction:Tagged",
    row="undercut.tasks.token_classification.shown:row",
    lines="undercut.tasks.token_classification.shown:lines",
    said="undercut.tasks.token_classification.shown:said",
    rival=True,
    windows=True,
)
