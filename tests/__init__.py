"""Tests of safeshell: mirrors safeshell/ file by file, plus live/, corpora and benchmarks."""
