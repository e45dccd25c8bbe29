"""What a run found out, for people: the ten-second summary, the page, the chart files."""
