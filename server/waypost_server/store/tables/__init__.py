"""Every table, to read the schema: a file for each subject. Migrations are the truth for what a database holds.

Every key starts with `workspace_id`; wherever an account is known, `account_id` comes next.
`account_id` and `user_id` are the customer's own ids (NFC text); '' where there is none, so that they
can be part of a key. Times are aware UTC; days are dates in the workspace's zone.
"""

from waypost_server.store.tables.accounts import Account, AccountOwner, EndUser, Membership, MotionOverride
from waypost_server.store.tables.deliveries import (
    Attempt,
    Bounce,
    Delivery,
    Endpoint,
    MailSlot,
    RoomPace,
    SendDay,
    SendingStop,
    SendMark,
    SentBefore,
    Suppression,
)
from waypost_server.store.tables.events import Event, EventKey, IngestDay, Quarantine
from waypost_server.store.tables.offers import (
    Consent,
    Interaction,
    NudgeGrant,
    Offer,
    PastValue,
    SurveyAnswer,
    Touch,
)
from waypost_server.store.tables.plays import (
    Approval,
    BulkStart,
    PlayPause,
    PlayRun,
    PlayWatch,
    Signal,
    StepRun,
)
from waypost_server.store.tables.releases import DraftFile, Release
from waypost_server.store.tables.tasks import MessageDraft, Task, TaskEvent, TaskSignal
from waypost_server.store.tables.usage import (
    AccountPeers,
    AdoptionScore,
    MilestoneState,
    PeerWeek,
    UsageDay,
    UsageTotal,
)
from waypost_server.store.tables.workshops import WorkshopInvitation, WorkshopSlot
from waypost_server.store.tables.workspace import (
    Audit,
    ConsoleSession,
    ConsoleUser,
    Key,
    LoginAttempt,
    LoginLink,
    Workspace,
)

__all__ = [
    "Account",
    "AccountOwner",
    "AccountPeers",
    "AdoptionScore",
    "Approval",
    "Attempt",
    "Audit",
    "Bounce",
    "BulkStart",
    "Consent",
    "ConsoleSession",
    "ConsoleUser",
    "Delivery",
    "DraftFile",
    "EndUser",
    "Endpoint",
    "Event",
    "EventKey",
    "IngestDay",
    "Interaction",
    "Key",
    "LoginAttempt",
    "LoginLink",
    "MailSlot",
    "Membership",
    "MessageDraft",
    "MilestoneState",
    "MotionOverride",
    "NudgeGrant",
    "Offer",
    "PastValue",
    "PeerWeek",
    "PlayPause",
    "PlayRun",
    "PlayWatch",
    "Quarantine",
    "Release",
    "RoomPace",
    "SendDay",
    "SendMark",
    "SendingStop",
    "SentBefore",
    "Signal",
    "StepRun",
    "Suppression",
    "SurveyAnswer",
    "Task",
    "TaskEvent",
    "TaskSignal",
    "Touch",
    "UsageDay",
    "UsageTotal",
    "WorkshopInvitation",
    "WorkshopSlot",
    "Workspace",
]
