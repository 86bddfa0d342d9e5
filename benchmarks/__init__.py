"""What a call, an import, a download and a hundred thousand ids cost: `python -m benchmarks`."""
