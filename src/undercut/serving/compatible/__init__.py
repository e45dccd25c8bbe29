"""OpenAI's shapes around our answers: bodies, errors, streams."""
