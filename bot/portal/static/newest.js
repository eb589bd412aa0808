// A page of a form that the browser has kept as it was, and shows again at Back: where its answers have been changed since,
// or sent in, the newest are fetched. Without this the newest are shown when the page is sent.
(function () {
  "use strict";
  const kept = document.querySelector("[data-newest]");
  if (!kept) return;
  window.addEventListener("pageshow", async function (event) {
    if (!event.persisted) return;
    try {
      const answer = await fetch(kept.dataset.newest, { cache: "no-store" });
      if (answer.ok && (await answer.text()) !== kept.dataset.version) location.reload();
    } catch {
      // Without a network the page stays as it is.
    }
  });
})();
