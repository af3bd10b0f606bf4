// Paper entry by keyboard: Enter goes on to the next question that is asked, wrong numbers stay.
(function () {
  "use strict";
  const form = document.querySelector("[data-paper]");
  if (!form) return;
  const lines = Array.from(form.querySelectorAll("[data-line]"));
  const inputs = lines.map(function (line) { return line.querySelector("input"); });
  const totals = form.querySelector("[data-totals]");

  function words(input) { return input.value.trim().toLowerCase().split(/[\s,;.]+/).filter(Boolean); }
  function fits(input) {
    const list = words(input);
    if (list.length > 1 && !input.hasAttribute("data-many")) return false;
    return list.every(function (w) {
      return /^\d+$/.test(w) ? Number(w) >= 1 && Number(w) <= Number(input.dataset.last)
        : w.length === 1 && input.dataset.keys.includes(w);
    });
  }
  function refresh() {
    let answered = 0;
    let declined = 0;
    lines.forEach(function (line, i) {
      const after = line.dataset.after && form.querySelector('[name="q.' + line.dataset.after + '"]');
      line.hidden = Boolean(after) && !words(after).some(function (w) { return line.dataset.when.split(" ").includes(w); });
      inputs[i].setAttribute("aria-invalid", fits(inputs[i]) ? "false" : "true");
      if (line.hidden || !words(inputs[i]).length) return;
      answered++;
      const no = (inputs[i].dataset.declines || "").split(" ");
      if (words(inputs[i]).some(function (w) { return w === "d" || w === "k" || no.includes(w); })) declined++;
    });
    totals.textContent = totals.dataset.totals.replace("#1", answered).replace("#2", declined);
  }
  form.addEventListener("input", refresh);
  form.addEventListener("keydown", function (e) {
    const at = inputs.indexOf(e.target);
    if (at < 0 || (e.key !== "Enter" && e.key !== "ArrowUp" && e.key !== "ArrowDown")) return;
    e.preventDefault();
    if (e.key === "Enter" && !fits(e.target)) return e.target.select();
    refresh();
    const step = e.key === "ArrowUp" ? -1 : 1;
    let to = at + step;
    while (to >= 0 && to < lines.length && lines[to].hidden) to += step;
    if (to < 0) return;
    const next = to < lines.length ? inputs[to] : form.querySelector("textarea") || form.querySelector("button.btn-primary");
    next.focus();
    if (next.select) next.select();
  });
  refresh();
})();
