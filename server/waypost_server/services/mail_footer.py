"""What stands below a mail to a customer's user: why they get it, the way out, and the page of their choices."""

from __future__ import annotations

from typing import Protocol

from waypost_server.channels.mail_html import Footer
from waypost_server.channels.reader_words import WORDS, language
from waypost_server.domain.definitions import Catalog
from waypost_server.services.addresses import preferences_url, unsubscribe_url
from waypost_server.services.runtime import Runtime
from waypost_server.store.readers import Reader

# Where the links lead in a preview; the real ones let whoever opens them choose in the reader's place.
NOWHERE = "https://example.com/"


class Addressed(Protocol):
    """A delivery, or a draft of one."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def account_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def kind(self) -> str: ...


def footer(runtime: Runtime, catalog: Catalog, reader: Reader, mail: Addressed) -> Footer:
    """In the reader's language. Mails that people need, such as one about a password, have no way out."""
    stop, choose = None, None
    if mail.kind != "transactional":
        stop = unsubscribe_url(runtime, mail.workspace_id, mail.recipient, locale=reader.locale)
        choose = preferences_url(runtime, mail.workspace_id, mail.user_id) if mail.user_id else None
    return _footer(catalog, reader, mail.account_id, stop, choose)


def shown_footer(catalog: Catalog, reader: Reader, account_id: str, kind: str) -> Footer:
    """The same in a preview."""
    nowhere = None if kind == "transactional" else NOWHERE
    return _footer(catalog, reader, account_id, nowhere, nowhere)


def _footer(
    catalog: Catalog, reader: Reader, account_id: str, stop: str | None, choose: str | None
) -> Footer:
    spoken = language(reader.locale, catalog.default_locale)
    why = WORDS[spoken].mail.why.format(product=catalog.product, account=reader.account or account_id)
    return Footer(why, stop, choose, spoken)
