// Copies a field's value, or the lines of a list. The button is hidden until this module runs.

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.querySelector(button.dataset.copy);
  if (!source) return;
  const word = button.querySelector("[data-copy-word]") ?? button;
  const before = word.textContent;
  try {
    await navigator.clipboard.writeText(source.value ?? source.innerText);
    word.textContent = "Copied";
  } catch {
    source.select?.();
    word.textContent = "Press Ctrl+C";
  }
  setTimeout(() => (word.textContent = before), 2000);
});
