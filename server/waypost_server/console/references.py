"""Customers' ids in URLs: any text survives, slashes and lone dots included."""

from __future__ import annotations

import re
from urllib.parse import quote

from werkzeug.routing import BaseConverter

ESCAPE = re.compile(r"~([0-9A-F]{2})")


class ReferenceConverter(BaseConverter):
    """Writes "/" and "~" as "~2F" and "~7E": servers and browsers tidy up paths, and ids are not paths."""

    def to_python(self, value: str) -> str:
        return ESCAPE.sub(lambda match: chr(int(match[1], 16)), value)

    def to_url(self, value: str) -> str:
        text = value.replace("~", "~7E").replace("/", "~2F")
        if text in (".", ".."):
            text = text.replace(".", "~2E")
        return quote(text, safe="~")
