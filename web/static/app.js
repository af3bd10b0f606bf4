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
  form.addEventListener("change", changed);
  form.addEventListener("input", changed);
  form.addEventListener("submit", function () { dirty = false; });
  window.addEventListener("beforeunload", function (e) { if (dirty) e.preventDefault(); });
  if (document.querySelector(".problems-box, .same-panel")) dirty = true;
})();
