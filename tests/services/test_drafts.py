"""Drafts: edits over the live release, of which nothing is lost and nothing overwritten unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import WORKSPACE, add_workspace, make_runtime
from tests.definitions.files import FILES
from waypost_server.domain.errors import BadInputError, ConflictError, NotFoundError
from waypost_server.services.draft import ChangedMeanwhileError, Draft, open_draft, stamp_of
from waypost_server.services.edit_draft import discard_draft, discard_file, keep_mine, save_file
from waypost_server.services.publish import RefusedError, publish
from waypost_server.services.publish_draft import DraftConflictError, publish_draft
from waypost_server.services.push_draft import DraftInTheWayError, push_draft
from waypost_server.services.runtime import Runtime
from waypost_server.store import audit, drafts
from waypost_server.store.database import Database

NUDGE, POLICY = "in-app/hint.yaml", "policy.yaml"
MINE = FILES[NUDGE].replace("title: Hint", "title: A better hint")
THEIRS = FILES[NUDGE].replace("title: Hint", "title: Their hint")
STRICTER = FILES[POLICY].replace("max: 3", "max: 2")


class Desk:
    """A workspace with a release, and somebody's draft `d`."""

    def __init__(self, database: Database) -> None:
        self.runtime: Runtime = make_runtime(database)
        self.workspace = add_workspace(database)
        self.publish(FILES)

    def publish(self, files: dict[str, str]) -> int:
        return publish(self.runtime, self.workspace, files, author="other")

    def draft(self, name: str = "d") -> Draft:
        return open_draft(self.runtime, self.workspace, name)

    def save(self, file: str, text: str | None, *, over: str | None, author: str = "jo") -> None:
        """Save having seen the text `over`."""
        save_file(self.runtime, self.workspace, "d", file, text, seen=stamp_of(over), author=author)

    def push(self, files: dict[str, str], seen: str | None = None) -> Draft:
        return push_draft(self.runtime, self.workspace, "d", files, author="jo", seen=seen)


@pytest.fixture
def desk(database: Database) -> Desk:
    """On both databases."""
    return Desk(database)


def test_a_draft_is_its_edits(desk: Desk) -> None:
    """Saving starts a draft, adding and deleting files count as edits, and each says who and what."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    desk.save("in-app/new.yaml", "key: new\n", over=None)
    desk.save("templates/tips.md", None, over=FILES["templates/tips.md"])
    draft = desk.draft()
    assert [(edit.file, edit.what, edit.author) for edit in draft.edits] == [
        (NUDGE, "changed", "jo"), ("in-app/new.yaml", "added", "jo"), ("templates/tips.md", "deleted", "jo")
    ]  # fmt: skip
    assert draft.files.keys() == FILES.keys() - {"templates/tips.md"} | {"in-app/new.yaml"}
    assert draft.text_of(NUDGE) == MINE and draft.text_of("templates/tips.md") is None
    with desk.runtime.db.read() as session:
        assert [each.files for each in drafts.headings(session, WORKSPACE)] == [3]
        said = [(row.action, row.object) for row in audit.page(session, WORKSPACE, limit=1)]
    assert said == [("draft.save", "d: templates/tips.md")]


def test_a_text_that_equals_the_live_one_is_no_edit(desk: Desk) -> None:
    """Writing the old text back, discarding a file and discarding the draft all undo."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    desk.save(NUDGE, FILES[NUDGE], over=MINE)
    assert desk.draft().edits == ()
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    discard_file(desk.runtime, WORKSPACE, "d", NUDGE, seen=stamp_of(MINE), author="jo")
    assert desk.draft().edits == ()
    desk.save(NUDGE, None, over=FILES[NUDGE])
    assert discard_draft(desk.runtime, WORKSPACE, "d", author="jo") == 1
    with pytest.raises(NotFoundError):
        discard_draft(desk.runtime, WORKSPACE, "d", author="jo")


def test_two_tabs_lose_nothing(desk: Desk) -> None:
    """Who saves second over a text they have not seen is told what stands there now."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    with pytest.raises(ChangedMeanwhileError) as caught:
        desk.save(NUDGE, THEIRS, over=FILES[NUDGE], author="lee")
    assert caught.value.theirs == MINE
    with pytest.raises(ChangedMeanwhileError):
        discard_file(desk.runtime, WORKSPACE, "d", NUDGE, seen=stamp_of(THEIRS), author="lee")
    desk.save(NUDGE, THEIRS, over=MINE, author="lee")
    assert desk.draft().text_of(NUDGE) == THEIRS


def test_of_many_that_save_at_once_one_wins(desk: Desk) -> None:
    """Eight tabs save over the same text at the same moment: one is kept, seven are told."""

    def one(number: int) -> bool:
        try:
            desk.save(NUDGE, f"# {number}\n{MINE}", over=FILES[NUDGE])
        except ChangedMeanwhileError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [False] * 7 + [True]


def test_other_files_rebase_by_themselves(desk: Desk) -> None:
    """What somebody else publishes shows through a draft that does not touch it."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    desk.publish({**FILES, POLICY: STRICTER})
    draft = desk.draft()
    assert (draft.live, draft.conflicts) == (2, ())
    assert draft.files == {**FILES, POLICY: STRICTER, NUDGE: MINE}
    assert publish_draft(desk.runtime, WORKSPACE, "d", author="jo", message="words").number == 3
    assert desk.draft().edits == ()


def test_the_same_file_changed_twice_is_a_conflict(desk: Desk) -> None:
    """Publishing is refused with the file's name until a person keeps theirs or takes the other."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    desk.publish({**FILES, NUDGE: THEIRS})
    (conflict,) = desk.draft().conflicts
    assert (conflict.text, conflict.live, conflict.began_as) == (MINE, THEIRS, FILES[NUDGE])
    with pytest.raises(DraftConflictError, match=NUDGE):
        publish_draft(desk.runtime, WORKSPACE, "d", author="jo")
    with pytest.raises(ChangedMeanwhileError):
        keep_mine(desk.runtime, WORKSPACE, "d", NUDGE, seen=stamp_of(FILES[NUDGE]), author="jo")
    keep_mine(desk.runtime, WORKSPACE, "d", NUDGE, seen=stamp_of(THEIRS), author="jo")
    assert desk.draft().conflicts == ()
    publish_draft(desk.runtime, WORKSPACE, "d", author="jo")
    assert desk.draft().live_files[NUDGE] == MINE


def test_an_edit_that_was_published_elsewhere_ends(desk: Desk) -> None:
    """The same text published by a folder leaves nothing to publish, and the next edit starts from there."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    desk.publish({**FILES, NUDGE: MINE})
    assert desk.draft().edits == ()
    desk.save(NUDGE, THEIRS, over=MINE)
    (edit,) = desk.draft().edits
    assert (edit.began_at, edit.began_as, edit.is_conflict) == (2, MINE, False)


def test_publishing_is_careful(desk: Desk) -> None:
    """Errors refuse it, an empty draft is none, and a plan that is out of date is not carried out."""
    with pytest.raises(NotFoundError):
        publish_draft(desk.runtime, WORKSPACE, "d", author="jo")
    broken = MINE.replace("user.role", "usr.role")
    desk.save(NUDGE, broken, over=FILES[NUDGE])
    with pytest.raises(RefusedError):
        publish_draft(desk.runtime, WORKSPACE, "d", author="jo")
    seen = desk.draft().stamp
    desk.save(NUDGE, MINE, over=broken)
    with pytest.raises(ConflictError, match="since its plan"):
        publish_draft(desk.runtime, WORKSPACE, "d", author="jo", seen=seen)
    done = publish_draft(desk.runtime, WORKSPACE, "d", author="jo", seen=desk.draft().stamp)
    assert (done.number, desk.draft().live_files[NUDGE]) == (2, MINE)


def test_an_edit_made_while_publishing_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A save that falls between reading the draft and ending its edits is neither lost nor a conflict."""
    from waypost_server.services import publish_draft as module

    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    real = module.apply

    def apply_slowly(*args: object, **options: object) -> object:
        desk.save(NUDGE, THEIRS, over=MINE)
        return real(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "apply", apply_slowly)
    publish_draft(desk.runtime, WORKSPACE, "d", author="jo")
    draft = desk.draft()
    assert draft.live_files[NUDGE] == MINE
    assert [(edit.text, edit.is_conflict) for edit in draft.edits] == [(THEIRS, False)]


def test_a_push_overwrites_nothing_unseen(desk: Desk) -> None:
    """Edits in the way are named; whoever has seen them may push over them."""
    desk.save(NUDGE, MINE, over=FILES[NUDGE])
    with pytest.raises(DraftInTheWayError, match=NUDGE):
        desk.push({**FILES, NUDGE: THEIRS})
    assert desk.draft().text_of(NUDGE) == MINE
    pushed = desk.push({**FILES, NUDGE: THEIRS}, seen=desk.draft().stamp)
    assert pushed.files == {**FILES, NUDGE: THEIRS}


@pytest.mark.parametrize(
    ("file", "text"), [("", "a"), ("a\nb", "a"), ("x" * 201, "a"), ("a", "\x00"), ("a", "\ud800"), ("a", "b" * 262_145)]
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(desk: Desk, file: str, text: str) -> None:
    """Names are one line, texts are text, and neither is endless."""
    with pytest.raises(BadInputError):
        desk.save(file, text, over=None)


NAMES = st.sampled_from(["catalog.yaml", NUDGE, "plays/drop.yaml", "in-app/ü b.yaml", "a~/..%2F"])
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.dictionaries(NAMES, TEXTS | st.sampled_from(["a\r\nb\n", "\n", "", "\ufeffa"])))
def test_what_is_pushed_comes_back(desk: Desk, files: dict[str, str]) -> None:
    """Pulling a pushed draft gives the same files, byte for byte, whatever was in it before."""
    desk.push(files, seen=desk.draft().stamp)
    assert desk.draft().files == files
