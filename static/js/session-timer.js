// Warns two minutes before the session ends, keeps it with one click, and takes the page away once it has ended. The server's clock decides.

const WARNING = 120_000;
const SECOND = 1_000;
const ENDED = Symbol("ended");
const UNREACHABLE = Symbol("unreachable");

const dialog = document.querySelector("[data-session-timer]");
const tabs = new BroadcastChannel("session");
let ends, longest, wakeUp, countdown, dismissed;

function learn(seconds) {
  const now = Date.now();
  ends = now + seconds.left * SECOND;
  longest = now + seconds.longest * SECOND;
}

function left() {
  return ends - Date.now();
}

/** Whether staying would not help: the session ends at its absolute limit. */
function isFinal() {
  return ends >= longest;
}

async function ask(options = {}) {
  const headers = { "X-Requested-With": "fetch", Accept: "application/json", ...options.headers };
  try {
    const answer = await fetch(dialog.dataset.url, { redirect: "manual", cache: "no-store", ...options, headers });
    if (answer.ok) return await answer.json();
    return answer.status >= 500 ? UNREACHABLE : ENDED;
  } catch {
    return UNREACHABLE;
  }
}

/** Look at the clock: after the timer, and after whatever may have stopped it, such as a closed lid. */
async function look() {
  clearTimeout(wakeUp);
  if (left() <= WARNING) {
    const seconds = await ask();
    if (seconds === ENDED || (seconds === UNREACHABLE && left() <= 0)) return leave();
    if (seconds !== UNREACHABLE) learn(seconds);
  }
  show();
}

function show() {
  clearTimeout(wakeUp);
  if (left() > WARNING) {
    close();
    dismissed = false;
    wakeUp = setTimeout(look, left() - WARNING);
  } else if (dismissed) {
    wakeUp = setTimeout(look, Math.max(left(), SECOND));
  } else {
    warn();
  }
}

function warn() {
  for (const part of dialog.querySelectorAll("[data-session-idle]")) part.hidden = isFinal();
  for (const part of dialog.querySelectorAll("[data-session-longest]")) part.hidden = !isFinal();
  if (!dialog.open) dialog.showModal();
  clearInterval(countdown);
  countdown = setInterval(tick, SECOND);
  tick();
}

function tick() {
  const seconds = Math.max(0, Math.ceil(left() / SECOND));
  dialog.querySelector("[data-session-countdown]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if ([60, 30, 10].includes(seconds)) dialog.querySelector("[data-session-status]").textContent = `${seconds} seconds left`;
  if (seconds > 0) return;
  clearInterval(countdown);
  look();
}

function close() {
  clearInterval(countdown);
  if (dialog.open) dialog.close();
}

async function stay() {
  const known = await ask();
  const seconds = known.token ? await ask({ method: "POST", headers: { "X-CSRFToken": known.token } }) : known;
  if (seconds === ENDED) return leave();
  if (seconds === UNREACHABLE) return say("We could not be reached. Try again.");
  learn(seconds);
  tell();
  show();
}

function say(sentence) {
  const status = dialog.querySelector("[data-session-status]");
  status.textContent = sentence;
  status.className = "is-bad";
}

/** Nothing of the page stays, and nothing asks whether to leave it. */
function leave() {
  const early = left() > SECOND && "elsewhere";
  const address = new URL(dialog.dataset.signIn, location.href);
  address.searchParams.set("next", location.pathname + location.search);
  address.searchParams.set("ended", early || (isFinal() ? "longest" : "idle"));
  close();
  addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), { capture: true });
  document.body.replaceChildren();
  location.replace(address);
}

function tell() {
  const now = Date.now();
  tabs.postMessage({ left: (ends - now) / SECOND, longest: (longest - now) / SECOND });
}

function start() {
  learn({ left: Number(dialog.dataset.left), longest: Number(dialog.dataset.longest) });
  tabs.addEventListener("message", async ({ data }) => {
    if (data.ended) {
      if ((await ask()) === ENDED) leave();
    } else {
      learn(data);
      show();
    }
  });
  dialog.querySelector("[data-session-stay]").addEventListener("click", stay);
  dialog.querySelector("[data-session-close]").addEventListener("click", () => {
    dismissed = true;
    close();
    show();
  });
  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    dialog.querySelector("button:not([hidden])").click();
  });
  document.addEventListener("visibilitychange", () => document.hidden || look());
  addEventListener("pageshow", async (event) => {
    if (!event.persisted) return;
    document.body.hidden = true;
    if ((await ask()) === ENDED) leave();
    else document.body.hidden = false;
  });
  let signingOut = false;
  document.addEventListener("submit", (event) => (signingOut = event.target.matches("[data-sign-out]")));
  addEventListener("pagehide", () => signingOut && tabs.postMessage({ ended: true }));
  tell();
  show();
}

start();
