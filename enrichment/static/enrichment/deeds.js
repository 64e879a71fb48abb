// Keys that decide, bars that move, pages that look again. No library, and nothing inline: the policy forbids it.
"use strict";

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=hidden]), textarea, select, [contenteditable]");
  if (typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const wanted = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!wanted) return;
  event.preventDefault();
  wanted.click();
});

// one decision for one lead: a second press would meet the next one
document.querySelectorAll(".c2s-review").forEach((form) => {
  let decided = false;
  form.addEventListener("submit", (event) => {
    if (decided) event.preventDefault();
    decided = true;
  });
});

// what somebody has chosen and not sent yet must outlive the page's own look
let isChosen = false;
document.addEventListener("change", () => { isChosen = true; });

const look = async (address, every, told) => {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    // gone, or not ours to see any more: only a restart or a busy moment is worth another look
    if (answer.status >= 400 && answer.status < 500) return;
    if (answer.ok) {
      const state = await answer.json();
      if (!state.open && !isChosen) return location.reload();
      told(state);
      if (!state.open) return;
    }
  } catch {
    // the line is down for a moment: the next look tells
  }
  setTimeout(look, every, address, every, told);
};

document.querySelectorAll("[data-watch]").forEach((place) => look(place.dataset.watch, 1500, () => {}));

document.querySelectorAll("[data-progress]").forEach((place) =>
  look(place.dataset.progress, 1000, (state) => {
    place.querySelector("progress").value = state.percent;
    place.querySelectorAll("[data-count]").forEach((cell) => {
      cell.textContent = state.counts[cell.dataset.count];
    });
  }),
);
