"""The bench that judges texts without running them."""

from __future__ import annotations

import pytest

from safeshell.cli.bench import ParseTable, open_bench
from safeshell.gateways.shfmt import Shfmt
from safeshell.languages.reading import ParseFailure
from safeshell.model.effects import Demand, Mode, Tier
from safeshell.model.facts import Ask, place_question
from safeshell.model.places import Place


@pytest.fixture(scope="module")
def bench():
    """A bench that looks at nothing."""
    return open_bench()


def test_a_given_tier_and_mode_count(bench):
    """For this text only."""
    strict = bench.weigh("touch /srv/x", tier="production")
    assert (strict.verdict.demand, strict.mode) == (Demand.KEY, Mode.READ_ONLY)
    assert bench.weigh("touch /srv/x", tier="production", mode="rw").verdict.demand is Demand.ALLOW
    assert bench.weigh("touch /srv/x", tier="development").verdict.demand is Demand.ALLOW


def test_a_given_tier_makes_a_named_place_stricter_never_milder(bench):
    """`--tier development` does not turn `ssh prod-db` into a laptop."""
    assert bench.weigh("ssh prod-db 'touch /srv/x'", tier="development").verdict.demand is not Demand.ALLOW
    assert bench.weigh("ssh box-1 'systemctl stop x'", tier="production").verdict.deciding.environment.tier in (
        Tier.PRODUCTION,
        Tier.UNKNOWN,
    )
    assert bench.looker.gather([place_question(Place("ssh", "prod-db"))], "")


def test_each_finding_has_a_demand_of_its_own(bench):
    """What decides and what does not, side by side."""
    weighed = bench.weigh("ls; rm -rf /srv/x", tier="production")
    found = {finding.effect.value: weighed.demand_of(finding) for finding in weighed.assessment.findings}
    assert found["reads"] is Demand.ALLOW
    assert found["destroys_data"] is Demand.CONFIRM


def test_texts_are_parsed_together_and_those_inside_them_too(bench):
    """After `prepare` nothing has to be parsed alone."""
    texts = ["for f in a; do bash -c 'if true; then rm x; fi'; done", "while read l; do echo; done"]
    bench.prepare(texts)
    single, asked = bench.table.single, []
    bench.table.single = lambda text: asked.append(text) or single(text)
    try:
        first, second = (bench.weigh(text, tier="production") for text in texts)
    finally:
        bench.table.single = single
    assert asked == []
    assert first.verdict.demand is Demand.CONFIRM
    assert second.verdict.demand is Demand.ALLOW


def test_what_cannot_be_parsed_is_not_understood_whether_together_or_alone(bench):
    """A bad line among good ones spoils none of them."""
    texts = ["if true", "for f in a; do ls; done"]
    bench.prepare(texts)
    bad, good = (bench.weigh(text, tier="production") for text in texts)
    assert not bad.assessment.understood
    assert bad.verdict.demand is Demand.CONFIRM
    assert good.verdict.demand is Demand.ALLOW


def test_the_table_notes_what_it_lacks_while_collecting():
    """So that the next round can parse it with others; afterwards it parses by itself."""
    table = ParseTable(Shfmt())
    table.collecting = True
    assert isinstance(table("if true; then ls; fi"), ParseFailure)
    assert list(table.missed) == ["if true; then ls; fi"]
    table.collecting = False
    assert not isinstance(table("if true; then ls; fi"), ParseFailure)


def test_here_is_the_only_bench_that_knows_a_directory(tmp_path, monkeypatch):
    """And this process's variables."""
    monkeypatch.chdir(tmp_path)
    assert open_bench().cwd == ""
    looking = open_bench(here=True)
    assert looking.cwd == str(tmp_path)
    assert looking.looker.shell_names
    assert not hasattr(open_bench().looker, "shell_names")


def test_notices_of_the_configuration_are_told(tmp_path, monkeypatch, capsys):
    """On standard error, each with our name before it."""
    path = tmp_path / "c.yaml"
    path.write_text("tint: perhaps\n")
    open_bench(config=str(path)).tell_notices()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"safeshell: {path}:1:7: ")


def test_a_question_about_a_place_is_answered(bench):
    """By name alone, without looking anything up."""
    question = place_question(Place("ssh", "prod-db"))
    assert question.about is Ask.PLACE
    assert bench.looker.gather([question], "")[question].tier is Tier.PRODUCTION


@pytest.mark.parametrize(
    "text", ["sudo ./status.sh", "sudo -u app sh -c './status.sh'", "su -c ./status.sh", "doas env A=1 ./status.sh"]
)
def test_what_runs_as_another_user_says_so(text):
    """The road offers to remember a program that nobody knows, but never one that runs with other rights."""
    bench = open_bench(tier="production")
    inner = [
        one for statement in bench.weigh(text, tier="production").assessment.statements for one in statement.walk()
    ]
    assert any(one.detail.get("elevates") for one in inner)
    plain = bench.weigh("./status.sh", tier="production").assessment.statements
    assert not any(one.detail.get("elevates") for statement in plain for one in statement.walk())


def test_zsh_texts_are_parsed_by_the_table_too():
    """Alone by zsh's grammar, its short forms in zsh's own long form; while collecting they wait."""
    table = ParseTable(Shfmt())
    assert not isinstance(table.zsh("rm -rf vic*(.)"), ParseFailure)
    table.collecting = True
    assert isinstance(table.zsh("rm -rf vic*(.)"), ParseFailure)
    assert not table.zsh_spelled("for i (1 2) echo $i")
    assert not table.missed
