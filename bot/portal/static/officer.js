// A day or a time of day that is filled in by half, which a browser sends as empty, is sent as what is neither, so that the
// answer tells of it at its field.
(function () {
  "use strict";
  document.addEventListener("formdata", function (event) {
    event.target.querySelectorAll("input[type=date], input[type=time]").forEach(function (field) {
      if (field.validity.badInput) event.formData.set(field.name, "?");
    });
  });
})();

// Tells the officer before the session ends, and keeps it when they ask, or write: who writes is not idle. What happens in
// one tab holds for all of them. The pages work without this.
(function () {
  "use strict";
  const box = document.getElementById("idle");
  if (!box) return;
  const life = Number(box.dataset.seconds) * 1000;
  const warning = 120 * 1000;
  const writing = 300 * 1000;
  const button = box.querySelector("button");
  const text = box.querySelector("p");
  const over = box.querySelector(".over");
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  let timers = [];
  let since = 0;
  let asks = false;

  function start() {
    since = Date.now();
    timers.forEach(clearTimeout);
    timers = [setTimeout(check, life - warning), setTimeout(check, life)];
    show(true, false);
  }
  function show(isHidden, isOver) {
    box.hidden = isHidden;
    button.hidden = text.hidden = isOver;
    over.hidden = !isOver;
  }
  function check() {
    const idle = Date.now() - since;
    if (idle >= life) show(false, true);
    else if (idle >= life - warning) show(false, false);
  }
  async function stay() {
    if (asks) return;
    asks = true;
    try {
      const answer = await fetch(box.dataset.stay, { method: "POST" });
      if (answer.ok) begin();
      else show(false, true);
    } catch {
      check();
    } finally {
      asks = false;
    }
  }
  function begin() {
    start();
    if (tabs) tabs.postMessage("used");
  }
  button.addEventListener("click", stay);
  document.addEventListener("input", function () {
    if (over.hidden && Date.now() - since > writing) stay();
  });
  document.addEventListener("visibilitychange", check);
  if (tabs) tabs.addEventListener("message", start);
  begin();

  document.querySelectorAll(".undo[data-until]").forEach(function (undo) {
    const left = Number(undo.dataset.until) * 1000 - Date.now();
    setTimeout(function () { undo.querySelector("form").hidden = true; }, Math.max(left, 0));
  });
})();

// The boxes of a list: all of a page at once, a range with shift, and how many are ticked. The list works without this.
(function () {
  "use strict";
  const form = document.getElementById("pick");
  if (!form || form.dataset.all) return;
  const boxes = Array.from(form.querySelectorAll("input[name=case]"));
  if (boxes.length === 0) return;
  const all = document.getElementById("tick-page");
  const count = document.getElementById("tick-count");
  const bar = document.getElementById("bulk-bar");
  const untick = document.getElementById("untick");
  let last = null;

  function show() {
    const here = boxes.filter(function (box) { return box.checked; }).length;
    const total = here + Number(form.dataset.ticked);
    bar.classList.toggle("has-ticks", total > 0);
    untick.hidden = total === 0;
    all.checked = here === boxes.length;
    all.indeterminate = here > 0 && here < boxes.length;
    count.textContent = total === 1 ? count.dataset.one : count.dataset.many.replace("0", String(total));
  }
  form.addEventListener("click", function (event) {
    const box = event.target;
    if (box === all) boxes.forEach(function (one) { one.checked = all.checked; });
    else if (box.name !== "case") return;
    else if (event.shiftKey && last !== null) {
      const range = [boxes.indexOf(last), boxes.indexOf(box)].sort(function (a, b) { return a - b; });
      boxes.slice(range[0], range[1] + 1).forEach(function (one) { one.checked = box.checked; });
    }
    if (box !== all) last = box;
    show();
  });
  document.getElementById("tick-all").hidden = false;
  // A browser that goes back, or loads the page again, ticks the boxes after this has run.
  window.addEventListener("pageshow", show);
  show();
})();

// The columns of a list: moved in place by their arrows, or dragged. Without this each move loads the list again.
(function () {
  "use strict";
  const list = document.querySelector(".column-list");
  if (!list) return;
  const moved = document.getElementById("column-moved");
  let dragged = null;

  function tell(row) {
    const place = Array.from(list.children).indexOf(row) + 1;
    const title = row.querySelector("label span").textContent;
    moved.textContent = list.dataset.moved.replace("TITLE", title).replace("NUMBER", String(place));
  }
  function move(row, isUp) {
    const other = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(row);
    else other.after(row);
    tell(row);
  }
  Array.from(list.children).forEach(function (row) {
    row.draggable = true;
    row.querySelector(".moves").hidden = false;
  });
  list.addEventListener("click", function (event) {
    const button = event.target.closest(".moves button");
    if (!button) return;
    event.preventDefault();
    move(button.closest("li"), button.value.startsWith("kolumner:upp:"));
    button.focus();
  });
  list.addEventListener("dragstart", function (event) {
    dragged = event.target.closest("li");
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  list.addEventListener("dragover", function (event) {
    const over = event.target.closest("li");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    if (event.clientY < box.top + box.height / 2) over.before(dragged);
    else over.after(dragged);
  });
  list.addEventListener("drop", function (event) { event.preventDefault(); });
  list.addEventListener("dragend", function () {
    dragged.classList.remove("is-dragged");
    tell(dragged);
    dragged = null;
  });
})();

// The choices of the filter: how many are ticked, and of a long list those with the typed words, of which Enter ticks the only
// one. The filter works without this.
(function () {
  "use strict";
  document.querySelectorAll(".choose").forEach(function (choose) {
    const number = choose.querySelector(".choose-number").dataset;
    choose.addEventListener("change", function () {
      const ticked = choose.querySelectorAll("input[type=checkbox]:checked").length;
      const text = ticked === 0 ? number.none : ticked === 1 ? number.one : number.many.replace("0", String(ticked));
      choose.querySelector(".choose-number").textContent = text;
    });
  });
  function folded(text) {
    return text.toLocaleLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
  }
  document.querySelectorAll(".choose-find").forEach(function (field) {
    const rows = Array.from(field.parentElement.querySelectorAll(".choose-list label"));
    function found() { return rows.filter(function (row) { return !row.hidden; }); }
    field.addEventListener("input", function () {
      const words = folded(field.value).split(/\s+/);
      rows.forEach(function (row) {
        const name = folded(row.textContent);
        row.hidden = !words.every(function (word) { return name.includes(word); });
      });
    });
    field.addEventListener("keydown", function (event) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (found().length === 1) found()[0].querySelector("input").click();
    });
    field.hidden = false;
  });
})();

// A batch that goes on: how far it has come is fetched again and again, and the whole page when it has ended. What has the
// focus keeps it. Without this there is a link.
(function () {
  "use strict";
  const progress = document.getElementById("progress");
  if (!progress || !progress.dataset.seconds) return;
  const refresh = document.getElementById("refresh");
  const address = refresh.querySelector("a").href;
  refresh.hidden = true;
  function show(page) {
    const current = page.getElementById("progress");
    progress.max = current.max;
    progress.value = current.value;
    const texts = [...page.querySelectorAll("[data-live]")].map((part) => part.textContent);
    document.querySelectorAll("[data-live]").forEach(function (part, place) {
      if (part.textContent !== texts[place]) part.textContent = texts[place];
    });
  }
  async function follow() {
    try {
      const answer = await fetch(address);
      const isBusy = answer.status === 429 || answer.status >= 500;
      const page = isBusy ? null : new DOMParser().parseFromString(await answer.text(), "text/html");
      if (page && !page.querySelector("#progress[data-seconds]")) {
        location.replace(address);
        return;
      }
      if (page) show(page);
    } catch {
      // Without a network it is asked again.
    }
    wait();
  }
  function wait() {
    setTimeout(follow, Number(progress.dataset.seconds) * 1000);
  }
  wait();
})();
