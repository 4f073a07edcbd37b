/* Progressive enhancement. Every page works without this file; nothing here decides anything.
   The policy forbids inline code, so all wiring is by data attributes and delegated listeners. */
(() => {
  "use strict";
  const doc = document, root = doc.documentElement;
  root.classList.add("js");
  const all = (selector, from = doc) => [...from.querySelectorAll(selector)];

  /* ---- dialogs: links with a page behind them, buttons for browsers without invoker commands ---- */
  const commands = "commandForElement" in HTMLButtonElement.prototype;
  doc.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;

    const opener = target.closest("[data-dialog]");
    if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      const dialog = doc.getElementById(opener.dataset.dialog);
      if (dialog && dialog.showModal) { event.preventDefault(); dialog.showModal(); }
    }
    const command = !commands && target.closest("button[commandfor]");
    if (command) {
      const dialog = doc.getElementById(command.getAttribute("commandfor"));
      if (dialog) command.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
    }
    if (target.tagName === "DIALOG") {
      const box = target.getBoundingClientRect();
      const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
      if (outside && event.detail > 0) target.close();
    }

    for (const menu of all("details.menu[open]")) if (!menu.contains(target)) menu.open = false;

    const theme = target.closest("[data-set-theme]");
    if (theme) {
      const value = theme.dataset.setTheme;
      doc.cookie = `theme=${value}; path=/; max-age=${value ? 31536000 : 0}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
      if (value) root.dataset.theme = value; else delete root.dataset.theme;
      for (const other of all("[data-set-theme]")) other.setAttribute("aria-pressed", String(other === theme));
    }

    const copy = target.closest("[data-copy]");
    if (copy && navigator.clipboard) {
      const label = copy.querySelector("span") || copy, before = label.textContent;
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        label.textContent = copy.dataset.copied;
        setTimeout(() => { label.textContent = before; }, 2000);
      }, () => {});
    }

    if (target.closest("[data-print]")) window.print();

    const reveal = target.closest("[data-reveal]");
    if (reveal) {
      const input = doc.getElementById(reveal.dataset.reveal);
      input.type = input.type === "password" ? "text" : "password";
      reveal.setAttribute("aria-pressed", String(input.type === "text"));
    }
  });

  doc.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of all("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
      return;
    }
    /* Arrow keys turn the page of a lesson, but never while somebody types, plays, picks or scrolls. */
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const nav = doc.querySelector("[data-arrow-keys]");
    if (!nav || event.target.closest("input, textarea, select, video, audio, dialog, [contenteditable], [role], [tabindex='0'], .prose pre, .prose table")) return;
    const forward = (event.key === "ArrowRight") !== (root.dir === "rtl");
    const link = nav.querySelector(forward ? "a[rel=next]" : "a[rel=prev]");
    if (link) { event.preventDefault(); link.click(); }
  });

  /* A menu loses its place when the focus leaves it. */
  doc.addEventListener("focusin", (event) => {
    for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  /* ---- tick boxes of a table ---- */
  doc.addEventListener("change", (event) => {
    const box = event.target;
    if (box.dataset && box.dataset.checkAll) {
      for (const other of all(`input[type=checkbox][name="${CSS.escape(box.dataset.checkAll)}"]`)) if (!other.disabled) other.checked = box.checked;
    }
  });

  /* ---- one press, one request. The button keeps its value: aria-disabled, not disabled. ---- */
  const release = (form) => {
    delete form.dataset.busy;
    for (const button of all("[aria-disabled=true]", form)) button.removeAttribute("aria-disabled");
  };
  doc.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.busy) { event.preventDefault(); return; }
    if (event.defaultPrevented) return;
    if ("forget" in form.dataset) forgetAll();
    form.dataset.busy = "1";
    if (event.submitter) event.submitter.setAttribute("aria-disabled", "true");
    noteSent(all("textarea[data-keep]", form));
    setTimeout(() => release(form), 8000);
  });
  window.addEventListener("pageshow", () => all("form[data-busy]").forEach(release));
  doc.addEventListener("htmx:finally:request", () => all("form[data-busy]").forEach(release));

  /* ---- long text survives a lost connection, a crash, a closed tab, a sign-in that ended.
          It belongs to one person and goes at sign-out, or when the next page says that it was taken. ---- */
  const WEEK = 7 * 864e5, PREFIX = "belay:keep:", SENT = "belay:sent";
  const keyOf = (area) => PREFIX + (doc.body.dataset.keepFor || "") + ":" + area.dataset.keep;
  const read = (store, key) => { try { return JSON.parse(store().getItem(key)); } catch { return null; } };
  const write = (store, key, value) => { try { store().setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: no copy then */ } };
  const drop = (store, key) => { try { store().removeItem(key); } catch { /* forbidden */ } };
  const kept = () => localStorage, ofThisTab = () => sessionStorage;
  const eachKept = (visit) => {
    try { for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) visit(key); } catch { /* forbidden */ }
  };
  const forgetAll = () => eachKept((key) => drop(kept, key));
  const keep = (area) => {
    if (area.value.trim()) write(kept, keyOf(area), { text: area.value, at: Date.now() });
    else drop(kept, keyOf(area));
  };
  const noteSent = (areas) => {
    areas.forEach(keep);
    write(ofThisTab, SENT, areas.map(keyOf));
  };
  const sent = read(ofThisTab, SENT) || [];
  drop(ofThisTab, SENT);
  if (doc.querySelector(".flashes .callout-good")) for (const key of sent) drop(kept, key);
  eachKept((key) => {
    const copy = read(kept, key);
    if (!copy || Date.now() - copy.at > WEEK) drop(kept, key);
  });
  const restore = (from) => {
    for (const area of all("textarea[data-keep]", from)) {
      const copy = read(kept, keyOf(area));
      if (!copy || area.value.trim() || !copy.text.trim()) continue;
      area.value = copy.text;
      const note = doc.createElement("span");
      note.className = "hint";
      note.setAttribute("role", "status");
      note.textContent = area.dataset.keepNote || "";
      area.after(note);
    }
  };
  let timer;
  doc.addEventListener("input", (event) => {
    const area = event.target;
    if (!area.dataset || !area.dataset.keep) return;
    clearTimeout(timer);
    timer = setTimeout(() => keep(area), 400);
  });

  /* ---- a form that came back: the focus goes to what is wrong ---- */
  const settle = (from) => {
    restore(from);
    const summary = from.querySelector("[data-focus]");
    if (summary) summary.focus();
  };
  settle(doc);
  doc.addEventListener("htmx:after:settle", (event) => { if (event.target instanceof Element) settle(event.target); });

  /* ---- the current tab is in sight ---- */
  // Only the bar moves: scrollIntoView would scroll the page too.
  for (const tab of doc.querySelectorAll(".tabs [aria-current]")) {
    const bar = tab.closest(".tabs"), at = tab.getBoundingClientRect(), seen = bar.getBoundingClientRect();
    bar.scrollLeft += at.left + at.width / 2 - seen.left - seen.width / 2;
  }

  /* ---- fragments carry the token of the page ---- */
  doc.addEventListener("htmx:config:request", (event) => {
    const token = doc.querySelector("meta[name=csrf-token]"), context = event.detail && event.detail.ctx;
    if (token && context && context.request) context.request.headers["X-CSRFToken"] = token.content;
  });
})();
