"""What administrators do with endpoints and deliveries in the console."""

from __future__ import annotations

from sqlalchemy import select, update

from tests.console.conftest import Console
from tests.console.seed import files
from waypost_server.services.publish import publish
from waypost_server.store.tables import Delivery, Endpoint

PAGE = "/console/settings/endpoints"


def endpoint(console: Console) -> Endpoint:
    with console.runtime.db.read() as session:
        return session.scalars(select(Endpoint)).one()


def test_an_administrator_switches_an_endpoint_off_and_on(console: Console) -> None:
    """With a reason, which the page shows to everybody; others have no buttons."""
    browser = console.logged_in("admin")
    assert "crm-note" in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/webhook/crm-note/off", {"why": " "}).status_code == 400
    assert browser.post(f"{PAGE}/webhook/crm-note/off", {"why": "CRM moves <b>house</b>"}).status_code == 302
    assert endpoint(console).disabled_why == "CRM moves <b>house</b>"
    seen = console.logged_in("viewer").get(PAGE).text
    assert "CRM moves &lt;b&gt;house&lt;/b&gt;" in seen and "Switch on" not in seen
    browser.get(PAGE)
    browser.post(f"{PAGE}/webhook/crm-note/on")
    assert endpoint(console).disabled_at is None and "Nothing waited for it" in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/webhook/nobody/on").status_code == 404
    viewer = console.logged_in("viewer")
    viewer.get(PAGE)
    assert viewer.post(f"{PAGE}/webhook/crm-note/off", {"why": "no"}).status_code == 403


def test_a_secret_is_shown_on_demand_and_changed(console: Console) -> None:
    """Each time it was asked for is in the audit log; the page itself never holds it."""
    browser = console.logged_in("admin")
    assert "whsec_" not in browser.get(PAGE).text
    shown = browser.post(f"{PAGE}/webhook/crm-note/secret").text
    changed = browser.post(f"{PAGE}/webhook/crm-note/secret", {"rotate": "1"}).text
    assert "whsec_" in shown and "whsec_" in changed and "Two sign until" in changed
    log = browser.get("/console/settings/audit").text
    assert "show_secret" in log.lower() or "show secret" in log.lower()


def test_a_csm_sends_a_message_again(console: Console) -> None:
    """An unknown one; a second press finds it queued already."""
    with console.runtime.db.write() as session:
        session.execute(update(Delivery).where(Delivery.id == "d01").values(state="unknown"))
    browser = console.logged_in("csm")
    assert "Send again" in browser.get("/console/deliveries/d01").text
    browser.post("/console/deliveries/d01/resend")
    with console.runtime.db.read() as session:
        row = session.scalars(select(Delivery).where(Delivery.id == "d01")).one()
    assert (row.state, row.reason, row.ended_at) == ("pending", "a person sends it again", None)
    browser.post("/console/deliveries/d01/resend")
    assert "so it is not sent again" in browser.get("/console/deliveries/d01").text


def test_a_chat_rooms_address_is_kept_and_never_shown(console: Console) -> None:
    """Neither by the page nor by the audit log; only where it leads and its end."""
    chat = f"{files()['policy.yaml']}\nchat: {{cs-team: {{service: slack}}}}\n"
    publish(console.runtime, "acme-prod", {**files(), "policy.yaml": chat}, author="marta@acme.example")
    browser = console.logged_in("admin")
    assert "No address" in browser.get(PAGE).text
    secret = "https://hooks.slack.com/services/T000/B000/sekrit-abcd"
    assert browser.post(f"{PAGE}/chat/cs-team/address", {"address": "nonsense"}).status_code == 400
    browser.post(f"{PAGE}/chat/cs-team/address", {"address": secret})
    seen = browser.get(PAGE).text + browser.get("/console/settings/audit").text
    assert "hooks.slack.com/…abcd" in seen and "sekrit" not in seen
