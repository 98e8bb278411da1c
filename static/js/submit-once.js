// A second press of the button does not send the form twice. One that gives a file leaves its page as it was, and can be
// sent again in a moment.

const MOMENT = 2000;
const sent = new WeakSet();

function mark(form, busy) {
  for (const button of form.querySelectorAll("button:not([type=button])")) {
    if (busy) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
}

function release(form) {
  if (sent.delete(form)) mark(form, false);
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-submit-once]")) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  sent.add(form);
  mark(form, true);
  if (form.dataset.submitOnce === "download") setTimeout(release, MOMENT, form);
});

// Back from the next page, which the browser may have kept as it was.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-submit-once]")) release(form);
});
