"""What opens something by itself has no place in an answer: pre-authenticated URLs, passwords, tokens."""

from __future__ import annotations

import re
from typing import Any

# Properties of Graph, of its type table and of the annotations that only its answers have. A URL to download from or to
# upload to works for anybody who has it: `@microsoft.graph.downloadUrl`, `@content.downloadUrl`, `uploadUrl`.
_NAMES = re.compile(
    r".*(?:download|upload)url|password(?:profile|base64)?|addomainpassword|secret(?:text|key)|client_?(?:secret|token)"
    r"|clientstate|privatekey|presharedkey|temporaryaccesspass|activationlockbypasscode"
    r"|(?:api|server|access_?|recordingaccess|refresh_?|id_|sas)?token|newpassword|secret|.*encryption(?:key|secret)"
    r"|mackey|.*workspacekey|passcode|(?:unlock)?pin",
    re.IGNORECASE | re.DOTALL,
)
# A thumbnail's picture is fetched without signing in.
_THUMBNAIL = {"url", "width", "height"}
# In any text: the signature in a URL, and what looks like a JSON web token.
_SIGNED = re.compile(
    r"([?&;](?:tempauth|sig|authkey|prooftoken|access_token|sharedaccesssignature|x-amz-signature|x-amz-security-token"
    r"|x-goog-signature)=)[^&\s\"'<>#`]+",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"(?<![\w\-])eyJ[\w\-]{16,}\.[\w\-]{4,}(?:\.[\w\-]*){0,3}")


def masked(text: str) -> str:
    """The text with `removed` in the place of signatures in URLs and of tokens."""
    if "=" in text:
        text = _SIGNED.sub(r"\1removed", text)
    return _TOKEN.sub("[removed]", text) if "eyJ" in text else text


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - JSON: dict, list, str, int, float, bool, None
    """JSON without properties that are secrets, at any depth, its texts masked. The value itself is not changed."""
    whole = {"": _shallow(value)}
    unseen: list[Any] = [whole]
    while unseen:
        holder = unseen.pop()
        for place, inner in list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder)):
            holder[place] = clean = _shallow(inner)
            if isinstance(clean, dict | list):
                unseen.append(clean)
    return whole[""]


def _shallow(value: Any) -> Any:  # noqa: ANN401 - JSON
    """A copy of one level."""
    if isinstance(value, dict):
        secret = {name for name in value if _NAMES.fullmatch(name)}
        secret |= {"url"} if value.keys() >= _THUMBNAIL else set()
        return {name: inner for name, inner in value.items() if name not in secret}
    if isinstance(value, list):
        return value[:]
    return masked(value) if isinstance(value, str) else value
