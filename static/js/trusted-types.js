// Under `require-trusted-types-for 'script'` HTML enters the page through these two policies only: `fragment` for what our own server
// rendered for one of our modules, `default` for htmx. Whatever comes in is stripped of what could run.

const RUNS = "script, iframe, object, embed, base, meta, link";
const ADDRESSES = new Set(["href", "src", "action", "formaction", "xlink:href"]);

function strip(parsed) {
  for (const element of parsed.querySelectorAll(RUNS)) element.remove();
  for (const element of parsed.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      if (name.startsWith("on") || (ADDRESSES.has(name) && /^\s*(javascript|data|vbscript):/i.test(value))) element.removeAttribute(name);
    }
    if (element instanceof HTMLTemplateElement) strip(element.content);
  }
}

if (window.trustedTypes) {
  const raw = trustedTypes.createPolicy("fragment", { createHTML: (html) => html });
  trustedTypes.createPolicy("default", {
    createHTML(html) {
      const parsed = new DOMParser().parseFromString(raw.createHTML(html), "text/html");
      strip(parsed);
      return /<html[\s>]/i.test(html) ? parsed.documentElement.outerHTML : parsed.body.innerHTML;
    },
  });
}
