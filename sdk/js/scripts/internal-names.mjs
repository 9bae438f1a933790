// Properties only our own objects have, shortened in the build. A name that is also a DOM property, a field on the wire
// or part of the public options must never stand here: the browser tests run the built script and would break.
export const INTERNAL = `
visitor walker heard reacted outbox tokenFor renewToken emit listeners undo routeChanged forget cancelAsk lose plan
failures inFlight maxEvent maxEvents maxBytes spool wiring waiters lastSent sentBefore notBefore dueAt settle renewals fresh
unanswered cancelSave dump keyAt wires routeAt onKey resting unwatch idOf onPath offered mutedUntil anchorLate seen
reportSeen cancelTimer asked platform session readiness places asks consider observer views accepted attempt adopt
uuid retryAfter report drops buffer waiting busy acquire marks held wake signed record taken ask granting
missing limit step leave watch paint routed
`
  .trim()
  .split(/\s+/);
