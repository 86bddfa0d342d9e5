"""Bills measured: `python -m benchmarks.bills [--quick] [PART …]`, or `make bench-bills`."""
