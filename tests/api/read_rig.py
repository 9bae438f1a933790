"""Two workspaces behind the real routes, and GET with the secret key of the first."""

from __future__ import annotations

from typing import Any

from tests.api.ingest_rig import Rig
from tests.api.world import fill
from tests.builders import add_key, add_workspace


class ReadRig(Rig):
    """The first workspace is ours; `other` holds its own things under other ids."""

    def __init__(self, database_url: str, **changes: Any) -> None:
        super().__init__(database_url, **changes)
        fill(self.database, self.workspace)
        self.other = add_workspace(self.database, "other")
        self.other_secret = add_key(self.database, workspace_id=self.other)
        fill(self.database, self.other, prefix="other-", accounts=2)

    def get(self, path: str, key: str | None = None, **headers: str) -> Any:
        """GET below /v1 with the secret key."""
        given = {"Authorization": f"Bearer {key or self.secret.text}", **headers}
        return self.client.get(f"/v1/{path}", headers=given)

    def every(self, path: str) -> list[dict[str, Any]]:
        """All items of a list, page by page, one item a page."""
        found, after = [], ""
        while True:
            join = "&" if "?" in path else "?"
            page = self.get(f"{path}{join}limit=1{after}").get_json()
            found += page["data"]
            if page["next"] is None:
                return found
            after = f"&cursor={page['next']}"
