// Selecting rows for a bulk action: all at once, a range with Shift, and how many.

const BOX = ".tick input[type=checkbox]:not([data-select-toggle])";
let last = null;

function boxes(form) {
  return [...form.querySelectorAll(BOX)];
}

function show(form) {
  const all = boxes(form);
  const chosen = all.filter((box) => box.checked).length;
  const toggle = form.querySelector("[data-select-toggle]");
  if (toggle) {
    toggle.hidden = !all.length;
    toggle.checked = chosen > 0 && chosen === all.length;
    toggle.indeterminate = chosen > 0 && chosen < all.length;
  }
  const count = form.querySelector("[data-select-count]");
  if (count) count.textContent = `${chosen} selected`;
}

function showAll() {
  document.querySelectorAll("[data-select-all]").forEach(show);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-select-all]");
  if (!form) return;
  if (event.target.matches("[data-select-toggle]")) {
    for (const box of boxes(form)) box.checked = event.target.checked;
  }
  show(form);
});

document.addEventListener("click", (event) => {
  if (!event.target.matches(`[data-select-all] ${BOX}`)) return;
  if (event.shiftKey && last?.isConnected) {
    const all = boxes(event.target.closest("[data-select-all]"));
    const [from, to] = [all.indexOf(last), all.indexOf(event.target)].sort((a, b) => a - b);
    for (const box of all.slice(Math.max(from, 0), to + 1)) box.checked = event.target.checked;
  }
  last = event.target;
});

showAll();
addEventListener("pageshow", showAll);
document.addEventListener("htmx:afterSettle", showAll);
