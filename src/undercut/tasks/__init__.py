"""One folder a task: what a row, a prediction and a score are."""
