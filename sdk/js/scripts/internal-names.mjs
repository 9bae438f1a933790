// Properties only our own objects have, shortened in the build. A name that is also a DOM property, a field on the wire,
// part of the public options or used by both files (stage.ts; the build checks that) must never stand here: the browser
// tests run the built script and would break.
export const INTERNAL = `
visitor walker heard outbox tokenFor renewToken emit listeners undo routeChanged forget cancelAsk lose plan failures
inFlight maxEvent maxEvents maxBytes spool wiring waiters lastSent sentBefore notBefore dueAt settle renewals fresh
unanswered cancelSave dump keyAt routeAt onKey resting unwatch idOf onPath offered mutedUntil anchorLate seen reportSeen
cancelTimer asked session readiness places observer views accepted attempt adopt report drops buffer waiting busy
acquire marks wake signed record taken granting missing limit leave watch routed touring phase schedule pending whereOf
reported stored settling mark expires lock restart bytes tell cancel
`
  .trim()
  .split(/\s+/);
