"""Tests of the previews: real trees, real processes, real repositories."""
