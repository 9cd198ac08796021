// The console's own script. Every page works without it, except that live pages stand still.

const $ = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Live parts: the server sends the part anew; what was unfolded or has the focus stays so.
function follow(part) {
  const line = $("#link");
  const say = (up) => { if (line) line.textContent = up ? line.dataset.up : line.dataset.down; };
  let source = null;
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(part.dataset.live);
    source.addEventListener("open", () => say(true));
    source.addEventListener("part", (event) => replace(part, event.data));
    source.addEventListener("error", () => {
      say(false);
      // A stream that ended for good, since the session did, is told by the page itself.
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        setTimeout(() => { if (!document.hidden) location.reload(); }, 5000);
      }
    });
  };
  const close = () => { if (source) { source.close(); source = null; } };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  open();
}

function replace(part, html) {
  if (getSelection()?.toString() && part.contains(getSelection().anchorNode)) return;
  const unfolded = all("details[open][id]", part).map((details) => details.id);
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const place = focused && focused.closest("[id]")?.id;
  const scrolled = all(".scroll", part).map((box) => box.scrollLeft);
  const kept = part.dataset.keep ? $(part.dataset.keep, part) : null;
  part.innerHTML = html;
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  all(".scroll", part).forEach((box, index) => { box.scrollLeft = scrolled[index] ?? 0; });
  if (kept) $(part.dataset.keep, part)?.replaceWith(kept);
  if (place) ($("summary, a, button", document.getElementById(place) ?? part) ?? part).focus({ preventScroll: true });
  scrollable(part);
  tell(part);
}

// Rows that come as they happen, on top. None moves under the pointer: those that come meanwhile wait.
const ROWS_MAX = 200;
function rows(button) {
  const body = $("tbody", document.getElementById(button.dataset.rows));
  const waiting = [];
  let source = null;
  const flush = () => {
    if (body.matches(":hover")) return;
    for (const row of waiting.splice(0)) body.insertAdjacentHTML("afterbegin", row);
    while (body.rows.length > ROWS_MAX) body.lastElementChild.remove();
  };
  const stop = () => { source?.close(); source = null; button.setAttribute("aria-pressed", "false"); };
  body.addEventListener("mouseleave", () => setTimeout(flush));
  addEventListener("pagehide", stop);
  button.hidden = false;
  button.addEventListener("click", () => {
    if (source) return stop();
    source = new EventSource(button.dataset.from);
    button.setAttribute("aria-pressed", "true");
    source.addEventListener("row", (event) => { waiting.push(event.data); flush(); });
    source.addEventListener("error", () => { if (source?.readyState === EventSource.CLOSED) stop(); });
  });
}

// What changed in a word is said once, to those who don't see it.
function tell(part) {
  const said = $("#said");
  const words = $("[data-say]", part)?.textContent.trim();
  if (said && words && said.textContent !== words) said.textContent = words;
}

// A box that scrolls can be scrolled by the keyboard.
function scrollable(root) {
  for (const box of all(".scroll", root)) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) {
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", box.closest("section")?.querySelector("h2")?.textContent ?? document.title);
    }
  }
}

// Previews: a part of the page that the server makes of a form, as it is filled in.
function preview(form) {
  const part = document.getElementById(form.dataset.preview);
  let timer = 0, asked = 0;
  const ask = async () => {
    const number = ++asked;
    const filled = new FormData(form);
    const body = form.enctype === "multipart/form-data" ? filled : new URLSearchParams(filled);
    const answer = await fetch(form.dataset.previewFrom, { method: "POST", body }).catch(() => null);
    if (answer?.ok && number === asked) { part.innerHTML = await answer.text(); scrollable(part); }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 200); });
  if ($("textarea", form)?.value) ask();
}

// Copying.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy).catch(() => {});
  const before = button.textContent;
  if (button.dataset.done) {
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 1500);
  }
});

// Menus close when somebody goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// The palette: what the server finds of what is typed, for the arrows and Enter.
const palette = $("#palette");
let found = 0;
async function find() {
  const number = ++found;
  const field = $("input", palette);
  const answer = await fetch(`${field.dataset.from}?q=${encodeURIComponent(field.value)}`).catch(() => null);
  if (answer?.ok && !answer.redirected && number === found) {
    $("ul", palette).innerHTML = await answer.text();
    $("a", palette)?.classList.add("chosen");
  }
}
function openPalette() {
  if (palette.open) return;
  palette.showModal();
  $("input", palette).select();
  find();
}
function choose(step) {
  const links = all("a", palette);
  const at = links.findIndex((link) => link.classList.contains("chosen"));
  const next = links[(at + step + links.length) % links.length];
  links[at]?.classList.remove("chosen");
  next?.classList.add("chosen");
  next?.scrollIntoView({ block: "nearest" });
}
if (palette) {
  let timer = 0;
  palette.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(find, 80); });
  palette.addEventListener("click", (event) => { if (event.target === palette || event.target.closest("a")) palette.close(); });
  palette.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); choose(step); }
    if (event.key === "Escape") { event.preventDefault(); palette.close(); }
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      const chosen = $("a.chosen", palette);
      (event.ctrlKey || event.metaKey ? $("[data-copy]", chosen?.parentElement) : chosen)?.click();
    }
  });
  for (const button of all("[data-palette]")) { button.hidden = false; button.addEventListener("click", openPalette); }
}

// Keys. Single letters are commands only where nothing is written, and can be switched off.
let awaits = "";
function move(step) {
  const rows = all("main tr:has(a[data-row])");
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  $("a[data-row]", next).focus();
}
const commands = {
  "/": () => $("[data-search]")?.focus(),
  "?": () => $("#keys")?.showModal(),
  j: () => move(1),
  k: () => move(-1),
  g: () => { awaits = "g"; setTimeout(() => { awaits = ""; }, 1500); },
};
document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k" && palette) { event.preventDefault(); openPalette(); return; }
  if (event.key === "Escape") {
    for (const menu of all("details.menu[open]")) { menu.open = false; $("summary", menu).focus(); }
    if (document.activeElement?.matches("[data-search]")) document.activeElement.blur();
    return;
  }
  const writes = event.target.closest("input, textarea, select, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || !document.body.dataset.keys) return;
  if (awaits === "g") {
    awaits = "";
    const link = $(`nav a[data-letter="${CSS.escape(event.key)}"]`);
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  const command = commands[event.key];
  if (command) { event.preventDefault(); command(); }
});

for (const part of all("[data-live]")) follow(part);
for (const button of all("button[data-rows]")) rows(button);
for (const form of all("form[data-preview]")) preview(form);
for (const select of all("select[data-submit]")) select.addEventListener("change", () => select.form.requestSubmit(select.dataset.submit ? document.getElementById(select.dataset.submit) : null));
scrollable(document);
