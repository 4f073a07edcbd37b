"""Benchmarks: ratios against a bare page under the same server in the same run."""
