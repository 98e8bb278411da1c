// Light, dark, or as the device: remembered in this browser and set before the page is painted.

const KEY = "theme";
const root = document.documentElement;

function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

function remembered() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}

function remember(theme) {
  try {
    if (theme) localStorage.setItem(KEY, theme);
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is switched off: the choice lasts for this page.
  }
}

function offer() {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.querySelector("select").value = remembered();
    choice.classList.add("is-ready");
  }
}

apply(remembered());
addEventListener("storage", (event) => event.key === KEY && (apply(event.newValue), offer()));
document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-theme-choice]")) return;
  remember(event.target.value);
  apply(event.target.value);
  offer();
});
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", offer);
else offer();
