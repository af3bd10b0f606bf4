// Comfort on top of pages that work without it: '/' goes to the search box, the form's questions
// follow the answers, long lists can be filtered, unsaved changes are not lost by a slip.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  const first = document.querySelector("[data-focus]");
  if (first) first.focus();

  document.addEventListener("keydown", function (e) {
    const box = document.querySelector("[data-search]");
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || !box) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName)) return;
    e.preventDefault();
    box.focus();
    box.select();
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
  let timer = 0;
  let asked = 0;

  function place(path) {
    return form.querySelector('[data-field="' + CSS.escape(path) + '"]');
  }

  function show(path, state) {
    const q = place(path);
    if (!q) return;
    q.hidden = !state.relevant;
    const shown = q.querySelector(":scope > [data-shown]");
    if (shown && state.value !== undefined) shown.textContent = state.value || "";
    const note = q.querySelector(":scope > .part-title [data-progress]");
    if (note && state.progress) note.textContent = state.progress;
    const problem = q.querySelector(":scope > [data-problem]");
    if (!problem) return;
    problem.textContent = state.problem || "";
    problem.hidden = !state.problem;
    const input = q.querySelector(":scope > input, :scope > select, :scope > textarea");
    if (!input) return;
    if (state.problem) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  async function ask() {
    const mine = ++asked;
    const body = new URLSearchParams(new FormData(form));
    let reply;
    try {
      reply = await fetch(form.dataset.state, { method: "POST", body: body, headers: { Accept: "application/json" } });
    } catch (e) {
      return; // without the network the form is as it was; saving will tell
    }
    if (!reply.ok || mine !== asked) return;
    const state = await reply.json();
    for (const path in state.fields) show(path, state.fields[path]);
    const all = form.querySelector('[data-progress=""]');
    if (all && state.progress) all.textContent = state.progress;
  }

  function changed(e) {
    dirty = true;
    clearTimeout(timer);
    timer = setTimeout(ask, e.type === "change" ? 150 : 600);
  }

  // "None of these" and the like stand alone.
  form.addEventListener("change", function (e) {
    const box = e.target;
    if (box.type !== "checkbox" || !box.checked) return;
    form.querySelectorAll('input[type="checkbox"][name="' + CSS.escape(box.name) + '"]').forEach(function (o) {
      if (o !== box && ("exclusive" in box.dataset || "exclusive" in o.dataset)) o.checked = false;
    });
  });
  // References: what the words find appears as one types; a chosen one stays.
  form.querySelectorAll("[data-ref]").forEach(function (q) {
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
  });

  form.addEventListener("change", changed);
  form.addEventListener("input", changed);
  form.addEventListener("submit", function () { dirty = false; });
  window.addEventListener("beforeunload", function (e) { if (dirty) e.preventDefault(); });
  if (document.querySelector(".problems-box, .same-panel")) dirty = true;
})();
