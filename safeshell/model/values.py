"""`dataclass` for start-up: the standard library's contract, without its price at import.

The standard `dataclasses` module imports `inspect` and compiles six methods for every class, wanted or
not: 40 of the 50 ms between the fork of the shell and the first prompt went there. Here a class costs
some microseconds, and its `__init__` is compiled when the first instance is made; instances are as
fast. Same names, same meaning, only what the house uses: `frozen`, `slots`, `eq`, `kw_only`,
`field(default, default_factory, init, repr, compare)`, `__post_init__`, `replace`, `fields`, `asdict`.
See docs/adr/0006. What must not live here: anything that the standard one does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter

TYPE_CHECKING = False  # typing costs 8 ms, and the first prompt waits
if TYPE_CHECKING:
    from typing import Any, TypeVar, dataclass_transform, overload

    T = TypeVar("T")
else:

    def overload(function):  # noqa: ANN001, ANN201, D103 - stands in for typing's
        return function

    def dataclass_transform(**_options):  # noqa: ANN003, ANN201, D103 - the same
        return overload


_MISSING: Any = object()
FIELDS = "__safeshell_fields__"


class FrozenInstanceError(AttributeError):
    """Somebody tried to change a value."""


class Field:
    """One field of a class; `factory` makes a fresh default for each instance."""

    __slots__ = ("compare", "default", "factory", "init", "name", "repr")

    def __init__(self, *, default: Any, factory: Any, init: bool, repr: bool, compare: bool) -> None:  # noqa: A002 - the standard's word
        self.name = ""
        self.default = default
        self.factory = factory
        self.init = init
        self.repr = repr
        self.compare = compare


def field(
    *,
    default: Any = _MISSING,
    default_factory: Any = _MISSING,
    init: bool = True,
    repr: bool = True,  # noqa: A002 - the standard's word
    compare: bool = True,
) -> Any:
    """Say more of a field than its default, as `dataclasses.field` does."""
    return Field(default=default, factory=default_factory, init=init, repr=repr, compare=compare)


@overload
def dataclass(cls: type[T], /) -> type[T]: ...  # noqa: D103 - told below
@overload
def dataclass(  # noqa: D103, F811 - the same
    *, frozen: bool = False, slots: bool = True, eq: bool = True, kw_only: bool = False
) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(field_specifiers=(field,))
def dataclass(  # noqa: F811 - the same
    cls: type[T] | None = None, /, *, frozen: bool = False, slots: bool = True, eq: bool = True, kw_only: bool = False
) -> Any:
    """Make a class of named fields, as `dataclasses.dataclass` does; slots are the rule here."""

    def wrap(made: type[T]) -> type[T]:
        return _build(made, frozen=frozen, slots=slots, eq=eq, kw_only=kw_only)

    return wrap if cls is None else wrap(cls)


def fields(thing: Any) -> tuple[Field, ...]:
    """The fields of a class or an instance. Raises TypeError for anything else."""
    found = getattr(thing, FIELDS, None)
    if found is None:
        raise TypeError(f"{thing!r} is no dataclass")
    return tuple(found.values())


def replace(thing: T, /, **changes: Any) -> T:
    """A copy with some fields changed; fields that `__init__` does not take are made anew."""
    for one in fields(thing):
        if one.init:
            changes.setdefault(one.name, getattr(thing, one.name))
    return type(thing)(**changes)


def asdict(thing: Any) -> dict[str, Any]:
    """Plain data, all the way down."""
    return {one.name: _plain(getattr(thing, one.name)) for one in fields(thing)}


def _plain(value: Any) -> Any:
    if hasattr(type(value), FIELDS):
        return asdict(value)
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_plain(item) for item in value)
    return value


def _build(made: type[T], *, frozen: bool, slots: bool, eq: bool, kw_only: bool) -> type[T]:
    space = dict(made.__dict__)
    own = _own_fields(made, space)
    known: dict[str, Field] = {}
    for base in reversed(made.__mro__[1:]):
        known.update(getattr(base, FIELDS, {}))
    known.update(own)
    space |= {FIELDS: known, "__match_args__": () if kw_only else tuple(n for n, one in known.items() if one.init)}
    _methods(space, known, frozen=frozen, eq=eq)
    if slots:
        inherited = {name for base in made.__mro__[1:] for name in getattr(base, FIELDS, {})}
        space["__slots__"] = tuple(name for name in own if name not in inherited)
    for unwanted in ("__dict__", "__weakref__"):
        space.pop(unwanted, None)
    defined_init = "__init__" in made.__dict__
    meta: Any = type(made)
    built: Any = meta(made.__name__, made.__bases__, space)
    built.__qualname__ = made.__qualname__
    if not defined_init:
        built.__init__ = _lazy_init(built, known, kw_only=kw_only)
    made_of_fields: type[T] = built
    return made_of_fields


def _own_fields(made: type, space: dict[str, Any]) -> dict[str, Field]:
    """The annotated names of one class body; their defaults leave the class, or slots could not be made."""
    own: dict[str, Field] = {}
    for name, annotation in made.__annotations__.items():
        if str(annotation).startswith(("ClassVar", "typing.ClassVar")):
            continue
        value = space.pop(name, _MISSING)
        one = value if isinstance(value, Field) else field(default=value)
        one.name = name
        own[name] = one
    return own


def _methods(space: dict[str, Any], known: Mapping[str, Field], *, frozen: bool, eq: bool) -> None:
    """Everything but `__init__`: these work for any class, so nothing is compiled."""
    names = tuple(name for name, one in known.items() if one.compare)
    key: Callable[[Any], Any] = attrgetter(*names) if names else type
    shown = tuple(name for name, one in known.items() if one.repr)

    def __repr__(self: Any) -> str:  # noqa: N807 - becomes a method of the class
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def __eq__(self: Any, other: object) -> bool:  # noqa: N807 - becomes a method of the class
        if other.__class__ is not self.__class__:
            return NotImplemented
        return bool(key(self) == key(other))

    def __hash__(self: Any) -> int:  # noqa: N807 - becomes a method of the class
        return hash(key(self))

    space.setdefault("__repr__", __repr__)
    if eq:
        space.setdefault("__eq__", __eq__)
        if "__hash__" not in space or space["__hash__"] is None:
            space["__hash__"] = __hash__ if frozen else None
    if frozen:
        space |= {"__setattr__": _frozen_set, "__delattr__": _frozen_delete, "__setstate__": _restore}


def _frozen_set(self: Any, name: str, value: object) -> None:
    del value
    raise FrozenInstanceError(f"cannot assign to field {name!r} of {type(self).__qualname__}")


def _frozen_delete(self: Any, name: str) -> None:
    raise FrozenInstanceError(f"cannot delete field {name!r} of {type(self).__qualname__}")


def _restore(self: Any, state: Any) -> None:
    """For copy and pickle, which fill a value without `__init__`."""
    for part in state if isinstance(state, tuple) else (state,):
        for name, value in (part or {}).items():
            object.__setattr__(self, name, value)


def _lazy_init(built: type, known: Mapping[str, Field], *, kw_only: bool) -> Callable[..., None]:
    """An `__init__` that fills the first instance field by field, and compiles the real one when it is called again.

    Compiling costs 0.15 ms a class, and what a session makes before its first prompt are single values.
    """
    met = False

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 - the same
        nonlocal met
        if not met and not (kw_only and args):
            met = True
            if _fill(self, known, args, kwargs):
                return
        init = _compile(built, known, kw_only=kw_only)
        built.__init__ = init  # type: ignore[misc]
        init(self, *args, **kwargs)

    return __init__


def _fill(made: Any, known: Mapping[str, Field], args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Set every field; False, with nothing done, where the arguments don't fit: the compiled `__init__` says how."""
    names = [name for name, one in known.items() if one.init]
    given = dict(zip(names, args, strict=False))
    needed = (name for name in names if known[name].default is _MISSING and known[name].factory is _MISSING)
    if len(args) > len(names) or given.keys() & kwargs.keys() or not kwargs.keys() <= set(names):
        return False
    given |= kwargs
    if not given.keys() >= set(needed):
        return False
    for name, one in known.items():
        if name in given:
            object.__setattr__(made, name, given[name])
        elif one.factory is not _MISSING:
            object.__setattr__(made, name, one.factory())
        elif one.default is not _MISSING:
            object.__setattr__(made, name, one.default)
    if hasattr(made, "__post_init__"):
        made.__post_init__()
    return True


def _compile(built: type, known: Mapping[str, Field], *, kw_only: bool) -> Callable[..., None]:
    """The real `__init__`, written out field by field."""
    space: dict[str, Any] = {"_MISSING": _MISSING}
    required: list[str] = ["self"]
    optional: list[str] = []
    body: list[str] = []
    for name, one in known.items():
        slot = getattr(built, name, None)
        setter = getattr(slot, "__set__", None)
        space[f"_set_{name}"] = setter or _setter(name)
        value = _source(space, name, one, required, optional)
        if value:
            body.append(f" _set_{name}(self, {value})")
    if kw_only:
        required.insert(1, "*")
    if hasattr(built, "__post_init__"):
        body.append(" self.__post_init__()")
    text = f"def __init__({', '.join(required + optional)}):\n" + "\n".join(body or [" pass"])
    exec(text, space)  # noqa: S102 - field names only, as the standard library does it
    init: Callable[..., None] = space["__init__"]
    init.__qualname__ = f"{built.__qualname__}.__init__"
    return init


def _source(space: dict[str, Any], name: str, one: Field, required: list[str], optional: list[str]) -> str:
    """The expression that a field is set to, "" where it is left unset; its parameter is added."""
    if one.factory is not _MISSING:
        space[f"_make_{name}"] = one.factory
        if not one.init:
            return f"_make_{name}()"
        optional.append(f"{name}=_MISSING")
        return f"_make_{name}() if {name} is _MISSING else {name}"
    if one.default is not _MISSING:
        space[f"_default_{name}"] = one.default
        if not one.init:
            return f"_default_{name}"
        optional.append(f"{name}=_default_{name}")
        return name
    if not one.init:
        return ""
    (optional or required).append(name)
    return name


def _setter(name: str) -> Callable[[Any, Any], None]:
    """For classes without slots."""

    def put(self: Any, value: Any) -> None:
        object.__setattr__(self, name, value)

    return put
