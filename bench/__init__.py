"""Measures the hot pages of a real server, on this machine and nowhere else."""
