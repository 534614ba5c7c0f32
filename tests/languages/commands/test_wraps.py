"""What commands run in turn, and where they act."""

from __future__ import annotations

from safeshell.languages.commands import WrapKind
from safeshell.model.places import Place
from safeshell.model.statements import Language
from tests.languages.commands.making import effects, globbed, knowledge, rules, run, unknown

TOOLS = knowledge("""
- name: sudo
  style: posix
  assignments: true
  otherwise: writes
  options: {"-u --user": value, "-s": flag, "-h --host": value}
  wraps: [{argv: rest}, {interactive: true, when: {option: -s, count: {slot: rest, max: 0}}}]
- name: xargs
  style: posix
  options: {"-I": value, "-i": optional}
  wraps: [{argv: rest, appended: true, placeholder: -I}]
- name: find
  style: expression
  options: {"-exec, -ok": value, "-delete": flag}
  operands: "path..."
  wraps:
    - {argv: -exec, until: [";", "+"], appended: true, placeholder: "{}"}
- name: sh
  style: posix
  options: {"-c": flag}
  operands: "[script] [args...]"
  operands_when: [{options: [-c], operands: "text [args...]"}]
  wraps:
    - {text: text, language: bash}
    - {file: script, language: bash}
    - {stdin: bash, when: {all: [{count: {slot: script, max: 0}}, {no_option: -c}, {piped: true}]}}
- name: psql
  options: {"-c --command": value, "-h --host": value, "-d --dbname": value, "-U": value}
  operands: "[dbname] [user]"
  wraps: [{text: -c, language: postgres}]
  place: {kind: database, name: -h, detail: {database: [-d, dbname], user: [-U, user]}}
- name: ssh
  style: posix
  options: {"-p": value}
  operands: "host [command...]"
  place: {kind: host, name: host}
  wraps: [{text: command, language: bash}]
- name: redis-cli
  style: posix
  options: {"-h": value}
  wraps: [{words: rest, language: redis}]
- name: perl
  options: {"-e": value}
  wraps: [{opaque: -e, reason: runs Perl code}, {opaque: true, when: {piped: true}}]
""")


def inner(*parts, **more) -> list[tuple[str, str]]:
    """Kind and words of all inner programs."""
    found = run(TOOLS, *parts, **more).wrapped
    return [(item.kind.value, " ".join(word.source for word in item.words)) for item in found]


def test_a_wrapper_hands_on_its_words() -> None:
    """Options of the wrapper end where the command begins; nothing wrapped is `otherwise`."""
    (wrapped,) = run(TOOLS, "sudo -u root -- rm -r x").wrapped
    assert [word.literal for word in wrapped.words] == ["rm", "-r", "x"]
    assert wrapped.assignments
    assert effects(run(TOOLS, "sudo rm x")) == []
    assert effects(run(TOOLS, "sudo -u x")) == ["writes"]


def test_an_interactive_shell_leaves_the_guard() -> None:
    """Only when nothing is run by it."""
    assert effects(run(TOOLS, "sudo -s")) == ["leaves_guard"]
    assert effects(run(TOOLS, "sudo -s ls")) == []


def test_outside_words_are_appended_or_take_a_place() -> None:
    """xargs appends; with -I and in find they replace a mark, which then is unknown."""
    (plain,) = run(TOOLS, "xargs rm -f").wrapped
    assert plain.appended
    (placed,) = run(TOOLS, "xargs -I % mv % %.old").wrapped
    assert not placed.appended
    assert [word.known for word in placed.words] == ["mv", None, None]
    assert placed.words[2].pieces[1].text == ".old"
    (found,) = run(TOOLS, "find a -exec rm -f {} +").wrapped
    assert [word.known for word in found.words] == ["rm", "-f", None]


def test_each_inner_command_of_an_expression_counts() -> None:
    """Two `-exec` are two inner commands."""
    assert inner("find a -exec ls {} ; -exec rm {} +") == [("argv", "ls {}"), ("argv", "rm {}")]


def test_texts_files_and_standard_input_of_a_shell() -> None:
    """-c takes the first operand, else it is a file, else what is piped in."""
    assert inner("sh -c ls a b") == [("text", "ls")]
    assert inner("sh x.sh a") == [("file", "x.sh")]
    assert inner("sh", piped=True) == [("stdin", "")]
    assert inner("sh") == []


def test_every_text_of_a_repeated_option_counts() -> None:
    """`psql -c a -c b` runs both."""
    assert inner("psql -c a --command=b") == [("text", "a"), ("text", "b")]
    assert run(TOOLS, "psql -c a").wrapped[0].language is Language.POSTGRES


def test_words_that_a_command_joins_stay_one_text() -> None:
    """`ssh host rm -r x` sends its words joined."""
    (wrapped,) = run(TOOLS, "ssh web rm -r x").wrapped
    assert wrapped.kind is WrapKind.TEXT
    assert [word.literal for word in wrapped.words] == ["rm", "-r", "x"]


def test_words_of_another_language_are_not_joined() -> None:
    """redis-cli passes its arguments on as they are."""
    assert inner("redis-cli -h x DEL", "a b") == [("words", "DEL a b")]


def test_code_that_is_not_read_is_a_claim() -> None:
    """With the pack's own reason."""
    found = run(TOOLS, "perl -e code")
    assert effects(found) == ["runs_opaque_code"]
    assert rules(found) == ["perl.opaque"]
    assert found.claims[0].reason == "runs Perl code"
    assert found.wrapped == ()
    assert effects(run(TOOLS, "perl", piped=True)) == ["runs_opaque_code"]
    assert effects(run(TOOLS, "perl")) == ["reads"]


def test_places() -> None:
    """Named by options or slots; unknown names say so; a host must be named, a database need not."""
    assert run(TOOLS, "psql -h db -U me shop").place == Place(
        "database", "db", detail={"database": "shop", "user": "me"}
    )
    assert run(TOOLS, "psql").place == Place("database", "")
    assert run(TOOLS, "psql -h", unknown()).place == Place("database", "", known=False)
    assert run(TOOLS, "psql -h db -d", unknown()).place == Place("database", "db", known=False)
    assert run(TOOLS, "ssh web ls").place == Place("host", "web")
    assert run(TOOLS, "ssh").place is None


def test_a_glob_is_no_placeholder() -> None:
    """A mark inside a pattern piece is replaced as well, the rest stays a pattern."""
    (wrapped,) = run(TOOLS, "find a -exec ls", globbed("{}*"), ";").wrapped
    assert wrapped.words[1].known is None
    assert wrapped.words[1].glob


def test_outside_words_may_be_known_to_begin_with_one_path() -> None:
    """What find hands on lies below the one path that it was given, or is that path."""
    finding = knowledge("""
    - name: find
      style: expression
      options: {"-exec": value}
      operands: "path..."
      wraps: [{argv: -exec, until: [";"], placeholder: "{}", below: path}]
    """)

    def handed(*parts: str) -> str | None:
        (wrapped,) = run(finding, *parts, "-exec", "rm", "{}", ";").wrapped
        return wrapped.words[1].known

    assert handed("find", "/tmp/x/") == "/tmp/x*"
    assert handed("find", "/tmp/x", "/srv") is None
    assert handed("find", "/") is None
    assert handed("find", ".") is None


def test_a_place_may_depend_on_how_its_word_is_spelled() -> None:
    """`scp a web:` acts on another host, `scp web:a b` here, and `scp a $X` nobody knows where."""
    copying = knowledge("""
    - name: scp
      operands: "source... destination"
      place: {kind: host, name: destination, when: {operand: {slot: destination, in: ["[!./]*:*"]}}}
    """)
    assert run(copying, "scp a web:/etc").place == Place("host", "web:/etc")
    assert run(copying, "scp web:/etc/a ./b:c").place is None
    assert run(copying, "scp a", unknown()).place == Place("host", "", known=False)
