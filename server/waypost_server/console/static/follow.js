// Follows work that goes on elsewhere: parts of the page that change are fetched again and put in place, and what
// changed is said to a screen reader at every tenth of the way. Without this script a link loads the page again.
(() => {
  "use strict";
  const EVERY = 3000;
  const news = document.querySelector("[data-news]");
  const root = document.documentElement.dataset;
  let timer = 0;

  const part = (name) => document.querySelector(`[data-part="${name}"]`);
  const tenth = () => Math.floor(document.querySelector("progress").value / 10);

  function put(fresh) {
    const stale = part(fresh.dataset.part);
    if (stale.isEqualNode(fresh)) return;
    const held = stale.contains(document.activeElement);
    stale.replaceWith(document.adoptNode(fresh));
    if (held) document.querySelector("h1").focus(); // what had the focus is gone
  }

  async function look() {
    const before = tenth();
    try {
      const response = await fetch(location.href, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      for (const fresh of page.querySelectorAll("[data-part]")) put(fresh);
      root.scripted = "";
      const { going, said } = part("progress").dataset;
      if (going === undefined || tenth() !== before) news.textContent = said;
      if (going === undefined) return;
    } catch {
      delete root.scripted; // shows the link again
      news.textContent = "The numbers are not up to date: Waypost does not answer.";
    }
    timer = setTimeout(look, EVERY);
  }

  root.scripted = "";
  timer = setTimeout(look, EVERY);
  addEventListener("submit", () => clearTimeout(timer));
  addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden && "going" in part("progress").dataset) look();
  });
})();
