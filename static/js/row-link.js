// A row opens on click; j and k move between rows, Enter opens, x selects.

const ROWS = "table[data-row-links] tbody tr";
const CONTROLS = "a, button, input, select, textarea, label, summary, [contenteditable]";

function link(row) {
  return row.querySelector(".title a[href]") ?? row.querySelector("a[href]");
}

function open(row, { elsewhere = false } = {}) {
  const target = link(row);
  if (!target) return;
  if (elsewhere) window.open(target.href, "_blank", "noopener");
  else target.click();
}

function hasSelectedText() {
  return getSelection()?.type === "Range";
}

function follow(event, elsewhere) {
  const row = event.target.closest(ROWS);
  if (!row || event.target.closest(CONTROLS) || hasSelectedText()) return;
  open(row, { elsewhere });
}

document.addEventListener("click", (event) => follow(event, event.ctrlKey || event.metaKey));
document.addEventListener("auxclick", (event) => event.button === 1 && follow(event, true));

function move(step) {
  const rows = [...document.querySelectorAll(ROWS)].filter(link);
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("is-current"));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  rows[at]?.classList.remove("is-current");
  next.classList.add("is-current");
  link(next).focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("focusout", (event) => event.target.closest?.(ROWS)?.classList.remove("is-current"));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], dialog")) return;
  if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "x") event.target.closest(ROWS)?.querySelector(".tick input")?.click();
});
