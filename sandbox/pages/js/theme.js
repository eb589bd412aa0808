// Light or dark, before anything is drawn. Not a module, so that it runs first.

(function () {
  const chosen = localStorage.getItem("theme");
  if (chosen) document.documentElement.dataset.theme = chosen;
})();
