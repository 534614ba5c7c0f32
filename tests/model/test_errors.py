"""Errors are sentences with a place."""

from __future__ import annotations

from safeshell.model.errors import ConfigError, ProtocolError, RecordError, SafeshellError


def test_config_error_names_file_line_column_and_expectation():
    """A person can go to the fault with this sentence alone."""
    fault = ConfigError("unknown key `tear`", source="c.yaml", line=3, column=7, expected="`tier`")
    assert str(fault) == "c.yaml:3:7: unknown key `tear`; expected `tier`"


def test_config_error_without_a_place():
    """What is not known is left out, not printed as zero."""
    assert str(ConfigError("too long", source="c.yaml")) == "c.yaml: too long"
    assert str(ConfigError("too long")) == "too long"


def test_protocol_error_says_whose_fault():
    """Client and server faults end differently."""
    assert ProtocolError("bad length", fault="client").fault == "client"


def test_the_tree_has_one_root():
    """One except clause catches all of ours."""
    assert all(issubclass(kind, SafeshellError) for kind in (ConfigError, ProtocolError, RecordError))
