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
  });
})();
