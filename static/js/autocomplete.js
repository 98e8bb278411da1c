// A combobox over a JSON address, laid over a plain select or text field that keeps the value and works by itself.

const WAIT = 150;
let counter = 0;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function announceChange(field) {
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The fields called `name` in the same line, or in the form where there is no line: one, or a group of tick boxes. */
function siblings(field, name) {
  const line = field.closest("[data-line]");
  const within = (line ?? field.form).querySelectorAll("input, select, textarea");
  return [...within].filter((other) => (line ? other.name.endsWith(`-${name}`) : other.name === name));
}

function write(field, value, word) {
  if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
    field.add(new Option(word ?? value, value));
  }
  field.value = value;
  announceChange(field);
}

function fill(fields, value, word) {
  if (!fields.length) return;
  if (!["checkbox", "radio"].includes(fields[0].type)) {
    write(fields[0], value, word);
    return;
  }
  const chosen = [value].flat().map(String);
  for (const box of fields) box.checked = chosen.includes(box.value);
  announceChange(fields[0]);
}

function makeInput(field) {
  if (field.tagName !== "SELECT") return field;
  const input = element("input", { type: "text", class: "chooses", id: `${field.id}_text`, placeholder: "Type to search" });
  for (const name of ["aria-describedby", "aria-invalid", "aria-label", "placeholder"]) {
    if (field.hasAttribute(name)) input.setAttribute(name, field.getAttribute(name));
  }
  const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
  label?.setAttribute("for", input.id);
  input.value = chosenWord(field);
  field.hidden = true;
  return input;
}

function chosenWord(select) {
  return select.value ? (select.selectedOptions[0]?.textContent.trim() ?? "") : "";
}

class Combobox {
  constructor(field) {
    this.field = field;
    this.results = [];
    this.at = -1;
    this.input = makeInput(field);
    const id = `choices-${++counter}`;
    this.list = element("div", { id, class: "combobox-list", role: "listbox", "aria-label": "Suggestions", hidden: "" });
    this.status = element("div", { class: "visually-hidden", role: "status" });
    const frame = element("div", { class: "combobox" });
    field.before(frame);
    frame.append(...new Set([this.input, field]), this.list, this.status);
    for (const [name, value] of Object.entries({
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": id,
    })) {
      this.input.setAttribute(name, value);
    }
    this.listen();
  }

  get isSelect() {
    return this.input !== this.field;
  }

  listen() {
    this.input.addEventListener("input", (event) => event.isTrusted && this.ask());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.input.addEventListener("blur", () => this.leave());
    if (this.isSelect) this.input.addEventListener("click", () => this.list.hidden && this.ask(""));
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  ask(words = this.input.value) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.fetch(words.trim()), WAIT);
  }

  async fetch(words) {
    if (!words && !this.isSelect) {
      this.close();
      return;
    }
    this.asking?.abort();
    this.asking = new AbortController();
    const address = new URL(this.field.dataset.url, document.baseURI);
    address.searchParams.set("q", words);
    for (const name of this.field.dataset.with?.split(" ") ?? []) {
      address.searchParams.set(name, this.field.form.elements[name]?.value ?? "");
    }
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: this.asking.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      this.results = (await answer.json()).results;
      if (document.activeElement === this.input) this.show();
    } catch (error) {
      if (error.name !== "AbortError") this.close();
    }
  }

  show() {
    this.at = -1;
    this.list.replaceChildren(
      ...this.results.map((result, index) => {
        const option = element("div", {
          id: `${this.list.id}-${index}`,
          class: "combobox-option",
          role: "option",
          "aria-selected": "false",
          "data-index": index,
        });
        option.append(element("span", {}, result.label));
        if (result.note) option.append(element("span", {}, result.note));
        return option;
      }),
    );
    const count = this.results.length;
    this.status.textContent = count === 1 ? "1 suggestion" : count ? `${count} suggestions` : "No suggestions";
    if (!count && this.isSelect) this.list.append(element("div", { class: "combobox-note" }, "Nothing found."));
    this.open(count > 0 || this.isSelect);
  }

  open(is) {
    this.list.hidden = !is;
    this.input.setAttribute("aria-expanded", String(is));
  }

  close() {
    this.asking?.abort();
    clearTimeout(this.timer);
    this.at = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.open(false);
  }

  point(step) {
    const options = [...this.list.querySelectorAll("[role=option]")];
    if (!options.length) return;
    options[this.at]?.setAttribute("aria-selected", "false");
    this.at = (this.at + step + options.length + (this.at < 0 && step < 0 ? 1 : 0)) % options.length;
    options[this.at].setAttribute("aria-selected", "true");
    options[this.at].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", options[this.at].id);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = !this.list.hidden;
    if (event.key === "ArrowDown") isOpen ? this.point(1) : this.ask();
    else if (event.key === "ArrowUp" && isOpen) this.point(-1);
    else if (event.key === "Enter" && isOpen && this.at >= 0) this.choose(this.at);
    else if (event.key === "Escape" && isOpen) this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(index) {
    const result = this.results[index];
    this.close();
    this.input.value = result.label;
    if (this.isSelect) {
      write(this.field, result.id, result.label);
    } else {
      if (this.field.dataset.idField) fill(siblings(this.field, this.field.dataset.idField), result.id, result.label);
      announceChange(this.field);
    }
    for (const [name, value] of Object.entries(result.fields ?? {})) {
      fill(siblings(this.field, name), value);
    }
  }

  leave() {
    this.close();
    if (!this.isSelect) return;
    const empty = [...this.field.options].some((option) => option.value === "");
    if (!this.input.value.trim() && this.field.value && empty) write(this.field, "");
    this.input.value = chosenWord(this.field);
  }
}

const known = new WeakSet();

function enhance(within) {
  for (const field of within.querySelectorAll("[data-autocomplete]")) {
    if (known.has(field)) continue;
    known.add(field);
    new Combobox(field);
  }
}

enhance(document);
document.addEventListener("fragment:added", (event) => enhance(event.target));
document.addEventListener("htmx:afterSettle", (event) => enhance(event.target));
