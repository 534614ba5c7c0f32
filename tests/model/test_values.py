"""Our dataclass keeps the standard one's contract: both are put through the same paces."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys

import pytest

from safeshell.model import values

BOTH = [values, dataclasses]


def point(kind):
    @kind.dataclass(frozen=True, slots=True)
    class Point:
        x: int
        y: int = 2
        tags: list = kind.field(default_factory=list, compare=False, repr=False)

    return Point


@pytest.mark.parametrize("kind", BOTH)
class TestContract:
    def test_values_compare_hash_and_print_alike(self, kind):
        """Equal fields are equal values with one hash; what is left out of comparison does not count."""
        made = point(kind)
        assert made(1) == made(1, 2, ["t"])
        assert hash(made(1)) == hash(made(1, 2, ["t"]))
        assert made(1) != made(2)
        assert repr(made(1)).endswith("Point(x=1, y=2)")

    def test_frozen_is_frozen(self, kind):
        """No field can be changed, added or deleted."""
        one = point(kind)(1)
        with pytest.raises(AttributeError):
            one.x = 3
        with pytest.raises(AttributeError):
            del one.x
        with pytest.raises((AttributeError, TypeError)):
            one.z = 1

    def test_factories_make_fresh_defaults(self, kind):
        """Two instances never share a list."""
        made = point(kind)
        assert made(1).tags is not made(1).tags

    def test_missing_and_unknown_arguments_are_errors(self, kind):
        """A forgotten field is a TypeError at the call."""
        made = point(kind)
        with pytest.raises(TypeError):
            made()
        with pytest.raises(TypeError):
            made(1, zz=2)

    def test_replace(self, kind):
        """A copy with one field changed."""
        made = point(kind)
        assert kind.replace(made(1), y=5) == made(1, 5)

    def test_asdict_goes_all_the_way_down(self, kind):
        """Nested values become plain data."""
        made = point(kind)
        assert kind.asdict(made(1, 2, [made(3)])) == {"x": 1, "y": 2, "tags": [{"x": 3, "y": 2, "tags": []}]}

    def test_match(self, kind):
        """Positional patterns follow the fields."""
        match point(kind)(7):
            case object(x=7):
                pass
            case _:
                pytest.fail("no match")
        assert point(kind).__match_args__[:2] == ("x", "y")

    def test_post_init_and_fields_that_init_does_not_take(self, kind):
        """`init=False` fields are the class's own business."""

        @kind.dataclass(slots=True)
        class Sum:
            a: int
            b: int
            total: int = kind.field(init=False)
            seen: list = kind.field(default_factory=list, init=False)

            def __post_init__(self):
                self.total = self.a + self.b

        assert Sum(1, 2).total == 3
        assert Sum(1, 2).seen == []
        with pytest.raises(TypeError):
            Sum(1, 2, 3)

    def test_mutable_ones_have_no_hash(self, kind):
        """What can change cannot be a key."""

        @kind.dataclass(slots=True)
        class Box:
            x: int = 0

        with pytest.raises(TypeError):
            hash(Box())

    def test_inheritance(self, kind):
        """Fields of the base come first."""

        @kind.dataclass(frozen=True, slots=True)
        class Base:
            a: int

        @kind.dataclass(frozen=True, slots=True)
        class Derived(Base):
            b: int = 2

        assert (Derived(1).a, Derived(1).b) == (1, 2)
        assert not hasattr(Derived(1), "__dict__")

    def test_keyword_only(self, kind):
        """kw_only takes no positional argument."""

        @kind.dataclass(slots=True, kw_only=True)
        class Options:
            a: int
            b: int = 2

        assert Options(a=1).b == 2
        with pytest.raises(TypeError):
            Options(1)


@values.dataclass(frozen=True, slots=True)
class Kept:
    x: int


def test_copy_and_pickle():
    """A value survives both."""
    assert copy.deepcopy(Kept(1)) == Kept(1)
    assert pickle.loads(pickle.dumps(Kept(1))) == Kept(1)


@pytest.mark.parametrize(
    ("args", "named"), [((1,), {}), ((1, 2), {}), ((), {"a": 1, "b": 2}), ((1,), {"b": 2}), ((1, 2, [3]), {})]
)
def test_the_first_instance_is_like_the_later_ones(args, named):
    """It is filled without a compiled `__init__`: same values, fresh defaults, same `__post_init__`."""

    @values.dataclass(frozen=True)
    class Fresh:
        a: int
        b: int = 5
        c: list[int] = values.field(default_factory=list)
        d: list[int] = values.field(default_factory=list, init=False)

        def __post_init__(self) -> None:
            self.d.append(self.a + self.b)

    first, second, third = Fresh(*args, **named), Fresh(*args, **named), Fresh(*args, **named)
    assert first == second == third
    assert first.d is not second.d
    assert len(first.d) == len(third.d) == 1


@pytest.mark.parametrize(("args", "named"), [((), {}), ((1, 2, 3), {}), ((1,), {"a": 1}), ((1,), {"z": 1})])
def test_a_first_call_that_does_not_fit_is_an_error_and_spoils_nothing(args, named):
    """The same TypeError as ever, and the class works afterwards."""

    @values.dataclass(frozen=True)
    class Fresh:
        a: int
        b: int = 5

    with pytest.raises(TypeError):
        Fresh(*args, **named)
    assert Fresh(1) == Fresh(a=1, b=5)


def test_nothing_heavy_is_imported_on_the_way_to_the_prompt():
    """The session's imports do not pay for `dataclasses` and `inspect`, for regular expressions, or for `typing`."""
    heavy = {"dataclasses", "inspect", "yaml", "prompt_toolkit", "subprocess", "argparse", "asyncio", "logging"}
    heavy |= {"re", "typing", "contextlib", "signal", "struct", "warnings", "threading", "json", "pathlib"}
    code = (
        f"import sys\nsys.path[:0] = {[path for path in sys.path if path]!r}\n"
        "import safeshell.cli.sessionguard, safeshell.cli.setting, safeshell.gateways.loop\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
