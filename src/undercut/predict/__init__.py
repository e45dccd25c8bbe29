"""The predictor over architectures and backends: prepare, sort, pack, run, decode."""
