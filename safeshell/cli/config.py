"""Check, show and describe the configuration.

What must not live here: reading YAML (policy), finding files (state).
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any


def register(subparsers: Any) -> None:
    """Add the parser of `safeshell config`."""
    parser = subparsers.add_parser(
        "config",
        description=(
            "Check, show and describe the configuration.\n"
            "Heeded: /etc/safeshell/config.yaml and conf.d/*.yaml, else ~/.config/safeshell/config.yaml;\n"
            "above an /etc floor a user's file, SAFESHELL_CONFIG and --config can only tighten."
        ),
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser("check", help="every fault of configuration and packs, with line and column")
    check.add_argument("files", nargs="*", metavar="FILE", help="default: the files that are heeded here")
    check.set_defaults(act=_check)
    show = verbs.add_parser("show", help="the effective policy, and where each value comes from")
    show.add_argument("--config", metavar="FILE", help="a configuration that may only tighten")
    show.set_defaults(act=_show)
    schema = verbs.add_parser("schema", help="the JSON Schema, for editors")
    schema.add_argument("--packs", action="store_true", help="that of command packs instead")
    schema.set_defaults(act=_schema)


def run(args: argparse.Namespace) -> int:
    """0 when all is well, 2 when something is wrong with the configuration."""
    code: int = args.act(args)
    return code


def _check(args: argparse.Namespace) -> int:
    from safeshell.state.sources import find_sources

    sources = find_sources(dict(os.environ))
    files = args.files or [*sources.floor, *sources.upper]
    faults = [fault for name in files for fault in _faults(name, pack=_is_pack(name))]
    if not args.files:
        faults += _pack_faults(sources.packs)
    for fault in faults:
        print(fault, file=sys.stderr)
    if faults:
        return 2
    looked = ", ".join(files) or "no configuration file (the built-in defaults count)"
    print(f"no fault: {looked}{'' if args.files else f'; {len(sources.packs)} packs'}")
    return 0


def _is_pack(name: str) -> bool:
    return os.path.basename(os.path.dirname(os.path.abspath(name))) == "packs"


def _faults(name: str, *, pack: bool) -> list[str]:
    from safeshell.policy.config import examine
    from safeshell.state.sources import read_source

    try:
        text = read_source(name)
    except (OSError, ValueError) as fault:
        return [f"{name}: cannot be read: {getattr(fault, 'strerror', None) or fault}"]
    if pack:
        return _pack_faults([name])
    return [str(fault) for fault in examine(text, name)[0]]


def _pack_faults(names: Any) -> list[str]:
    """The first fault of all packs together: duplicates only show when they stand side by side."""
    from safeshell.model.errors import ConfigError
    from safeshell.policy.packs import load_packs
    from safeshell.state.sources import read_source

    try:
        load_packs({name: read_source(name) for name in names})
    except ConfigError as fault:
        return [str(fault)]
    except (OSError, ValueError) as fault:
        return [f"a pack cannot be read: {fault}"]
    return []


def _show(args: argparse.Namespace) -> int:
    from safeshell.cli.setting import load_setting
    from safeshell.policy.show import show

    setting = load_setting(config=args.config)
    print(show(setting.policy), end="")
    return 2 if setting.policy.broken else 0


def _schema(args: argparse.Namespace) -> int:
    import json

    from safeshell.policy.packs import pack_schema
    from safeshell.policy.schema import schema

    print(json.dumps(pack_schema() if args.packs else schema(), indent=2))
    return 0
