// The editor of a definition: line numbers that follow, findings that lead to their line, a check at every pause.
(() => {
  "use strict";
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  const text = form.elements.text;
  const gutter = form.querySelector(".gutter");
  const saved = document.querySelector("[data-saved]");
  const beside = document.querySelector("[data-checked]");
  const builder = document.querySelector("[data-builder]");
  const mail = document.querySelector("[data-mail]");
  const clean = text.value;
  const word = saved.textContent;
  const PAUSE = 900;
  let turn = 0, timer = 0, leaving = false, painting = false;

  function number() {
    const count = Math.max(text.value.split("\n").length + (text.value.endsWith("\n") ? 0 : 1), 12);
    while (gutter.children.length < count) {
      const line = document.createElement("li");
      line.textContent = gutter.children.length + 1;
      line.id = `L${line.textContent}`;
      gutter.append(line);
    }
    while (gutter.children.length > count) gutter.lastChild.remove();
    text.rows = count;
  }

  function mark() {
    for (const line of gutter.children) line.className = "";
    for (const link of beside.querySelectorAll("[data-findings] a[href^='#L']")) {
      const line = gutter.children[link.dataset.line - 1];
      const kind = link.closest("li").querySelector(".problem") ? "error" : "warning";
      if (line && line.className !== "error") line.className = kind;
    }
    text.toggleAttribute("aria-invalid", Boolean(gutter.querySelector(".error")));
  }

  function tell() {
    saved.textContent = text.value === clean ? word : "Not saved";
  }

  const rows = () => new URLSearchParams([...new FormData(form)].filter(([name]) => /^[bt]-/.test(name))).toString();

  // `action` is what a button asks for; the fields above the text go to `build`, which puts them into it.
  async function ask(address, action) {
    clearTimeout(timer);
    const mine = ++turn;
    const given = new URLSearchParams(new FormData(form));
    if (action) given.set("do", action);
    const sent = { rows: rows(), text: text.value };
    try {
      const answer = await fetch(address, { method: "POST", body: given, headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (mine !== turn) return;
      if (answer.status === 413) {
        saved.textContent = "Too large to check or save: split the file";
        beside.replaceChildren(); // what was found there is of an earlier text
      }
      if (!answer.ok || answer.redirected) return;
      // Our own page from our own server, escaped there; scripts in it would not run anyway.
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const part = (name) => page.querySelector(`[data-part=${name}]`);
      beside.replaceChildren(...part("checked").childNodes);
      if (!mail.contains(document.activeElement) || document.activeElement.name !== "m-user" || action) put(mail, part("mail"));
      paint();
      const made = part("text").value;
      if (address === form.dataset.build && text.value === sent.text && made !== text.value) {
        text.value = made;
        number();
        tell();
      }
      if (rows() === sent.rows) swap(part("builder"), action); // else: somebody types on, and the next answer fits
      mark();
      if (builder.querySelector("[data-more]")) count(mine);
    } catch {
      // offline: everything is still on the page, and saving says so
    }
  }

  // The exact number takes the place of the estimate when it comes, unless something else was asked meanwhile.
  async function count(mine) {
    builder.querySelector("[data-counting]").hidden = false;
    const answer = await fetch(form.dataset.count, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" });
    if (mine !== turn || !answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    builder.querySelector("[data-reach]").replaceChildren(...page.body.childNodes);
  }

  // Puts in what the server says, and the focus back on the field that had it.
  function put(place, part) {
    const held = place.contains(document.activeElement) ? document.activeElement : null;
    place.replaceChildren(...part.childNodes);
    if (!held) return;
    const again = held.id ? document.getElementById(held.id) : place.querySelector(`[name="${held.name}"]:checked`);
    again?.focus();
  }

  // The mail's frame shows what is on the page: its own form fills it, so that the mail's styles have a policy of their own.
  function paint() {
    const button = mail.querySelector("[data-paint]");
    if (!button) return;
    painting = true;
    form.requestSubmit(button);
    painting = false;
  }

  function swap(part, action) {
    const before = document.activeElement;
    const held = builder.contains(before) ? before.id || before.value : null;
    builder.replaceChildren(...part.childNodes);
    if (held === null) return;
    const of = action?.match(/^([bt])-(?:row|group)/)?.[1];
    const blank = (part) => [...builder.querySelectorAll(`[name=${of}-${part}]:not([type=hidden])`)].filter((each) => !each.value).pop();
    const same = document.getElementById(held) || builder.querySelector(`button[value="${CSS.escape(held)}"]`);
    const next = (of && (blank("path") || blank("value"))) || same || builder.querySelector("[data-build][value$=-row]");
    next?.focus();
  }

  const check = (action) => ask(form.dataset.check, action);
  const build = (action) => ask(form.dataset.build, action);

  builder.addEventListener("change", () => build("refresh"));
  mail.addEventListener("change", () => check("mail"));
  document.documentElement.dataset.scripted = "";

  text.addEventListener("input", () => {
    number();
    tell();
    clearTimeout(timer);
    timer = setTimeout(() => check(), PAUSE);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='#L']");
    if (link && beside.contains(link)) {
      event.preventDefault();
      show(Number(link.dataset.line));
      return;
    }
    const lang = event.target.closest?.("[data-lang]");
    if (lang) {
      event.preventDefault();
      form.elements.lang.value = lang.dataset.lang;
      check();
    }
    const button = event.target.closest?.("button[name=do]");
    if (button) {
      event.preventDefault();
      if ("build" in button.dataset) build(button.value);
      else check(button.value);
    }
  });

  function show(line) {
    const before = text.value.split("\n").slice(0, line - 1);
    const start = before.join("\n").length + (line > 1 ? 1 : 0);
    const end = text.value.indexOf("\n", start);
    text.focus({ preventScroll: true });
    text.setSelectionRange(start, end < 0 ? text.value.length : end);
    gutter.children[line - 1]?.scrollIntoView({ block: "center" });
  }

  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "s") {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.addEventListener("submit", () => { leaving = leaving || !painting; });
  addEventListener("beforeunload", (event) => {
    if (!leaving && text.value !== clean) event.preventDefault();
  });
  number();
  paint();
  const wanted = /^#L(\d+)$/.exec(location.hash);
  if (wanted) show(Number(wanted[1]));
})();
