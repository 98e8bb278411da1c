// A password field shows on request what was typed, and says of a new one how well it stands while it is typed.

const WAIT = 300;
const LONGEST = 300;
const WORDS = ["Guessed at once", "Guessed at once", "Easily guessed", "Not enough yet", "Hard to guess"];
let counter = 0;

function element(name, attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function addToggle(field) {
  const frame = element("div", { class: "password" });
  const button = element("button", { type: "button", class: "button", "aria-controls": field.id });
  const show = (is) => {
    field.type = is ? "text" : "password";
    button.textContent = is ? "Hide" : "Show";
    button.setAttribute("aria-label", is ? "Hide the password" : "Show the password");
  };
  field.setAttribute("spellcheck", "false");
  field.setAttribute("autocapitalize", "none");
  field.before(frame);
  frame.append(field, button);
  show(false);
  button.addEventListener("click", () => show(field.type === "password"));
  field.form?.addEventListener("submit", () => show(false));
  return frame;
}

class Strength {
  constructor(field, after) {
    this.field = field;
    this.bar = element("div", { class: "strength-bar", "aria-hidden": "true" });
    this.text = element("div", { class: "strength-text", id: `strength-${++counter}`, role: "status" });
    this.frame = element("div", { class: "strength", hidden: "" });
    this.frame.append(this.bar, this.text);
    after.after(this.frame);
    const describedBy = [field.getAttribute("aria-describedby"), this.text.id].filter(Boolean);
    field.setAttribute("aria-describedby", describedBy.join(" "));
    field.addEventListener("input", () => this.ask());
    field.form?.addEventListener("submit", () => this.stop());
  }

  stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
  }

  ask() {
    this.stop();
    if (this.field.value) this.timer = setTimeout(() => this.fetch(), WAIT);
    else this.frame.hidden = true;
  }

  async fetch() {
    this.asking = new AbortController();
    const body = new FormData();
    body.set("csrfmiddlewaretoken", this.field.form.elements.csrfmiddlewaretoken.value);
    body.set("password", this.field.value.slice(0, LONGEST));
    try {
      const answer = await fetch(this.field.dataset.strengthUrl, {
        method: "POST",
        headers: { Accept: "application/json", "X-Requested-With": "fetch" },
        body,
        signal: this.asking.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      this.show(await answer.json());
    } catch (error) {
      if (error.name !== "AbortError") this.frame.hidden = true;
    }
  }

  show({ score, is_accepted: isAccepted, reasons }) {
    this.frame.hidden = false;
    this.bar.dataset.score = Math.max(1, score);
    this.text.textContent = [`${WORDS[score]}.`, ...reasons].join(" ");
    this.text.classList.toggle("is-good", isAccepted);
  }
}

for (const field of document.querySelectorAll("[data-password]")) {
  const frame = addToggle(field);
  if (field.dataset.strengthUrl) new Strength(field, frame);
}
