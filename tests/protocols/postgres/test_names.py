"""Prepared statements and portals mean what the server confirmed."""

from safeshell.protocols.postgres.names import Change, Names, Statement
from safeshell.protocols.wire import Unit
from tests.protocols.postgres.play import BOUND, PARSED, B, E, H, P, Play, Q, S, closing, done, error, ready, reply


def test_a_failed_parse_changes_nothing():
    """A Parse of a name that exists fails: a later Bind runs the old text, and that is judged."""
    play = Play().passes(P("delete from t", "s") + S, PARSED + ready())
    play.passes(P("select 1", "s") + S, error("exists", "42P05") + ready())
    play.client(B(name="s"), E(), S).submitted("delete from t")


def test_within_a_whole_the_newest_text_counts():
    """Parse, Bind, Execute of one whole are read together, before the server has confirmed them."""
    Play().client(P("select 1", "s"), closing("S", "s"), P("drop table t", "s"), B(name="s"), E(), S).submitted(
        "drop table t"
    )


def test_an_unknown_name_is_written_as_sql():
    """SQL's PREPARE and DECLARE share the server's names; the reader knows what it saw of them."""
    play = Play().client(B(name='a"b'), E(), S).submitted('EXECUTE "a""b"').release()
    play.server(BOUND + done("x")).client(E("cur"), S).submitted('FETCH "cur"')


def test_sql_that_changes_names_is_noticed():
    """DEALLOCATE and then PREPARE behind the protocol's back: the old text is not believed any more."""
    play = Play().passes(P("select 1", "s") + S, PARSED + ready())
    play.passes(Q("deallocate s; prepare s as delete from t"), reply("C", b"DEALLOCATE\0") + done("PREPARE"))
    play.client(B(name="s"), E(), S).submitted('EXECUTE "s"')


def test_prepare_alone_leaves_other_names():
    """A PREPARE can't replace a name that exists."""
    play = Play().passes(P("select 1", "s") + S, PARSED + ready()).passes(Q("prepare x as select 2"), done("PREPARE"))
    play.client(B(name="s"), E(), S).submitted("select 1")


def test_a_suspended_portal_goes_on_unasked():
    """Execute with a limit: the rest of the same portal is no new statement."""
    play = Play().client(P("select 1"), B(portal="p"), E("p", 1), H).submitted("select 1").release()
    play.server(PARSED, BOUND, reply("s")).to_client(PARSED, BOUND, reply("s")).machine.data_to_server()
    play.client(E("p", 1), S).submitted().to_server(E("p", 1), S)


def test_closing_forgets():
    """A confirmed Close takes the name away."""
    names = Names()
    made = Statement("select 1")
    names.confirm(Change(b"s", statement=made))
    assert names.find(b"Ss", {}) is made
    names.confirm(Change(b"s", closes=b"S"))
    assert names.find(b"Ss", {}) is None
    assert names.unit(b"p", {}) == Unit('FETCH "p"')
