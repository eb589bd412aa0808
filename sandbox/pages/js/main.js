// The page: a person at the workspace.

import { closeThread, drawChannel, drawThread } from "./channel.js";
import { startComposers } from "./composer.js";
import { $ } from "./dom.js";
import { drawFaults, startFaults } from "./faults.js";
import { listen, refresh } from "./feed.js";
import { startJump } from "./jump.js";
import { drawModal } from "./modal.js";
import { drawNotices } from "./notices.js";
import { become, go, showSide, start } from "./places.js";
import { drawSide, startTheme } from "./sidebar.js";
import { current, here, markRead, paints, world } from "./state.js";
import { toast } from "./toasts.js";

// The address of one message, as permalinks have it.
const address = /^\/archives\/(\w+)\/p(\d+)(\d{6})$/.exec(location.pathname);

startTheme();
startComposers();
startJump();
startFaults();
$("who").addEventListener("change", () => become($("who").value));
$("unthread").addEventListener("click", closeThread);
$("tomenu").addEventListener("click", () => showSide(!document.body.classList.contains("side")));
$("scrim").addEventListener("click", () => showSide(false));
document.addEventListener("keydown", (event) => {
  if (
    event.key !== "Escape" ||
    event.defaultPrevented ||
    document.querySelector("dialog[open], :popover-open:not(#toasts)")
  )
    return;
  if (document.body.classList.contains("side")) showSide(false);
  else if (here.thread) closeThread();
});
window.addEventListener("focus", () => {
  const channel = world && current();
  if (channel) markRead(channel);
  if (channel) drawSide();
});

await refresh();
if (!world) toast("Sandlådan svarar inte.");
else {
  for (const painter of [drawChannel, drawThread, drawSide, drawModal, drawNotices, drawFaults]) paints(painter);
  if (address) await go(address[1]);
  else await start();
  if (address) document.querySelector(`[data-ts="${address[2]}.${address[3]}"]`)?.scrollIntoView();
}
listen();
