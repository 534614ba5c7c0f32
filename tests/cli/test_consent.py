"""Getting consent outside a session; the ways are also driven by tests of `safeshell -c`."""

from __future__ import annotations

import pytest

from safeshell.approvals.requests import Requests
from safeshell.cli.consent import Petition, asked_here
from safeshell.cli.setting import Setting
from safeshell.guard.requests import AskOperator
from safeshell.model.effects import Demand, Mode
from safeshell.model.judgement import Assessment, Consent, Exactness, Preview, Verdict
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language
from safeshell.policy.observation import Observation
from safeshell.policy.policy import Policy
from tests.making import action


def setting(**policy):
    return Setting(Policy(**policy), Knowledge(), Observation("host", user="ada", operator="ada"), {})


def question(rows: int = 3):
    assessment = Assessment(action("delete from t"), (), ())
    preview = Preview("rows", rows, "rows", Exactness.EXACT)
    return AskOperator(assessment, Verdict(Demand.CONFIRM, "destroys", "t 3"), preview, "d", Mode.READ_ONLY)


@pytest.fixture
def requests(tmp_path):
    return Requests(str(tmp_path / "requests"), redact=lambda text: text)


def petition(requests, text="delete from t", token="", quiet=False, **policy):
    return Petition(setting(**policy), requests, Language.POSTGRES, text, "shop@db", "ada", token=token, quiet=quiet)


def test_off_a_terminal_a_request_is_left(requests, capfd):
    """Nobody is asked; the id is given back, and it is the same for the same action."""
    assert not asked_here()
    first = petition(requests).settle(question())
    again = petition(requests).settle(question())
    assert (first.granted, first.how) == (False, Consent.UNASKED)
    assert first.request_id
    assert first.request_id == again.request_id
    assert capfd.readouterr().err == ""


def test_a_token_counts_for_its_text_within_its_bound(requests, capfd):
    """Another text or more rows are refused anew."""
    id_ = petition(requests).settle(question()).request_id
    assert petition(requests, token=id_, tokens="self").settle(question()).granted
    assert not petition(requests, token=id_, tokens="self").settle(question(rows=4)).granted
    assert "at most 3 rows" in capfd.readouterr().err
    assert not petition(requests, token=id_).settle(question()).granted
    assert "waits to be confirmed" in capfd.readouterr().err


def test_a_client_of_many_texts_is_not_told_of_each_that_the_token_is_not_for(requests, capfd):
    """It is for one of them; the others leave requests of their own."""
    id_ = petition(requests).settle(question()).request_id
    other = petition(requests, text="delete from u", token=id_, quiet=True).settle(question())
    assert other.request_id != id_
    assert capfd.readouterr().err == ""
    petition(requests, text="delete from u", token=id_).settle(question())
    assert "another text" in capfd.readouterr().err
