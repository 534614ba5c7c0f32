"""Programs of Python: what only computes and reads is told from everything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeshell.languages.python import MAX_TEXT, read
from safeshell.languages.reading import UNKNOWN_PART
from safeshell.model.effects import Effect
from safeshell.model.knowledge import Knowledge
from safeshell.model.statements import Language, Statement

KNOWLEDGE = Knowledge()


def look(text: str) -> Statement:
    (statement,) = read(text, KNOWLEDGE).statements
    return statement


def effects(text: str) -> set[Effect]:
    return {claim.effect for claim in look(text).claims}


@pytest.mark.parametrize(
    "text",
    [
        "print(1)", "", "x = [i*i for i in range(3)]; print(x[-1])", "import json,sys; print(json.load(sys.stdin)['a'])", "import os.path as p; print(p.join('a','b'))",
        "from os import path, environ as e; print(path.exists(e['HOME']))", "import math; print(math.sqrt(2))", "def f(a, *b, c=1, **d):\n  return a\nprint(f(1))",
        "with open('x') as f, open('y', 'rb') as g:\n  print(f.read(), g.read())", "open(file, mode='rt', encoding='utf-8')".replace("file", "'x'"),
        "import sys\nfor line in sys.stdin:\n  sys.stdout.write(line.upper())", "print(f'{1:>{2}}', file=__import__)".replace(", file=__import__", ""),
        "try:\n  raise ValueError('x')\nexcept (ValueError, KeyError) as e:\n  print(e)\nelse:\n  pass\nfinally:\n  pass", "(lambda x: x)(1)", "print(not 1 if 2 else 3)",
        "import urllib.request\nprint(urllib.request.urlopen('http://x', timeout=2).read())", "import requests; print(requests.get('http://x', headers={}).json())",
        "from collections import Counter as C; print(C('aab').most_common(1))", "import datetime; print(datetime.datetime.now().isoformat())", "global x; x = 1; del x",
        f"print('{UNKNOWN_PART}')",
    ],
)  # fmt: skip
def test_what_computes_reads_and_prints_is_a_read(text):
    """Ordinary statements over own names, harmless builtins and listed names of modules."""
    assert effects(text) == {Effect.READS}
    assert not look(text).dynamic


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')", "exec('1')", "getattr(1, 'x')", "globals()", "__import__('os')", "import ctypes", "import nobody_knows", "from os import *", "from . import x",
        "import os; os.system", "import os; os.fork()", "import json; json.codecs.open('x', 'w')", "import json; j = json", "import json; json.decoder", "x._y", "().__class__",
        "eval = eval", "def exec(): pass", "lambda open: open('x', 'w')", "for open in []: pass", "import sys; sys.modules", "from sys import modules", "import os as sys; sys.argv; sys.remove('x')",
        "class A: pass", "@print\ndef f(): pass", "async def f(): pass", "match 1:\n  case 1: pass", "print 1", "(", "\0", "o = open", "map(open, ['x'])", "open('x', m)", "open('x', opener=f)",
        "open(*['x', 'w'])", "import urllib.request as u; u.urlopen(*['x', b''])", "open('x', **k)", "import urllib.request as u; u.urlopen('x', data=b'1')", "import urllib.request as u; u.Request('x')", "import requests; requests.post('x')",
        "import requests; requests.get('x', hooks={})", "import operator; operator.attrgetter('x')", UNKNOWN_PART, f"print({UNKNOWN_PART})", "x" * (MAX_TEXT + 1), "(" * 500 + ")" * 500,
        "import os; from json import loads as os; os.remove('x')", "import io; io.open('x', 'w')", "import math as os; import os; os.remove('x')",
    ],
)  # fmt: skip
def test_everything_else_is_code_that_is_not_read(text):
    """Names that run text, reach for names by text, or were never looked at; and what this Python cannot parse."""
    assert Effect.RUNS_OPAQUE_CODE in effects(text)
    assert look(text).dynamic


@pytest.mark.parametrize(
    ("text", "path", "recursive"),
    [
        ("import shutil; shutil.rmtree('/srv')", "/srv", True), ("from os import remove as r; r('/a')", "/a", False), ("open('/etc/x', 'w').write('')", "/etc/x", False),
        ("import os; [os.unlink(f) for f in x]", None, False), ("import shutil; shutil.copy('a', '/b')", "/b", False), (f"import os; os.remove('/{UNKNOWN_PART}')", None, False),
    ],
)  # fmt: skip
def test_what_is_removed_or_replaced_is_named(text, path, recursive):
    """A path that is a constant is the target; any other is one that nobody knows."""
    (claim,) = [claim for claim in look(text).claims if claim.effect is Effect.DESTROYS_DATA]
    assert [(target.value, target.recursive) for target in claim.targets] == [(path, recursive)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import os; os.system('rm -rf /srv')", "rm -rf /srv"), ("import subprocess as s; s.run(['rm', '-rf', '/srv x'])", "rm -rf '/srv x'"),
        ("from subprocess import getoutput; print(getoutput('reboot'))", "reboot"), ("import subprocess; subprocess.run(('ls', x))", None), ("import os; os.popen(x)", None),
    ],
)  # fmt: skip
def test_what_a_shell_is_told_is_handed_to_its_reader(text, told):
    """The text, or the words of a list quoted."""
    seen: list[str] = []

    def shell(inner: str) -> tuple[Statement, ...]:
        seen.append(inner)
        return ()

    (statement,) = read(text, KNOWLEDGE, shell).statements
    assert seen == ([told] if told else [])
    assert Effect.RUNS_OPAQUE_CODE in {claim.effect for claim in statement.claims}


@given(st.text(max_size=80) | st.text("()[]{}:;,.='\"\\ \nimportseval0f#@lambdax", max_size=80))
def test_it_is_total(text):
    """Any text has one statement, and never an exception."""
    statement = look(text)
    assert statement.language is Language.PYTHON
    assert statement.claims
