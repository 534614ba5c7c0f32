"""Tests that drive real programs in real terminals, and real servers."""
