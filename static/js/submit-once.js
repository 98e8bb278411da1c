// A second press of the button does not send the form twice. One that gives a file leaves its page as it was: the same
// file can be asked for again in a moment, and one of its other buttons at once.

const MOMENT = 2000;
const sent = new WeakSet();

function buttonsOf(form) {
  return form.querySelectorAll("button:not([type=button])");
}

function refuse(pressed, buttons) {
  sent.add(pressed);
  for (const button of buttons) button.setAttribute("aria-disabled", "true");
}

function release(pressed, buttons) {
  sent.delete(pressed);
  for (const button of buttons) button.removeAttribute("aria-disabled");
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-submit-once]")) return;
  const givesFile = form.dataset.submitOnce === "download";
  const pressed = (givesFile && event.submitter) || form;
  const buttons = pressed === form ? buttonsOf(form) : [pressed];
  if (sent.has(pressed)) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  refuse(pressed, buttons);
  if (givesFile) setTimeout(release, MOMENT, pressed, buttons);
});

// Back from the next page, which the browser may have kept as it was.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-submit-once]")) release(form, buttonsOf(form));
});
