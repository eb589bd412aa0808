// Tells the officer before the session ends, and keeps it when they ask. The pages work without this.
(function () {
  "use strict";
  const box = document.getElementById("idle");
  if (!box) return;
  const life = Number(box.dataset.seconds) * 1000;
  const warning = 120 * 1000;
  const button = box.querySelector("button");
  const over = box.querySelector(".over");
  let timers = [];

  function start() {
    timers.forEach(clearTimeout);
    box.hidden = true;
    timers = [setTimeout(warn, life - warning), setTimeout(end, life)];
  }
  function warn() {
    box.hidden = false;
  }
  function end() {
    box.hidden = false;
    button.hidden = true;
    box.querySelector("p").hidden = true;
    over.hidden = false;
  }
  button.addEventListener("click", async function () {
    const answer = await fetch(box.dataset.stay, { method: "POST" });
    if (answer.ok) start();
    else end();
  });
  start();

  document.querySelectorAll(".undo[data-until]").forEach(function (undo) {
    const left = Number(undo.dataset.until) * 1000 - Date.now();
    setTimeout(function () { undo.querySelector("form").hidden = true; }, Math.max(left, 0));
  });
})();
