"""The load test: open-loop arrivals at rising rates against a running server, until p95 breaks."""
