"""Tests of the reading of PostgreSQL."""
