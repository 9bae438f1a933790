"""Definitions: what is published, and what is being drafted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped

from waypost_server.store.database import Model
from waypost_server.store.tables.columns import col, key
from waypost_server.store.types import Json, UtcDateTime


class Release(Model):
    """A published, frozen set of definitions: the files themselves, by name."""

    __tablename__ = "release"
    workspace_id: Mapped[str] = key()
    number: Mapped[int] = key(Integer)
    digest: Mapped[str] = col()
    files: Mapped[dict[str, str]] = col(Json)
    author: Mapped[str] = col()
    message: Mapped[str] = col(default="''")
    environment: Mapped[str] = col(default="''")  # the one it was made for; "" = the files as written
    published_at: Mapped[datetime] = col(UtcDateTime)


class DraftFile(Model):
    """One edited file of a draft. A draft is its edits: it lies over whatever release is live."""

    __tablename__ = "draft_file"
    workspace_id: Mapped[str] = key()
    draft: Mapped[str] = key()  # its name; a person's own draft bears their e-mail
    file: Mapped[str] = key()
    text: Mapped[str | None] = col()  # null: the file shall be deleted
    stamp: Mapped[str] = col()  # fingerprint of `text`: who saves must have seen it
    base: Mapped[int] = col(Integer)  # the release that was live when the edit began; 0 for none
    base_text: Mapped[str | None] = col()  # the file in it; null: it was not there
    author: Mapped[str] = col()
    updated_at: Mapped[datetime] = col(UtcDateTime)
