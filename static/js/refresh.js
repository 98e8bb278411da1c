// A part of a page that is still moving (data-refresh, with an id) is fetched anew every few seconds until it stands still.

const WAIT = 3000;

async function refresh() {
  const part = document.querySelector("[data-refresh]");
  if (!part) return;
  const answer = document.hidden ? null : await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) {
    const html = await answer.text();
    const trusted = window.trustedTypes?.defaultPolicy?.createHTML(html) ?? html;
    const fresh = new DOMParser().parseFromString(trusted, "text/html").getElementById(part.id);
    if (fresh) part.replaceWith(document.adoptNode(fresh));
  }
  setTimeout(refresh, WAIT);
}

setTimeout(refresh, WAIT);
