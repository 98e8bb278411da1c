// Asks before unsaved work is lost. What counts as unsaved: values that differ from those the page came with.

const written = new Map();

function values(form) {
  const data = new FormData(form);
  data.delete("csrfmiddlewaretoken");
  return JSON.stringify([...data].map(([name, value]) => [name, value instanceof File ? value.name + value.size : value]));
}

function unsaved(form) {
  return form.isConnected && (form.hasAttribute("data-changed") || values(form) !== written.get(form));
}

for (const form of document.querySelectorAll("form[data-confirm-leave]")) {
  written.set(form, values(form));
}

// On the window, so that whoever wants to keep the form from being sent has had their say.
addEventListener("submit", (event) => {
  if (!event.defaultPrevented) written.clear();
});

addEventListener("beforeunload", (event) => {
  if ([...written.keys()].some(unsaved)) event.preventDefault();
});
