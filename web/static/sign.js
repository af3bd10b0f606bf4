// A signature drawn with finger, pen or mouse goes into the file that the form sends anyway: without
// script one types the name or chooses a picture.
(function () {
  "use strict";
  const form = document.querySelector("[data-sign]");
  if (!form) return;
  const pad = form.querySelector("[data-pad]");
  const canvas = pad.querySelector("canvas");
  const file = form.querySelector("input[type=file]");
  const pen = canvas.getContext("2d");
  let last = null;
  let drawn = false;

  function clear() {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.strokeStyle = pen.fillStyle = "#111";
    pen.lineWidth = 5;
    pen.lineCap = pen.lineJoin = "round";
    drawn = false;
  }

  function place(e) {
    const box = canvas.getBoundingClientRect();
    return [(e.clientX - box.left) * canvas.width / box.width, (e.clientY - box.top) * canvas.height / box.height];
  }

  function keep() {
    canvas.toBlob(function (blob) {
      const files = new DataTransfer();
      files.items.add(new File([blob], "signature.png", { type: "image/png" }));
      if (drawn) file.files = files.files;
    }, "image/png");
  }

  canvas.addEventListener("pointerdown", function (e) {
    if (e.button) return;
    e.preventDefault();
    canvas.setPointerCapture(e.pointerId);
    last = place(e);
    drawn = true;
    pen.beginPath();
    pen.arc(last[0], last[1], pen.lineWidth / 2, 0, 7);
    pen.fill();
  });
  canvas.addEventListener("pointermove", function (e) {
    if (!last) return;
    const to = place(e);
    pen.beginPath();
    pen.moveTo(last[0], last[1]);
    pen.lineTo(to[0], to[1]);
    pen.stroke();
    last = to;
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    canvas.addEventListener(name, function () {
      if (last) keep();
      last = null;
    });
  });
  pad.querySelector("[data-clear]").addEventListener("click", function () {
    clear();
    file.value = "";
  });
  file.addEventListener("change", clear);

  function follow() {
    const mode = form.querySelector("[name=mode]:checked");
    form.querySelectorAll("[data-for]").forEach(function (part) {
      part.hidden = !mode || !part.dataset.for.split(" ").includes(mode.value);
    });
  }
  form.addEventListener("change", follow);
  clear();
  pad.hidden = false;
  follow();
})();
