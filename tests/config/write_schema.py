"""`python -m tests.config.write_schema` writes config/schema/pack.schema.json anew after the format grew."""

from __future__ import annotations

import json

from safeshell.policy.packs import pack_schema
from tests.config.checking import PACKS

SCHEMA = PACKS.parent / "schema" / "pack.schema.json"

if __name__ == "__main__":
    SCHEMA.write_text(json.dumps(pack_schema(), indent=2) + "\n", encoding="utf-8")
