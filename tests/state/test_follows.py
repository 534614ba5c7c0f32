"""Answers about following, one a host."""

from safeshell.state.follows import Follows


def test_an_answer_is_kept(tmp_path):
    """Yes and no alike, for this host alone; a later answer takes the earlier one's place."""
    follows = Follows(str(tmp_path))
    assert follows.answer("a@h:22") is None
    assert follows.keep("a@h:22", True)
    assert follows.keep("b@h:22", False)
    assert Follows(str(tmp_path)).answer("a@h:22") is True
    assert Follows(str(tmp_path)).answer("b@h:22") is False
    assert follows.keep("a@h:22", False)
    assert follows.answer("a@h:22") is False
    assert (tmp_path / "follow.json").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_not_ours_or_wrong_is_no_answer(tmp_path):
    """Others could have written it; garbage says nothing; a place that cannot be written is told."""
    file = tmp_path / "follow.json"
    file.write_text('{"a@h:22": true}')
    file.chmod(0o644)
    assert Follows(str(tmp_path)).answer("a@h:22") is None
    for text in ("nonsense", "[1]", '{"a@h:22": "yes"}'):
        file.write_text(text)
        file.chmod(0o600)
        assert Follows(str(tmp_path)).answer("a@h:22") is None
    assert not Follows(str(tmp_path / "none")).keep("a@h:22", True)
