// The lines of a document: add, remove, move, and totals that follow. The same buttons work as plain submits without this module.

const WAIT = 300;

function rows(table) {
  return [...table.querySelectorAll("[data-line]")];
}

/** Give every row the number of its place, in names, ids and whatever refers to them. */
function renumber(form, table) {
  const prefix = table.dataset.lines;
  const pattern = new RegExp(`(?<![a-z0-9])${prefix}-(?:\\d+|__prefix__)-`, "g");
  rows(table).forEach((row, index) => {
    for (const element of row.querySelectorAll("*")) {
      for (const name of ["name", "id", "for", "list", "aria-describedby", "aria-labelledby", "aria-controls"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(pattern, `${prefix}-${index}-`));
      }
      if (/^(remove_line|move_up|move_down)$/.test(element.name ?? "")) element.value = index;
    }
  });
  form.elements[`${prefix}-TOTAL_FORMS`].value = rows(table).length;
}

function firstField(row) {
  return row.querySelector("input:not([type=hidden]):not([hidden]), select:not([hidden]), textarea");
}

function say(editor, sentence) {
  editor.status.textContent = sentence;
}

function changed(editor) {
  renumber(editor.form, editor.table);
  schedule(editor);
}

function add(editor, after) {
  const template = editor.form.querySelector("template[data-line-template]");
  const row = template.content.querySelector("[data-line]").cloneNode(true);
  if (after) after.after(row);
  else editor.table.tBodies[0].append(row);
  changed(editor);
  row.dispatchEvent(new CustomEvent("fragment:added", { bubbles: true }));
  firstField(row)?.focus();
  say(editor, `Line ${rows(editor.table).indexOf(row) + 1} added.`);
}

function remove(editor, row) {
  const all = rows(editor.table);
  const at = all.indexOf(row);
  row.remove();
  if (all.length === 1) add(editor);
  changed(editor);
  const left = rows(editor.table);
  const next = left[Math.min(at, left.length - 1)];
  (next.querySelector("[name=remove_line]") ?? firstField(next))?.focus();
  say(editor, `Line ${at + 1} removed.`);
}

function move(editor, row, step) {
  const all = rows(editor.table);
  const other = all[all.indexOf(row) + step];
  if (!other) return;
  const focused = document.activeElement;
  if (step < 0) other.before(row);
  else other.after(row);
  changed(editor);
  focused.focus();
  row.scrollIntoView({ block: "nearest" });
  say(editor, `Line is now number ${rows(editor.table).indexOf(row) + 1}.`);
}

/** Ask the server for the totals; the answer's elements replace those with the same id. */
async function preview(editor) {
  const { form } = editor;
  editor.asking?.abort();
  const asking = (editor.asking = new AbortController());
  const busy = form.querySelector("#totals");
  busy?.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.dataset.previewUrl, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Requested-With": "fetch", Accept: "text/html" },
      signal: asking.signal,
    });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    swap(await answer.text());
    delete form.dataset.outOfDate;
  } catch (error) {
    if (error.name === "AbortError") return;
    busy?.removeAttribute("aria-busy");
    form.dataset.outOfDate = "";
  }
}

function swap(html) {
  const trusted = window.trustedTypes?.defaultPolicy?.createHTML(html) ?? html;
  const answer = new DOMParser().parseFromString(trusted, "text/html");
  for (const fresh of answer.body.querySelectorAll("[id]")) {
    document.getElementById(fresh.id)?.replaceWith(document.adoptNode(fresh));
  }
}

function schedule(editor) {
  if (!editor.form.dataset.previewUrl) return;
  clearTimeout(editor.timer);
  editor.timer = setTimeout(() => preview(editor), WAIT);
}

function act(editor, button, row) {
  const acts = {
    add_line: () => add(editor),
    remove_line: () => row && remove(editor, row),
    move_up: () => row && move(editor, row, -1),
    move_down: () => row && move(editor, row, 1),
    preview: () => editor.form.dataset.previewUrl && preview(editor),
  };
  return acts[button.name];
}

function start(form) {
  const table = form.querySelector("table[data-lines]");
  const status = document.createElement("div");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  form.append(status);
  const editor = { form, table, status };

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[name]");
    const done = button && act(editor, button, button.closest("[data-line]"));
    if (!done) return;
    event.preventDefault();
    done();
  });
  form.addEventListener("input", () => schedule(editor));
  form.addEventListener("change", () => schedule(editor));
  table.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-line]");
    if (!row || event.defaultPrevented) return;
    if (event.altKey && event.key === "ArrowUp") move(editor, row, -1);
    else if (event.altKey && event.key === "ArrowDown") move(editor, row, 1);
    else if (event.ctrlKey && event.key === "Enter") add(editor, row);
    else return;
    event.preventDefault();
  });
  const button = form.querySelector("[data-preview-button]");
  if (button && form.dataset.previewUrl) button.hidden = true;
}

document.querySelectorAll("form[data-line-editor]").forEach(start);
