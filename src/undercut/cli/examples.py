"""What to type, a few lines a command: the end of its ``--help``."""

from __future__ import annotations

EXAMPLES = {
    "run": """undercut run train.csv --test test.csv --requests-per-month 300000
undercut run train.csv --method linear
undercut run train.csv --method lora --lora.rank 8""",
    "check": """undercut check train.csv --test test.csv
undercut check train.csv --fix""",
    "relabel": "undercut relabel train.csv --most 30",
    "coreset": "undercut coreset tickets.csv --coreset 200 --labelled labelled.csv",
    "tune": "undercut tune train.csv --test test.csv --budget-usd 0.20",
    "train": "undercut train train.csv --method linear",
    "evaluate": "undercut evaluate train held_out.csv",
    "compress": "undercut compress train held_out.csv --train train.csv --max-drop 0.5",
    "cascade": "undercut cascade train-linear train-full --data held_out.csv",
    "price": """undercut price --requests-per-month 5000000 --usd-per-core-hour 0.03
undercut price --scenario market.toml""",
    "market": """undercut market
undercut market --new""",
    "war": "undercut war market.toml",
    "invest": "undercut invest market.toml",
    "plan": "undercut plan market.toml",
    "learning-curve": "undercut learning-curve train.csv",
    "loadtest": "undercut loadtest http://127.0.0.1:8000",
    "rival": "undercut rival --base-url https://api.openai.com/v1 --model gpt-4o-mini --max-usd 1",
    "report": "undercut report train",
    "export": "undercut export train --to tensorboard",
    "predict": """undercut predict train "where is my refund"
undercut predict train --file texts.csv --out answers.jsonl""",
    "explain": """undercut explain train "where is my refund" --page why.html
undercut explain train --global""",
    "serve": "undercut serve train",
    "sign": """undercut sign --new-key signing.key
undercut sign train --key signing.key""",
    "licences": "undercut licences train",
    "keys": """undercut keys create acme --usd-per-month 50
undercut keys""",
    "usage": "undercut usage --month 2026-11",
    "invoice": "undercut invoice --month 2026-11 --plans plans.toml --seller 'Your name'",
    "feedback": "undercut feedback export --out corrected.csv",
    "release": """undercut release canary support train-full --percent 5
undercut release promote support""",
    "gate": "undercut gate train-new --against train --data gate.csv",
    "list": """undercut list
undercut list plugins""",
    "doctor": "undercut doctor",
    "new": "undercut new train.csv --test test.csv",
    "completion": "undercut completion bash --install",
    "help": """undercut help data-columns
undercut help run""",
    "ledger": """undercut ledger
undercut ledger add person_hour 3 --note labelling --entry-id labels-june""",
}
