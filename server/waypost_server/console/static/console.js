// Small comforts on top of pages that work without them: copying, keyboard, and swapping the task's detail in place.
(() => {
  "use strict";
  const wide = matchMedia("(min-width: 1100px)");

  function showCopyButtons(root) {
    for (const button of root.querySelectorAll("[data-copy]")) if (navigator.clipboard) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    const label = button.lastChild;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(source.textContent);
      label.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      label.textContent = "Press Ctrl+C to copy";
    }
    setTimeout(() => { label.textContent = before; }, 2500);
  });

  // A part of another page, put in place of the link to it; where that fails, the link is followed.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-load]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    if (link.getAttribute("aria-busy")) return;
    link.setAttribute("aria-busy", "true");
    link.textContent = "Counting …";
    try {
      const response = await fetch(link.href, { credentials: "same-origin" });
      if (!response.ok || response.redirected) throw new Error(response.status);
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const part = document.adoptNode(page.getElementById(link.dataset.load));
      link.parentElement.replaceWith(part);
      part.focus({ preventScroll: true });
    } catch {
      location.href = link.href;
    }
  });

  const table = document.querySelector("[data-queue]");
  const slot = document.querySelector("[data-detail-slot]");
  let loading = 0;

  async function choose(row, focus) {
    const link = row.querySelector("a.row");
    if (!slot || !wide.matches) { location.href = link.href; return; }
    const turn = ++loading;
    for (const each of table.querySelectorAll("tr.is-here")) each.classList.remove("is-here");
    row.classList.add("is-here");
    row.scrollIntoView({ block: "nearest" });
    if (focus) link.focus({ preventScroll: true });
    try {
      const response = await fetch(row.dataset.detail, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (turn !== loading) return;
      if (!response.ok || response.redirected) { location.href = link.href; return; }
      // Our own page from our own server, escaped there; scripts in it would not run anyway.
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const detail = page.querySelector("[data-task-detail]");
      for (const field of detail.querySelectorAll("[name=back]")) field.value = new URL(link.href).pathname + new URL(link.href).search;
      slot.replaceChildren(document.adoptNode(detail));
      showCopyButtons(slot);
      history.replaceState(null, "", link.href);
    } catch {
      if (turn === loading) location.href = link.href;
    }
  }

  function step(by) {
    const rows = [...table.querySelectorAll("tbody tr")];
    const here = rows.findIndex((row) => row.classList.contains("is-here"));
    const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
    if (next && rows.indexOf(next) !== here) choose(next, true);
  }

  function open(key) {
    const fold = document.querySelector(`details[data-key="${key}"]`);
    if (!fold) return;
    for (const other of document.querySelectorAll("details.action[open]")) if (other !== fold) other.open = false;
    fold.open = !fold.open;
    if (fold.open) fold.querySelector("select, button:not([type=hidden]), input:not([type=hidden])")?.focus();
    fold.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest?.("input, select, textarea, [contenteditable]")) {
      if (event.key === "Escape") {
        const fold = event.target.closest("details.action");
        if (fold) { fold.open = false; fold.querySelector("summary").focus(); }
      }
      return;
    }
    if (table && (event.key === "j" || event.key === "k")) { event.preventDefault(); step(event.key === "j" ? 1 : -1); }
    if (["e", "s", "d"].includes(event.key) && document.querySelector("[data-task-detail]")) { event.preventDefault(); open(event.key); }
  });

  if (table) {
    table.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
      const row = event.target.closest("tbody tr");
      if (row) { event.preventDefault(); choose(row, false); }
    });
  }
  showCopyButtons(document);
})();
