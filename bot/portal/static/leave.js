// "Lämna sidan snabbt": hides the page at once, and puts the other page in its place in the history.
// Without this it is an ordinary link.
(function () {
  "use strict";
  document.querySelectorAll("[data-leave]").forEach(function (link) {
    link.addEventListener("click", function (event) {
      event.preventDefault();
      document.documentElement.hidden = true;
      window.location.replace(link.href);
    });
    // A browser that comes back to the page fills in again what was typed on it, also after it was left: the page itself
    // has what may be shown.
    window.addEventListener("pageshow", function () {
      if (performance.getEntriesByType("navigation")[0].type !== "back_forward") return;
      document.querySelectorAll("main form").forEach(function (form) { form.reset(); });
    });
  });
})();
