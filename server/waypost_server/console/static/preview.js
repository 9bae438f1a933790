// Paints one nudge with the very code the product runs, on a stage instead of a page: nothing is asked and nothing told.
import { start } from "/sdk/waypost-surfaces.js";

const { answer, scheme } = JSON.parse(document.body.dataset.stage);
const memory = new Map();
const platform = {
  store: { get: (name) => memory.get(name) ?? null, set: (name, value) => void memory.set(name, value) },
  now: () => Date.now(),
  random: () => Math.random(),
  uuid: () => crypto.getRandomValues(new Uint32Array(4)).join("-"),
  later(fn, ms) {
    const timer = setTimeout(fn, ms);
    return () => clearTimeout(timer);
  },
  post: () => Promise.resolve({ status: 0, retryAfter: null, etag: null, body: null }),
  beacon: () => true,
};
const again = document.getElementById("again");
const stage = start({
  platform,
  prefix: `preview:${Date.now()}:`,
  labels: undefined,
  theme: { scheme },
  locale: document.documentElement.lang,
  claim: () => Promise.resolve({ granted: true, offer: "preview" }),
  subject: () => "preview",
  reacted: (_nudge, reaction) => { again.hidden = reaction === "shown" || reaction === "stepped"; },
  newPage() {},
  debug() {},
});
// Links of the nudge lead into the product, which is not here.
addEventListener("click", (event) => {
  if (event.composedPath().some((one) => one instanceof HTMLAnchorElement && one !== again)) event.preventDefault();
}, true);
stage.offer(answer.nudges, answer.feed, answer);
if (answer.feed.length) stage.toggle(document.querySelector("[data-waypost-feed]"));
