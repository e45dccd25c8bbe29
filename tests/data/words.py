"""Words that made-up texts are drawn from."""

WORDS = [
    "the",
    "order",
    "parcel",
    "never",
    "came",
    "and",
    "I",
    "want",
    "my",
    "money",
    "back",
    "now",
    "please",
    "help",
]
