// Acme's own script. The first block is the whole use of the Waypost browser SDK.
const me = document.currentScript.dataset;

waypost.init({
  key: me.waypostKey,
  host: me.waypostHost,
  ...(me.waypostToken ? { userToken: me.waypostToken } : {}),
  theme: { accent: "#4338ca", accentText: "#ffffff", radius: "10px" },
});
waypost.identify(me.user, { name: me.userName });
waypost.group(me.account);
waypost.page(document.title.split(" · ")[0]);

document.querySelectorAll("[data-report-on-load]").forEach((el) => waypost.track(el.dataset.reportOnLoad));
document.querySelectorAll("[data-report]").forEach((el) =>
  el.addEventListener("click", () => waypost.track(el.dataset.report)),
);

// The editor: save, then show. Reporting happens here, where the person acts.
const editor = document.querySelector("[data-automation]");
async function save(kind, value) {
  const answer = await fetch(`/automations/${editor.dataset.automation}/${kind}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ value }),
  });
  if (!answer.ok) throw new Error("not saved");
}
document.getElementById("save-source")?.addEventListener("click", async () => {
  const value = document.getElementById("source").value;
  await save("source", value);
  document.getElementById("source-now").textContent = value;
  document.getElementById("save-source").textContent = "Change trigger";
  waypost.track("Trigger Added", { trigger: value });
});
document.getElementById("save-step")?.addEventListener("click", async () => {
  const value = document.getElementById("step").value;
  await save("steps", value);
  const item = document.createElement("li");
  item.textContent = value;
  document.getElementById("steps").append(item);
  waypost.track("Step Added", { step: value });
});
