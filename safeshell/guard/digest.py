"""What a confirmation is bound to: the exact text, where it would run, and what was shown.

What must not live here: storing or comparing digests (approvals).
"""

from __future__ import annotations

from safeshell.model.judgement import Assessment, Preview


def digest_of(assessment: Assessment, preview: Preview) -> str:
    """SHA-256 in hex over the action and the preview that a person saw."""
    import hashlib  # noqa: PLC0415 - only needed once a question is asked, not at the first prompt

    action = assessment.action
    parts = (
        action.language.value,
        action.text,
        action.environment.target,
        action.environment.operator,
        action.context.cwd,
        preview.summary,
        str(preview.affected),
        preview.exactness.value,
    )
    joined = "\0".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogateescape")).hexdigest()
