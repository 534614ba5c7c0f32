"""Tests of the dialogs: pure text against golden screens, real terminals in tests/live/test_dialogs.py."""
