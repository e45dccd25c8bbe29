"""Charts as a list of shapes: one function a kind of chart, and the writer of SVG."""
