// Comfort on top of pages that work without it: '/' goes to the search box, the form's questions
// follow the answers, long lists can be filtered, unsaved changes are not lost by a slip.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  // A part of another page, shown beside the page one is on.
  async function beside(href, part, still) {
    const reply = await fetch(href, { headers: { Accept: "text/html" } });
    if (!reply.ok || reply.redirected) throw new Error(reply.status);
    const there = new DOMParser().parseFromString(await reply.text(), "text/html");
    const what = there.querySelector(part);
    if (!what) throw new Error("not there");
    const panel = document.createElement("dialog");
    const end = document.createElement("form");
    const button = document.createElement("button");
    panel.className = still ? "side side-still" : "side";
    panel.setAttribute("aria-label", there.querySelector("h1").textContent);
    end.method = "dialog";
    end.className = "side-end";
    button.className = "btn btn-sm btn-outline-secondary";
    button.textContent = "×";
    button.setAttribute("aria-label", document.body.dataset.close);
    end.append(button);
    panel.append(end, document.adoptNode(what));
    panel.addEventListener("close", function () { panel.remove(); });
    panel.addEventListener("click", function (e) { if (e.target === panel) panel.close(); });
    document.body.append(panel);
    if (!still) return panel.showModal();
    panel.addEventListener("keydown", function (e) { if (e.key === "Escape") panel.close(); });
    panel.show();
    button.focus();
  }

  // Help stands beside the page while one goes on working; on a phone it is a page of its own.
  document.addEventListener("click", function (e) {
    const link = e.target.closest("a");
    const open = document.querySelector(".side-still");
    if (!link || e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
    const inside = open && open.contains(link) && /^\/guide\/./.test(link.getAttribute("href"));
    const asked = link.matches("[data-help]") && /^\/guide\/./.test(link.getAttribute("href"));
    if ((!inside && !asked) || window.matchMedia("(max-width: 40rem)").matches) return;
    if (document.querySelector("main > .guide")) return;
    e.preventDefault();
    if (open) {
      open.close();
      if (asked) return;
    }
    beside(link.href, ".guide", true).then(function () {
      const panel = document.querySelector(".side-still");
      const back = document.querySelector("[data-help]");
      panel.addEventListener("close", function () { if (!document.querySelector(".side-still")) back.focus(); });
    }).catch(function () { location.assign(link.href); });
  });

  // A key term says what it means when it is pointed at, reached with Tab, or touched.
  let meanings = null;
  let tip = null;
  let shown_at = 0;
  let waiting = 0;
  function meaning_of(code) {
    meanings = meanings || fetch("/terms", { headers: { Accept: "text/html" } })
      .then(function (reply) { return reply.text(); })
      .then(function (text) { return new DOMParser().parseFromString(text, "text/html"); });
    return meanings.then(function (page) {
      const row = page.getElementById(code);
      return row && row.querySelector(".term-text").textContent;
    });
  }
  function hide_tip() {
    clearTimeout(waiting);
    if (!tip) return;
    tip.term.removeAttribute("aria-describedby");
    tip.remove();
    tip = null;
  }
  function show_tip(term) {
    if (tip && tip.term === term) return;
    hide_tip();
    meaning_of(term.dataset.term).then(function (text) {
      if (!text || tip || !(term.matches(":hover") || term === document.activeElement)) return;
      const at = term.getBoundingClientRect();
      tip = document.createElement("div");
      tip.className = "tip";
      tip.id = "tip";
      tip.setAttribute("role", "tooltip");
      tip.textContent = text;
      tip.term = term;
      (term.closest("dialog, main") || document.body).append(tip);
      const box = tip.getBoundingClientRect();
      const room = root.clientWidth - box.width - 8;
      const frame = tip.offsetParent && tip.offsetParent !== document.body
        ? tip.offsetParent.getBoundingClientRect() : { left: -window.scrollX, top: -window.scrollY };
      const down = tip.offsetParent && tip.offsetParent !== document.body ? tip.offsetParent.scrollTop : 0;
      tip.style.left = Math.max(8, Math.min(at.left, room)) - frame.left + "px";
      tip.style.top = (at.bottom + box.height + 8 > window.innerHeight && at.top > box.height
        ? at.top - box.height - 4 : at.bottom + 4) - frame.top + down + "px";
      term.setAttribute("aria-describedby", "tip");
      shown_at = Date.now();
      tip.addEventListener("mouseleave", hide_tip);
    }).catch(function () { meanings = null; });
  }
  document.addEventListener("mouseover", function (e) {
    const term = e.target.closest(".term");
    clearTimeout(waiting);
    if (term) waiting = setTimeout(show_tip, 150, term);
    else if (tip && !tip.contains(e.target) && tip.term !== document.activeElement) waiting = setTimeout(hide_tip, 200);
  });
  document.addEventListener("focusin", function (e) {
    if (e.target.matches(".term")) show_tip(e.target);
    else hide_tip();
  });
  document.addEventListener("click", function (e) {
    const term = e.target.closest(".term");
    if (!term || (tip && tip.term === term && Date.now() - shown_at > 500)) return;
    e.preventDefault();
    term.focus();
    show_tip(term);
  });
  document.addEventListener("keydown", function (e) { if (e.key === "Escape") hide_tip(); });

  // Keys: see /shortcuts. Whoever does not want them has switched them off there.
  const places = { h: "/", p: "/records/person", c: "/records/case", t: "/tasks" };
  let going = 0; // when g was pressed
  let line = -1;
  function click(wanted) {
    const found = document.querySelector(wanted);
    if (found) found.click();
  }
  function step(by) {
    const lines = Array.from(document.querySelectorAll("main tbody tr, main .hit, main .plain-list > li"))
      .filter(function (l) { return l.querySelector("a"); });
    if (!lines.length) return;
    if (line >= 0 && lines[line]) lines[line].classList.remove("here");
    line = Math.min(Math.max(line + by, 0), lines.length - 1);
    lines[line].classList.add("here");
    lines[line].querySelector("a").focus();
  }
  const keys = {
    "/": function () {
      const box = document.querySelector("[data-search]");
      if (box) { box.focus(); box.select(); }
    },
    "?": function () { beside("/shortcuts", ".shortcuts").catch(function () { location.assign("/shortcuts"); }); },
    n: function () { click("[data-new]"); },
    e: function () { click("[data-edit]"); },
    s: function () { click('form[data-form] button[name="_save"]'); },
    j: function () { step(1); },
    k: function () { step(-1); },
    g: function () { going = Date.now(); },
  };
  document.addEventListener("keydown", function (e) {
    if (e.key === "Escape" && e.target.matches("[data-search]")) e.target.blur();
    if (!("keys" in document.body.dataset) || e.ctrlKey || e.metaKey || e.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || document.querySelector("dialog[open]")) return;
    const where = Date.now() - going < 1500 && places[e.key];
    going = 0;
    if (where) {
      if (document.querySelector('.sections a[href="' + where + '"]')) location.assign(where);
    } else if (keys[e.key]) {
      keys[e.key]();
    } else {
      return;
    }
    e.preventDefault();
  });

  document.addEventListener("click", function (e) {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(e.target)) menu.open = false;
  });
  document.addEventListener("keydown", function (e) {
    const menu = document.querySelector("details.menu[open]");
    if (e.key !== "Escape" || !menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // A list of hundreds of choices gets a box that narrows it.
  document.querySelectorAll("[data-long]").forEach(function (list) {
    const box = document.createElement("input");
    const options = list.querySelectorAll(".option");
    box.type = "search";
    box.className = "form-control filter";
    box.setAttribute("aria-label", list.querySelector("summary").textContent);
    list.querySelector("summary").after(box);
    list.addEventListener("toggle", function () { if (list.open) box.focus(); });
    box.addEventListener("keydown", function (e) { if (e.key === "Enter") e.preventDefault(); });
    box.addEventListener("input", function (e) {
      const want = box.value.trim().toLocaleLowerCase();
      e.stopPropagation();
      options.forEach(function (o) {
        o.hidden = !o.textContent.toLocaleLowerCase().includes(want) && !o.querySelector("input").checked;
      });
    });
  });

  const form = document.querySelector("form[data-form]");
  if (!form) return;
  let dirty = false;
  let typing = 0; // grows with every change
  let timer = 0;
  let asked = 0;
  const was = new Map(); // what stood there when the server was last asked, of what changed since
  const last = new Map();

  const all = (selector, root) => [...(root || form).querySelectorAll(selector)];
  function place(path) {
    return form.querySelector('[data-field="' + CSS.escape(path) + '"]');
  }
  function element(tag, text, name) {
    const e = document.createElement(tag);
    if (text) e.textContent = text;
    if (name) e.className = name;
    return e;
  }
  function button(text, name) {
    const b = element("button", text, name || "btn btn-sm btn-outline-secondary");
    b.type = "button";
    return b;
  }
  function typed(input) {
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // --- answers by path ---

  const path_of = (name) => name.replace(/^_(rank|place|points)\./, "");

  function value_of(path) {
    const q = place(path);
    if (!q) return "";
    const named = (head) => all('[name="' + CSS.escape(head + path) + '"]', q);
    const plain = named("").filter((i) => !/^(radio|checkbox)$/.test(i.type) || i.checked);
    if (plain.length) return plain.map((i) => i.value.trim()).filter(Boolean).join(" ");
    const ranks = named("_rank.").concat(named("_place."));
    if (ranks.length) return ranks.map((i) => i.value.trim()).filter(Boolean).join(" ");
    return named("_points.").map((i) => i.value.trim().replace(/\s*[\r\n]+\s*/g, "; ")).join("");
  }

  function remember() {
    all("[data-field]").forEach((q) => {
      if (!q.matches("section, .repeat")) last.set(q.dataset.field, value_of(q.dataset.field));
    });
  }

  // --- pages ---

  let page = Number(form.dataset.pages || 0);
  const reviewing = form.querySelector("[data-review-list]"); // the server turns the pages then
  const of_page = (n) => all('[data-page="' + n + '"]')[0];
  const is_asked = (q) => q && !q.closest("[data-off]");

  function paint(q) {
    const n = Number(q.dataset.page || 0);
    const inner = page && !n && q.matches("section") && q.querySelector("[data-page]:not([data-page='0'])");
    const here = !page || !(n || inner) || n === page || (inner && [...q.querySelectorAll("[data-page]")].some((e) => Number(e.dataset.page) === page));
    q.hidden = "off" in q.dataset || !here;
  }

  function show_page(focus) {
    all("[data-page], [data-field]").forEach(paint);
    if (!page || reviewing) return;
    const pages = all("[data-page]").map((e) => Number(e.dataset.page)).filter(Boolean);
    const open = [...new Set(pages)].sort((a, b) => a - b).filter((n) => is_asked(of_page(n)));
    const at = open.indexOf(page);
    const note = form.querySelector("[data-page-note]");
    const bar = form.querySelector("[data-page-bar]");
    const digits = (n) => n.toLocaleString(root.lang, { useGrouping: false });
    note.textContent = note.dataset.pageNote.replace("##", digits(open.length)).replace("#", digits(at + 1));
    bar.max = open.length;
    bar.value = at + 1;
    form.elements._page.value = page;
    form.querySelector("[data-back]").hidden = at <= 0;
    form.querySelector("[data-next]").hidden = at === open.length - 1;
    all("[name=_jump]").forEach((b) => b.removeAttribute("aria-current"));
    const jump = all("[name=_jump]").filter((b) => Number(b.value) <= page).pop();
    if (jump) jump.setAttribute("aria-current", "step");
    if (!focus) return;
    const q = of_page(page);
    const to = q.querySelector("input:not([type=hidden]), select, textarea") || q;
    window.scrollTo(0, 0);
    to.focus({ preventScroll: true });
  }

  function turn(step) {
    const pages = [...new Set(all("[data-page]").map((e) => Number(e.dataset.page)))].filter(Boolean);
    const next = pages.filter((n) => (n - page) * step > 0 && is_asked(of_page(n))).sort((a, b) => (a - b) * step)[0];
    if (!next) return;
    page = next;
    show_page(true);
  }

  // Nobody goes on past what is missing or wrong on a page.
  function holds_back() {
    const bad = all(".problem:not([hidden])", of_page(page)).filter((p) => !p.closest("[hidden]"));
    if (!bad.length) return false;
    const input = bad[0].parentElement.querySelector("input:not([type=hidden]), select, textarea");
    if (input) input.focus();
    return true;
  }

  form.addEventListener("click", async function (e) {
    const b = e.target.closest("button");
    if (!b || !page || reviewing || !/^_(next|back|jump)$/.test(b.name)) return;
    e.preventDefault();
    clearTimeout(timer);
    if (b.name === "_next") {
      await ask();
      if (holds_back()) return;
      turn(1);
    } else if (b.name === "_back") {
      turn(-1);
    } else {
      page = Number(b.value);
      if (!is_asked(of_page(page))) turn(1);
      else show_page(true);
      b.closest("details").open = false;
    }
  });

  // --- the form's state ---

  // Choices in an order made by chance: it may hang on an answer.
  function order_choices(q, codes) {
    const had = document.activeElement;
    const value = (o) => (o.matches("option") ? o : o.querySelector("input"))?.value;
    for (const box of new Set(all("option, .option", q).map((o) => o.parentElement))) {
      const now = [...box.children].filter((o) => o.matches("option, .option") && codes.includes(value(o)));
      const next = codes.map((code) => now.find((o) => value(o) === code));
      if (now.length !== codes.length || next.includes(undefined) || now.every((o, i) => o === next[i])) continue;
      const last = now[now.length - 1].nextSibling;
      next.forEach((o) => box.insertBefore(o, last));
      if (q.contains(had)) had.focus();
    }
  }

  function show_choices(q, codes) {
    order_choices(q, codes);
    const open = new Set(codes);
    all("option, .option", q).forEach((o) => {
      const input = o.matches("option") ? o : o.querySelector("input");
      if (!input || input.value === "") return;
      const off = !open.has(input.value);
      if (off && (input.checked || input.selected)) {
        if (o.matches("option")) input.parentElement.value = "";
        else input.checked = false;
        dirty = true;
      }
      o.hidden = off;
      if (o.matches("option")) o.disabled = off;
    });
    const none = q.querySelector('input[type="radio"][value=""]');
    if (none && !q.querySelector("input:checked")) none.checked = true;
  }

  function show_problem(q, text) {
    const problem = q.querySelector(":scope > [data-problem], :scope > .problem");
    if (!problem) return;
    problem.textContent = text || "";
    problem.hidden = !text;
    all(":scope > input, :scope > select, :scope > textarea, :scope > .range-box > input[name]", q).forEach((input) => {
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    });
  }

  function show(path, state) {
    const kept = form.querySelector('[data-kept="' + CSS.escape(path) + '"]');
    if (kept && state.kept !== undefined) kept.value = state.kept;
    const q = place(path);
    if (!q) return;
    if (state.relevant) delete q.dataset.off;
    else q.dataset.off = "";
    const shown = q.querySelector(":scope > [data-shown]");
    if (shown && state.value !== undefined) shown.textContent = state.value || "";
    if (state.typed !== undefined) {
      const line = q.querySelector("input[name]");
      if (line && line !== document.activeElement) line.value = state.typed;
    }
    const said = q.querySelector("[data-said]");
    if (said && state.said) said.replaceChildren(...state.said.map((r) => element(r.as, r.text)));
    const req = q.querySelector("[data-req]");
    if (req && state.required !== undefined) req.hidden = !state.required;
    if (state.choices) show_choices(q, state.choices);
    if (!q.matches("section, .repeat")) last.set(path, value_of(path));
    show_problem(q, state.problem);
  }

  // Files are sent when the form is saved, not while somebody types.
  function texts() {
    const data = new FormData();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") data.append(name, value);
    return data;
  }

  async function ask() {
    const mine = ++asked;
    const data = texts();
    for (const [path, before] of was) data.append("_was." + path, before);
    const sent = new Map(was);
    was.clear();
    let reply;
    try {
      reply = await fetch(form.dataset.state, { method: "POST", body: new URLSearchParams(data), headers: { Accept: "application/json" } });
    } catch (e) {
      reply = null; // without the network the form is as it was; saving will tell
    }
    if (!reply || !reply.ok || mine !== asked) {
      for (const [path, before] of sent) was.set(path, before);
      return;
    }
    const state = await reply.json();
    let rows = false;
    for (const path in state.fields) {
      const q = place(path);
      show(path, state.fields[path]);
      rows = rows || (q && state.fields[path].rows !== undefined && state.fields[path].rows !== Number(q.dataset.rows));
    }
    for (const name in state.sections || {}) {
      const note = form.querySelector('[data-progress="' + CSS.escape(name) + '"]');
      if (note) note.textContent = state.sections[name];
    }
    const note = form.querySelector('[data-progress=""]');
    if (note && state.progress) note.textContent = state.progress;
    show_page(false);
    if (rows) await reshow("_refresh");
  }

  function changed(e) {
    if (!e.target.name) return;
    const path = path_of(e.target.name);
    const before = last.get(path);
    dirty = true;
    if (before !== undefined && before !== value_of(path)) {
      if (!was.has(path)) was.set(path, before);
      last.set(path, value_of(path));
    }
    typing++;
    clearTimeout(timer);
    timer = setTimeout(ask, e.type === "change" ? 150 : 600);
    keep_soon(e.type === "change" ? 700 : 2000);
    const q = e.target.closest("[data-quick]");
    if (q && page && e.type === "change" && e.target.value) ask().then(() => holds_back() || turn(1));
  }

  // --- kept as one types: on the server, so that nothing is lost with the browser or the session ---

  let keep_timer = 0;
  let keeping = null; // what is under way
  let again = false;
  let over = false; // the page is being left by a button of the form

  async function keep(last) {
    clearTimeout(keep_timer);
    if (!("keep" in form.dataset) || over || !dirty) return;
    if (keeping && !last) { again = true; return; }
    const note = form.querySelector("[data-kept-note]");
    const body = new URLSearchParams(texts());
    const typed_now = ++typing;
    keeping = new AbortController();
    let said = null;
    try {
      const reply = await fetch(form.dataset.keep, { method: "POST", body: body, signal: keeping.signal, keepalive: Boolean(last), headers: { Accept: "application/json" } });
      if (reply.ok && !reply.redirected) said = (await reply.json()).say;
      else if (reply.status === 422 || reply.status === 413) said = ((await reply.json().catch(() => ({}))).detail) || null;
    } catch (e) {
      if (e.name === "AbortError") return;
    }
    keeping = null;
    if (over) return;
    note.textContent = said || form.dataset.lost;
    note.classList.toggle("problem", !said);
    if (said && typed_now === typing) dirty = false;
    if (again) { again = false; keep_soon(1000); }
  }

  function keep_soon(ms) {
    clearTimeout(keep_timer);
    keep_timer = setTimeout(keep, ms);
  }

  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden") keep(true); });

  // --- rows: the page is fetched anew, and only its repeats are put in place of the old ones ---

  const stands = (c) => (/^(radio|checkbox)$/.test(c.type) ? String(c.checked) : c.value);

  // The control that has come in place of c, after the button of this name: of the row that was
  // removed none, those behind it have moved up.
  function successor(c, name) {
    const [, list, gone] = /^_remove\.(.*)\.(\d+)$/.exec(name) || [];
    let wanted = c.name;
    if (list && wanted.startsWith(list + ".")) {
      const [row, ...rest] = wanted.slice(list.length + 1).split(".");
      if (row === gone) return undefined;
      wanted = [list, Number(row) > Number(gone) ? row - 1 : row, ...rest].join(".");
    }
    const alike = (n) => n.type === c.type && (!/^(radio|checkbox)$/.test(c.type) || n.value === c.value);
    return all('[name="' + CSS.escape(wanted) + '"]').find(alike);
  }

  // What was typed while the page was on its way, files that were chosen, and the focus.
  function carry(before, name, had) {
    for (const [c, then] of before) {
      const chosen = c.type === "file" && c.files.length > 0;
      const to = (chosen || stands(c) !== then) && successor(c, name);
      if (!to) continue;
      if (chosen) to.files = c.files;
      else if (c.type === "radio" || c.type === "checkbox") to.checked = c.checked;
      else if (c.type !== "file") to.value = c.value;
      typed(to);
    }
    const to = before.has(had) && successor(had, name);
    if (!to) return;
    to.focus({ preventScroll: true });
    if (typeof had.selectionStart === "number") to.setSelectionRange(had.selectionStart, had.selectionEnd);
  }

  async function reshow(name, here) {
    const data = texts();
    data.append(name, "1");
    const before = new Map(all(".repeat :is(input, select, textarea)").filter((c) => c.name).map((c) => [c, stands(c)]));
    let had;
    try {
      const reply = await fetch(form.action, { method: "POST", body: new URLSearchParams(data), headers: { Accept: "text/html" } });
      const page_now = new DOMParser().parseFromString(await reply.text(), "text/html");
      const fresh = page_now.querySelector("form[data-form]");
      if (!reply.ok || !fresh) return false;
      had = document.activeElement;
      all(".repeat").filter((r) => !r.parentElement.closest(".repeat")).forEach((r) => {
        const other = fresh.querySelector('[data-field="' + CSS.escape(r.dataset.field) + '"]');
        if (other) r.replaceWith(document.adoptNode(other));
      });
    } catch (e) {
      return false;
    }
    dirty = true;
    dress();
    remember();
    carry(before, name, had);
    show_page(false);
    const q = here && place(here);
    if (!q) return true;
    const row = all(".row-card", q).pop();
    const input = (name.startsWith("_add.") && row && row.querySelector("input:not([type=hidden]), select, textarea")) || q;
    input.focus();
    return true;
  }

  form.addEventListener("click", async function (e) {
    const b = e.target.closest("button");
    if (!b || !/^_(add|remove)\./.test(b.name)) return;
    e.preventDefault();
    const here = b.name.replace(/^_add\./, "").replace(/^_remove\.(.*)\.\d+$/, "$1");
    if (await reshow(b.name, here)) return;
    dirty = false;
    const sent = element("input");
    sent.type = "hidden";
    sent.name = b.name;
    sent.value = "1";
    form.append(sent);
    form.submit();
  });

  // --- comfort of single questions ---

  function dress_rank(list) {
    const selects = all("select", list);
    const before = new Map(selects.map((s) => [s, s.value]));
    const swap = (a, b) => {
      const value = a.value;
      a.value = b.value;
      b.value = value;
      before.set(a, a.value);
      before.set(b, b.value);
      typed(b);
    };
    selects.forEach((s, i) => {
      const up = button("\u2191");
      const down = button("\u2193");
      const name = (word) => word + ": " + (s.selectedOptions[0] && s.value ? s.selectedOptions[0].textContent : i + 1);
      const tell = () => { up.setAttribute("aria-label", name(list.dataset.up)); down.setAttribute("aria-label", name(list.dataset.down)); };
      up.disabled = i === 0;
      down.disabled = i === selects.length - 1;
      up.addEventListener("click", () => { swap(s, selects[i - 1]); all("button", list).forEach((b) => b.dispatchEvent(new Event("tell"))); });
      down.addEventListener("click", () => { swap(s, selects[i + 1]); all("button", list).forEach((b) => b.dispatchEvent(new Event("tell"))); });
      up.addEventListener("tell", tell);
      s.addEventListener("change", () => {
        const twin = selects.find((o) => o !== s && o.value === s.value && s.value);
        if (twin) twin.value = before.get(s);
        selects.forEach((o) => before.set(o, o.value));
        all("button", list).forEach((b) => b.dispatchEvent(new Event("tell")));
      });
      tell();
      s.after(up, down);
    });
  }

  function dress_range(box) {
    const number = box.querySelector("input");
    const slider = element("input", "", "form-range");
    slider.type = "range";
    slider.min = box.dataset.start;
    slider.max = box.dataset.end;
    slider.step = box.dataset.step;
    slider.tabIndex = -1; // the number beside it is the one for keyboards and screen readers
    slider.setAttribute("aria-hidden", "true");
    const follow = () => {
      slider.value = number.value === "" ? box.dataset.start : number.value;
      slider.classList.toggle("range-empty", number.value === "");
    };
    slider.addEventListener("input", (e) => { e.stopPropagation(); number.value = slider.value; follow(); });
    slider.addEventListener("change", (e) => { e.stopPropagation(); number.value = slider.value; follow(); typed(number); });
    number.addEventListener("input", follow);
    follow();
    number.before(slider);
  }

  function locate(b, refused, done) {
    b.disabled = true;
    navigator.geolocation.getCurrentPosition((p) => {
      b.disabled = false;
      done(p.coords);
    }, () => {
      b.disabled = false;
      b.after(element("span", refused, "hint"));
    }, { enableHighAccuracy: true, timeout: 30000 });
  }

  function dress_place(box) {
    const inputs = all("input", box);
    const b = button(box.dataset.place);
    b.addEventListener("click", () => locate(b, box.dataset.refused, (c) => {
      const near = (n, places) => (n === null || n === undefined ? "" : String(Number(n.toFixed(places))));
      [near(c.latitude, 6), near(c.longitude, 6), near(c.altitude, 1), near(c.accuracy, 1)].forEach((v, i) => { inputs[i].value = v; });
      typed(inputs[0]);
    }));
    box.append(b);
  }

  function dress_points(area) {
    const b = button(area.dataset.points);
    b.addEventListener("click", () => locate(b, "", (c) => {
      area.value = (area.value.trim() ? area.value.trim() + "\n" : "") + c.latitude.toFixed(6) + " " + c.longitude.toFixed(6);
      typed(area);
    }));
    area.after(b);
  }

  function dress_barcode(input) {
    const b = button(input.dataset.barcode);
    b.addEventListener("click", async () => {
      const video = element("video", "", "scan");
      let stream;
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      } catch (e) {
        return;
      }
      const detector = new window.BarcodeDetector();
      const stop = () => { stream.getTracks().forEach((t) => t.stop()); video.remove(); };
      video.srcObject = stream;
      video.addEventListener("click", stop);
      b.after(video);
      await video.play();
      while (video.isConnected) {
        const found = await detector.detect(video).catch(() => []);
        if (found.length) { input.value = found[0].rawValue; typed(input); stop(); }
        await new Promise((r) => setTimeout(r, 200));
      }
    });
    input.after(b);
  }

  function dress_thousands(input) {
    const note = element("span", "", "hint thousands");
    const tell = () => {
      const n = Number(input.value);
      note.textContent = input.value.trim() && Number.isFinite(n) && Math.abs(n) >= 1000 ? n.toLocaleString(root.lang) : "";
    };
    input.addEventListener("input", tell);
    input.after(note);
    tell();
  }

  // References: what the words find appears as one types; a chosen one stays.
  function dress_ref(q) {
    const box = q.querySelector("[data-ref-words]");
    const options = q.querySelector("[data-ref-options]");
    const say = q.querySelector("[data-ref-say]");
    const path = q.dataset.field;
    let wait = 0;
    let turn = 0;

    function offer(hit, i) {
      const label = document.createElement("label");
      const radio = document.createElement("input");
      const text = document.createElement("span");
      radio.type = "radio";
      radio.className = "form-check-input";
      radio.name = path;
      radio.value = hit.id;
      radio.id = q.id + "-hit" + i;
      label.className = "option";
      label.htmlFor = radio.id;
      text.dir = "auto";
      text.textContent = hit.note ? hit.title + " · " + hit.note : hit.title;
      label.append(radio, " ", text);
      return label;
    }

    async function find() {
      const mine = ++turn;
      const body = new URLSearchParams({ csrf: form.elements.csrf.value, field: path, words: box.value });
      let reply;
      try {
        reply = await fetch(q.dataset.ref, { method: "POST", body: body, headers: { Accept: "application/json" } });
      } catch (e) {
        return;
      }
      if (!reply.ok || mine !== turn) return;
      const found = await reply.json();
      const last = options.querySelector(".option-none");
      options.querySelectorAll(".option").forEach(function (o) {
        if (o !== last && !o.querySelector("input").checked) o.remove();
      });
      const chosen = options.querySelector("input:checked");
      found.items.forEach(function (hit, i) {
        if (!chosen || chosen.value !== hit.id) last.before(offer(hit, turn + "-" + i));
      });
      say.textContent = found.say;
      q.querySelector("[data-ref-found]").value = box.value;
    }

    box.addEventListener("input", function (e) {
      e.stopPropagation();
      clearTimeout(wait);
      wait = setTimeout(find, 300);
    });
    box.addEventListener("change", function (e) { e.stopPropagation(); });
    box.addEventListener("keydown", function (e) {
      if (e.key !== "Enter") return;
      e.preventDefault();
      clearTimeout(wait);
      find();
    });
    q.querySelector(".ref-line button").addEventListener("click", function (e) {
      e.preventDefault();
      clearTimeout(wait);
      find();
    });
  }

  function dress() {
    const once = (selector, work) => all(selector).forEach((e) => {
      if ("dressed" in e.dataset) return;
      e.dataset.dressed = "";
      work(e);
    });
    once("[data-rank]", dress_rank);
    once("[data-range]", dress_range);
    once("[data-ref]", dress_ref);
    if (navigator.geolocation) once("[data-place]", dress_place);
    if (navigator.geolocation) once("[data-points]", dress_points);
    if ("BarcodeDetector" in window && navigator.mediaDevices) once("[data-barcode]", dress_barcode);
    once("[data-thousands]", dress_thousands);
  }

  // "None of these" and the like stand alone.
  form.addEventListener("change", function (e) {
    const box = e.target;
    if (box.type !== "checkbox" || !box.checked) return;
    all('input[type="checkbox"][name="' + CSS.escape(box.name) + '"]').forEach(function (o) {
      if (o !== box && ("exclusive" in box.dataset || "exclusive" in o.dataset)) o.checked = false;
    });
  });
  form.addEventListener("change", changed);
  form.addEventListener("input", changed);
  form.addEventListener("submit", function () {
    dirty = false;
    over = true;
    clearTimeout(keep_timer);
    if (keeping) keeping.abort();
  });
  window.addEventListener("beforeunload", function (e) { if (dirty) e.preventDefault(); });

  // Enter in a line answers it and saves nothing; Ctrl+S and Alt+S save.
  form.addEventListener("keydown", function (e) {
    if (e.key === "Enter" && e.target.matches("input:not([type=submit]):not([type=button])")) e.preventDefault();
  });
  document.addEventListener("keydown", function (e) {
    if (e.key.toLowerCase() !== "s" || !(e.ctrlKey || e.altKey) || e.metaKey || e.shiftKey) return;
    const save = all('.form-end button[name="_save"]')[0];
    if (!save) return;
    e.preventDefault();
    save.click();
  });

  dress();
  remember();
  show_page(false);
  if (document.querySelector(".problems-box, .same-panel")) dirty = true;
})();
